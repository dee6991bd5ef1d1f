/** A process that keeps a reader busy for ever and is then killed from outside. */
import { systemScheduler } from '../../../app/contract/ports.ts';
import { createNodeSpawner } from '../../../app/extract/node-spawner.ts';
import { ExtractPool } from '../../../app/extract/pool.ts';

const spawner = createNodeSpawner();
const pool = new ExtractPool({
  spawner: {
    spawn(module, options) {
      const child = spawner.spawn(module, options);
      console.log(child.pid);
      return child;
    },
  },
  scheduler: systemScheduler,
  limits: { fileBytes: 1e9, seconds: 600, memoryBytes: 4e9, textChars: 1e9 },
  workers: 1,
});
await pool.extract(process.argv[2] ?? '');
