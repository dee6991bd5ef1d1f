// Writes to an index until it is killed, and says on stdout what it has been promised.
//   node store-child.ts DIRECTORY SEED
import { silentLogger, systemScheduler } from '../../app/contract/index.ts';
import { openStoreWriter } from '../../app/store/index.ts';
import { fileRecord, passageOf, SHAPE, seeded } from '../unit/store/passages.ts';

const [directory = '', seed = '0'] = process.argv.slice(2);
const random = seeded(Number(seed));
const store = await openStoreWriter({
  directory,
  shape: SHAPE,
  scheduler: systemScheduler,
  logger: silentLogger,
  delayMs: 3,
  batchPassages: 40,
});
const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ ready: true, lost: store.recovery.lostFiles, ledgerLost: store.recovery.ledgerLost });

/** Each worker has paths of its own, so that what is promised of a path comes in order. */
async function work(worker: number): Promise<void> {
  for (;;) {
    const path = `/root/${worker}-${Math.floor(random() * 4)}`;
    const choice = random();
    if (choice < 0.75) {
      const version = (store.ledger.fileByPath(path)?.size ?? 0) + 1;
      const count = Math.floor(random() * 12);
      const passages = Array.from({ length: count }, (_, i) => passageOf(`${path} v${version} p${i}`, i));
      say({ trying: path, version });
      // The record's size stands for the version of the content.
      await store.commitFile(fileRecord(path, { size: version }), passages);
      say({ done: path, version });
    } else if (choice < 0.9) {
      say({ trying: path, version: 0 });
      await store.deleteFiles([path]);
      say({ done: path, version: 0 });
    } else await store.maintain({ force: random() < 0.5 });
  }
}

await Promise.all([work(0), work(1), work(2)]);
