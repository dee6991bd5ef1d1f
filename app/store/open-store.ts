import { type Logger, PassimError, type Scheduler, type VectorShape } from '../contract/index.ts';
import { Backup, readCheckpoint } from './backup.ts';
import { checkFormat, createIndexDirectory, hasIndex, writeFormat } from './index-directory.ts';
import { LanceReader, readLedger } from './lance-reader.ts';
import { TABLE_NAMES, type TableName } from './lance-table.ts';
import { LanceWriter } from './lance-writer.ts';
import { compareWithLedger } from './reconcile.ts';
import { looksSound, repairTable, type TableRepair } from './repair.ts';
import { type StoreIo, systemIo } from './store-io.ts';
import { connectTo, openTables } from './tables.ts';
import type { StoreReader, StoreWriter } from './types.ts';
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
    const repairs = new Map<TableName, TableRepair>();
    for (const name of TABLE_NAMES) repairs.set(name, await repairTable(directory, name, io));
    const connection = await connectTo(directory);
    const tables = await openTables(connection, directory, shape, io, true);
    for (const name of TABLE_NAMES) await tables[name].dropIndices(repairs.get(name)?.brokenIndices ?? []);
    const ledger = await readLedger(tables);
    const checkpoint = readCheckpoint(directory);
    // A ledger that ends before the numbers given out has lost its newest rows.
    const ledgerLost = checkpoint !== null && ledger.nextSeq < checkpoint.nextSeq;
    if (checkpoint) ledger.reserve(checkpoint.nextPid, checkpoint.nextSeq);
    const recovery = { notes: TABLE_NAMES.flatMap((name) => repairs.get(name)?.notes ?? []) };
    const { batchPassages, delayMs } = options;
    const writer = new LanceWriter(
      {
        directory,
        shape,
        tables,
        logger,
        scheduler,
        lock,
        backup: new Backup(directory),
        ...(batchPassages === undefined ? {} : { batchPassages }),
        ...(delayMs === undefined ? {} : { delayMs }),
      },
      ledger,
    );
    const lostFiles = await writer.settle(await compareWithLedger(tables, ledger));
    writer.recovery = { ...recovery, lostFiles, ledgerLost };
    for (const note of recovery.notes) logger.log('warn', 'store.repaired', { note });
    return writer;
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
  if (!looksSound(directory, TABLE_NAMES))
    throw new PassimError(
      'index-corrupt',
      `The index in ${directory} is damaged or was never finished. Start Passim on it once: it is repaired at opening.`,
      { subject: directory },
    );
  const connection = await connectTo(directory);
  const tables = await openTables(connection, directory, shape, io, false);
  return LanceReader.open({ directory, shape, tables, logger });
}
