import { createNodeSpawner } from '../extract/node-spawner.ts';

/** Node's spawner; what the engine's own process says on standard error is passed on, what readers of hostile files say is not. */
export const nodeSpawner = createNodeSpawner({
  onStderr: (name, text) => {
    if (name === 'passim-engine' || process.env['PASSIM_DEBUG'] !== undefined) process.stderr.write(text);
  },
});
