// Commits one file and ends: what a tracer of system calls watches.
//   node store-commit.ts DIRECTORY
import { silentLogger, systemScheduler } from '../../app/contract/index.ts';
import { openStoreWriter } from '../../app/store/index.ts';
import { fileRecord, passagesOf, SHAPE } from '../unit/store/passages.ts';

const [directory = ''] = process.argv.slice(2);
const store = await openStoreWriter({
  directory,
  shape: SHAPE,
  scheduler: systemScheduler,
  logger: silentLogger,
  delayMs: 0,
});
await store.commitFile(fileRecord('/root/a'), passagesOf('one', 'two'));
await store.close();
