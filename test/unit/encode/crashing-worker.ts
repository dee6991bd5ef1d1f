import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { ToWorker, WorkerCalls, WorkerSetup } from '../../../app/encode/protocol.ts';
import { idOf } from './tiny-package.ts';

/**
 * The encoder's worker with faults in it: it ends whenever it is given a passage with the word "cost" to encode, and
 * the first time for "repair"; it ends whenever it is given a text with "hello" to tokenise, and the first time for a
 * query with "world". Each start and end is noted in the cache folder.
 */

const setup: WorkerSetup = workerData.passimEncoder;
const scratch = setup.cacheFolder ?? '';

appendFileSync(join(scratch, `${setup.role}-starts`), 'x');

function end(): never {
  appendFileSync(join(scratch, 'deaths'), 'x');
  process.exit(7);
}

function once(name: string): boolean {
  const first = !existsSync(join(scratch, name));
  appendFileSync(join(scratch, name), 'x');
  return first;
}

parentPort?.on('message', (message: ToWorker) => {
  if (!('call' in message)) return;
  if (message.call === 'encode') {
    const { rows } = message.request as WorkerCalls['encode']['request'];
    const has = (word: string) => rows.some((row) => row.ids.includes(idOf(word)));
    if (has('cost') || (has('repair') && once('repair'))) end();
  } else if (message.call === 'tokenize') {
    const { texts } = message.request as WorkerCalls['tokenize']['request'];
    if (texts.some((text) => text.includes('hello'))) end();
  } else if (message.call === 'query') {
    const { text } = message.request as WorkerCalls['query']['request'];
    if (text.includes('world') && once('world')) end();
  }
});

await import('../../../app/encode/worker.ts');
