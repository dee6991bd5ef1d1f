import { type Logger, PassimError, type Scheduler, type VectorShape } from '../contract/index.ts';
import { Backup, readCheckpoint } from './backup.ts';
import { checkFormat, createIndexDirectory, hasIndex, writeFormat } from './index-directory.ts';
import { LanceReader } from './lance-reader.ts';
import { TABLE_NAMES, type TableName } from './lance-table.ts';
import { LanceWriter } from './lance-writer.ts';
import type { Ledger } from './ledger.ts';
import { readLedger } from './ledger-io.ts';
import { leaveOutUnreadable, probeRequested, requestProbe } from './probe.ts';
import { type Comparison, compareWithLedger, type RowNumbers, readRowNumbers } from './reconcile.ts';
import { looksSound, repairTable, type TableRepair } from './repair.ts';
import { isSystemError } from './store-errors.ts';
import { type StoreIo, systemIo } from './store-io.ts';
import { closeTables, connectTo, openTables, type Tables } from './tables.ts';
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
  const lock = await WriterLock.acquireSoon(directory);
  try {
    if (!hasIndex(directory)) await writeFormat(directory, shape);
    const repairs = new Map<TableName, TableRepair>();
    for (const name of TABLE_NAMES) repairs.set(name, await repairTable(directory, name, io));
    const broken = (name: TableName): readonly string[] => repairs.get(name)?.brokenIndices ?? [];
    const notes = TABLE_NAMES.flatMap((name) => repairs.get(name)?.notes ?? []);
    const { tables, ledger, rows, comparison } = await openReadable(options, broken, notes);
    const checkpoint = readCheckpoint(directory);
    // A ledger that ends before the numbers given out has lost its newest rows.
    const ledgerLost = checkpoint !== null && ledger.nextSeq < checkpoint.nextSeq;
    if (checkpoint) ledger.reserve(checkpoint.nextPid, checkpoint.nextSeq);
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
    const lostFiles = await writer.settle(comparison, rows);
    writer.recovery = { notes, lostFiles, ledgerLost };
    for (const table of Object.values(tables)) table.onUnreadable = () => requestProbe(directory);
    for (const note of notes) logger.log('warn', 'store.repaired', { note });
    return writer;
  } catch (error) {
    lock.release();
    throw error;
  }
}

interface Readable {
  readonly tables: Tables;
  readonly ledger: Ledger;
  readonly rows: RowNumbers;
  readonly comparison: Comparison;
}

/** Opens the tables and reads what the ledger needs; where that fails, leaves out what cannot be read, once. */
async function openReadable(
  { directory, shape, io = systemIo }: OpenStoreOptions,
  brokenIndices: (name: TableName) => readonly string[],
  notes: string[],
): Promise<Readable> {
  const open = async (): Promise<Tables> =>
    openTables(await connectTo(directory), directory, shape, io, true);
  let tables = await open();
  for (const name of TABLE_NAMES) await tables[name].dropIndices(brokenIndices(name));
  const read = async (): Promise<Readable> => {
    const [ledger, rows] = await Promise.all([readLedger(tables), readRowNumbers(tables)]);
    return { tables, ledger, rows, comparison: compareWithLedger(rows, ledger) };
  };
  const first = probeRequested(directory) ? null : await read().catch(ifDamaged);
  if (first) return first;
  notes.push(...(await leaveOutUnreadable(directory, tables, io)));
  closeTables(tables);
  tables = await open();
  return await read();
}

/** Passes on an error that says nothing of what the tables hold. */
function ifDamaged(error: unknown): null {
  if (isSystemError(error)) throw error;
  return null;
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
