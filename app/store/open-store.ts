import { type Logger, PassimError, type Scheduler, type VectorShape } from '../contract/index.ts';
import { checkFormat, createIndexDirectory, hasIndex, writeFormat } from './index-directory.ts';
import { LanceReader, readLedger } from './lance-reader.ts';
import { LanceWriter } from './lance-writer.ts';
import { type StoreIo, systemIo } from './store-io.ts';
import { connectTo, openTables } from './tables.ts';
import type { RecoveryReport, StoreReader, StoreWriter } from './types.ts';
import { WriterLock } from './writer-lock.ts';

export interface OpenStoreOptions {
  /** See resolveIndexDirectory. */
  readonly directory: string;
  readonly shape: VectorShape;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly io?: StoreIo;
  /** Passages that are written together at most; 1024 when absent. */
  readonly batchPassages?: number;
  /** Milliseconds that a change waits for company; 500 when absent. */
  readonly delayMs?: number;
}

const SOUND: RecoveryReport = { notes: [], lostFiles: [], ledgerLost: false };

/**
 * Opens an index for writing, and makes it when there is none. Only one process can, at any time.
 * @throws PassimError 'index-locked', 'index-version', 'index-model', 'disk-full', 'io-error'
 */
export async function openStoreWriter(options: OpenStoreOptions): Promise<StoreWriter> {
  const { directory, shape, scheduler, logger, io = systemIo } = options;
  createIndexDirectory(directory);
  if (hasIndex(directory)) checkFormat(directory, shape);
  const lock = WriterLock.acquire(directory);
  try {
    if (!hasIndex(directory)) await writeFormat(directory, shape);
    const connection = await connectTo(directory);
    const tables = await openTables(connection, directory, shape, io, true);
    const ledger = await readLedger(tables);
    const { batchPassages, delayMs } = options;
    return new LanceWriter(
      {
        directory,
        shape,
        tables,
        logger,
        scheduler,
        lock,
        recovery: SOUND,
        ...(batchPassages === undefined ? {} : { batchPassages }),
        ...(delayMs === undefined ? {} : { delayMs }),
      },
      ledger,
    );
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Opens an index for reading, beside a process that may be writing to it.
 * @throws PassimError 'not-found' when there is no index yet, 'index-version', 'index-model', 'index-corrupt', 'io-error'
 */
export async function openStoreReader(options: OpenStoreOptions): Promise<StoreReader> {
  const { directory, shape, logger, io = systemIo } = options;
  if (!hasIndex(directory))
    throw new PassimError('not-found', `There is no index in ${directory} yet. Add a folder first.`, {
      subject: directory,
    });
  checkFormat(directory, shape);
  const connection = await connectTo(directory);
  const tables = await openTables(connection, directory, shape, io, false);
  return LanceReader.open({ directory, shape, tables, logger, recovery: SOUND });
}
