import { createNodeSpawner } from '../extract/node-spawner.ts';
import { HEAP_ENVIRONMENT } from '../index/native-heap.ts';

/** Node's spawner; what the engine's own process says on standard error is passed on, what readers of hostile files say is not. */
export const nodeSpawner = createNodeSpawner({
  environment: HEAP_ENVIRONMENT,
  onStderr: (name, text) => {
    if (name === 'passim-engine' || process.env['PASSIM_DEBUG'] !== undefined) process.stderr.write(text);
  },
});
