import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker, WorkerSetup } from '../../../app/encode/protocol.ts';
import { idOf } from './tiny-package.ts';

/**
 * The encoder's worker with a fault in it: it ends at once when it is given a passage with the word "cost", and ends
 * the first time that it is given "repair". Each end is noted in the cache folder.
 */

const setup: WorkerSetup = workerData.passimEncoder;
const scratch = setup.cacheFolder ?? '';

parentPort?.on('message', (message: ToWorker) => {
  if (!('call' in message) || message.call !== 'encode') return;
  const { rows } = message.request as { rows: { ids: Int32Array }[] };
  const has = (word: string) => rows.some((row) => row.ids.includes(idOf(word)));
  const once = join(scratch, 'repair');
  if (has('cost') || (has('repair') && !existsSync(once))) {
    if (has('repair')) appendFileSync(once, 'x');
    appendFileSync(join(scratch, 'deaths'), 'x');
    process.exit(7);
  }
});

await import('../../../app/encode/worker.ts');
