// Writes to an index until it is killed, and says on stdout what it has been promised.
//   node store-child.ts DIRECTORY SEED [append]
// It changes a few files over and over, or with `append` adds new ones, so that small fragments pile up and are merged.
import { type Logger, systemScheduler } from '../../app/contract/index.ts';
import { openStoreWriter } from '../../app/store/index.ts';
import { fileRecord, passageOf, SHAPE, seeded } from '../unit/store/passages.ts';

const [directory = '', seed = '0', mode = 'change'] = process.argv.slice(2);
const random = seeded(Number(seed));
const say = (message: object): boolean => process.stdout.write(`${JSON.stringify(message)}\n`);
const logger: Logger = {
  log(_level, event, fields) {
    const { compacted } = fields ?? {};
    if (
      mode === 'append' &&
      event === 'store.maintained' &&
      Array.isArray(compacted) &&
      compacted.includes('vectors')
    )
      say({ merged: compacted });
  },
};
const store = await openStoreWriter({
  directory,
  shape: SHAPE,
  scheduler: systemScheduler,
  logger,
  delayMs: 3,
  batchPassages: 40,
});
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

/** Fragments from which on they are merged, see app/store/merge-fragments.ts, with those of another worker's write. */
const MANY = 36;
let written = 0;

async function append(worker: number): Promise<void> {
  for (let i = 0; ; i += 1) {
    const path = `/root/${seed}-${worker}-${i}`;
    say({ trying: path });
    await store.commitFile(fileRecord(path, { size: 1 }), [passageOf(`${path} v1 p0`, 0)]);
    say({ done: path });
    written += 1;
    if (written % MANY !== 0) continue;
    say({ merging: true });
    await store.maintain();
  }
}

if (mode === 'append') await Promise.all([append(0), append(1)]);
await Promise.all([work(0), work(1), work(2)]);
