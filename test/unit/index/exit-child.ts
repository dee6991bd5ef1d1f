// Started by lifetime.test.ts: ends in an untidy way while the native index is busy. The mode is the first argument.
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { loadAddon } from '../../../app/index/addon.ts';
import { NativeIndex } from '../../../app/index/native-index.ts';
import { concat, makeCodebook, randomMultivector, randomNumbers, unitVector } from './support.ts';

const { addon } = loadAddon();
if (addon === null) throw new Error('no addon');

function busyIndex(): { index: NativeIndex; search: () => Promise<unknown> } {
  if (addon === null) throw new Error('no addon');
  const codebook = makeCodebook(96, 50);
  const random = randomNumbers(1);
  const index = new NativeIndex(addon, codebook, 4, { threads: 2 });
  const passage = randomMultivector(random, codebook, 4, 100);
  for (let key = 0; key < 5000; key += 1) index.add(key, passage);
  const query = concat(Array.from({ length: 32 }, () => unitVector(random, 96)));
  const keys = Uint32Array.from({ length: 300 }, (_, key) => key);
  const search = () =>
    Promise.all([
      index.search(query, { k: 10, exhaustive: true }),
      index.searchMatches(query, { k: 10 }),
      index.chance(query, 256),
      index.matches(query, keys),
    ]);
  return { index, search };
}

const mode = process.argv[2];
if (!isMainThread) {
  const { search } = busyIndex();
  for (let i = 0; i < 4; i += 1) void search();
  parentPort?.postMessage('searching');
} else if (mode === 'open') {
  busyIndex();
} else if (mode === 'exit while searching') {
  const { search } = busyIndex();
  for (let i = 0; i < 8; i += 1) void search();
  console.log('ended well');
  process.exit(0);
} else if (mode === 'close while searching') {
  const { index, search } = busyIndex();
  const pending = [search(), search()];
  index.close();
  await Promise.all(pending);
} else if (mode === 'terminate a searching worker') {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((done) => worker.once('message', done));
  await worker.terminate();
} else {
  throw new Error(`no such mode: ${mode}`);
}
console.log('ended well');
