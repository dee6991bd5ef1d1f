import { type Connection, connect, Session } from '@lancedb/lancedb';
import type { VectorShape } from '../contract/index.ts';
import { limitLance } from './lance-limits.ts';
import { LanceTable } from './lance-table.ts';
import { LEDGER_SCHEMA } from './ledger-rows.ts';
import { PASSAGE_SCHEMA } from './passage-rows.ts';
import { storeError } from './store-errors.ts';
import type { StoreIo } from './store-io.ts';
import { vectorSchema } from './vector-rows.ts';

/** Bytes that LanceDB may keep of indices and of metadata; its own defaults are gigabytes. */
const INDEX_CACHE_BYTES = 64 * 2 ** 20;
const METADATA_CACHE_BYTES = 32 * 2 ** 20;

export interface Tables {
  readonly files: LanceTable;
  readonly passages: LanceTable;
  readonly vectors: LanceTable;
}

export async function connectTo(directory: string): Promise<Connection> {
  limitLance();
  try {
    const session = new Session(BigInt(INDEX_CACHE_BYTES), BigInt(METADATA_CACHE_BYTES));
    return await connect(directory, { session });
  } catch (error) {
    throw storeError(error, 'opening the index', directory);
  }
}

/** Opens the tables; with `create`, makes those that are missing. */
export async function openTables(
  connection: Connection,
  directory: string,
  shape: VectorShape,
  io: StoreIo,
  create: boolean,
): Promise<Tables> {
  const present = new Set(await connection.tableNames());
  const schemas = { files: LEDGER_SCHEMA, passages: PASSAGE_SCHEMA, vectors: vectorSchema(shape) };
  const open = (name: keyof Tables): Promise<LanceTable> =>
    present.has(name) || !create
      ? LanceTable.open(connection, directory, name, io)
      : LanceTable.create(connection, directory, name, schemas[name], io);
  const [vectors, passages, files] = await Promise.all([open('vectors'), open('passages'), open('files')]);
  return { vectors, passages, files };
}

export function closeTables(tables: Tables): void {
  tables.files.close();
  tables.passages.close();
  tables.vectors.close();
}
