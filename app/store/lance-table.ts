import { dirname, join } from 'node:path';
import type { Connection, Index, Table } from '@lancedb/lancedb';
import { Table as ArrowTable, type RecordBatch, type Schema } from './arrow.ts';
import { Durability } from './durability.ts';
import { listManifests, readManifest } from './manifest.ts';
import { isMissingFile, isSystemError, storeError } from './store-errors.ts';
import type { StoreIo } from './store-io.ts';

export type TableName = 'files' | 'passages' | 'vectors';
export const TABLE_NAMES: readonly TableName[] = ['vectors', 'passages', 'files'];

export function tableDirectory(directory: string, name: TableName): string {
  return join(directory, `${name}.lance`);
}

export interface ScanOptions {
  readonly columns: readonly string[];
  readonly where?: string;
  readonly limit?: number;
  readonly offset?: number;
  /** Adds LanceDB's row ids as the column `_rowid`. */
  readonly rowIds?: boolean;
}

/** Rows in a batch of numbers. */
const NUMBER_BATCH = 65_536;
/** Far enough ahead that no clock that was set back keeps an old version. */
const KEEP_NONE_MS = 366 * 86_400_000;

/**
 * One LanceDB table through its one handle. Writes are followed by fsync; every error gets a code of ours. Writes
 * must not overlap: the write queue sees to that.
 */
export class LanceTable {
  readonly name: TableName;
  #table: Table;
  /** Called when rows turn out to be unreadable. */
  onUnreadable: () => void = () => {};
  /** Handles that were replaced and could not be closed yet. */
  #retired: Table[] = [];
  readonly #columns: readonly string[];
  readonly #directory: string;
  readonly #durability: Durability;
  readonly #io: StoreIo;

  private constructor(
    name: TableName,
    table: Table,
    columns: readonly string[],
    directory: string,
    io: StoreIo,
  ) {
    this.name = name;
    this.#table = table;
    this.#columns = columns;
    this.#directory = directory;
    this.#io = io;
    this.#durability = new Durability(tableDirectory(directory, name), io);
  }

  static async open(
    connection: Connection,
    directory: string,
    name: TableName,
    io: StoreIo,
  ): Promise<LanceTable> {
    try {
      const table = await connection.openTable(name);
      const opened = new LanceTable(name, table, namesOf(await table.schema()), directory, io);
      await opened.#durability.settle();
      return opened;
    } catch (error) {
      throw storeError(error, `opening the table ${name}`, directory);
    }
  }

  static async create(
    connection: Connection,
    directory: string,
    name: TableName,
    schema: Schema,
    io: StoreIo,
  ): Promise<LanceTable> {
    try {
      const table = await connection.createEmptyTable(name, schema, { mode: 'create' });
      const created = new LanceTable(name, table, namesOf(schema), directory, io);
      await created.#durability.flush();
      await io.syncDirectory(directory);
      return created;
    } catch (error) {
      throw storeError(error, `creating the table ${name}`, directory);
    }
  }

  /**
   * Goes on with another handle. LanceDB keeps readers of indices that were replaced in its cache, and with them
   * open files and their space on the disk, for as long as the session lives.
   */
  async renew(connection: Connection): Promise<void> {
    this.#retired.push(this.#table);
    this.#table = await this.#read(() => connection.openTable(this.name));
    this.#closeRetired();
  }

  /** A handle that is being read through cannot be closed just then. */
  #closeRetired(): void {
    this.#retired = this.#retired.filter((table) => {
      try {
        table.close();
        return false;
      } catch {
        return true;
      }
    });
  }

  /** For building queries. Writing goes through the methods below. */
  get lance(): Pick<Table, 'query' | 'vectorSearch'> {
    return this.#table;
  }

  get columns(): readonly string[] {
    return this.#columns;
  }

  get directory(): string {
    return tableDirectory(this.#directory, this.name);
  }

  async #write<T>(operation: 'add' | 'delete' | 'optimize' | 'index', run: () => Promise<T>): Promise<T> {
    this.#closeRetired();
    try {
      await this.#io.beforeWrite(this.name, operation);
      const result = await run();
      // Deletes are tidying that opening would do again: they are flushed with the next write.
      if (operation !== 'delete') await this.#durability.flush();
      await this.#io.afterWrite(this.name, operation);
      return result;
    } catch (error) {
      if (operation === 'add') await this.#discardDebris();
      throw storeError(error, `${DOING[operation]} the table ${this.name}`, this.#directory);
    }
  }

  /** A write that failed leaves its data file behind, which on a full disk is in the way of everything else. */
  async #discardDebris(): Promise<void> {
    const newest = listManifests(this.directory)[0];
    const manifest = newest ? readManifest(newest.path) : null;
    if (!manifest) return;
    const named = new Set(
      manifest.fragments.flatMap((fragment) => fragment.files.map((file) => join(this.directory, file.path))),
    );
    const data = join(this.directory, 'data');
    // Best effort: what stays is removed when the table is compacted.
    await this.#durability.discard((path) => dirname(path) !== data || named.has(path)).catch(() => {});
  }

  async #read<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      if (!isMissingFile(error) && !isSystemError(error)) this.onUnreadable();
      throw storeError(error, `reading the table ${this.name}`, this.#directory);
    }
  }

  async add(rows: ArrowTable): Promise<void> {
    await this.#write('add', () => this.#table.add(rows));
  }

  async delete(predicate: string): Promise<void> {
    await this.#write('delete', () => this.#table.delete(predicate));
  }

  async createIndex(column: string, config: Index): Promise<void> {
    await this.#write('index', () => this.#table.createIndex(column, { config, replace: true }));
  }

  async dropIndices(names: readonly string[]): Promise<void> {
    for (const name of names) await this.#write('index', () => this.#table.dropIndex(name));
  }

  /** Compacts, brings indices up to date and removes what only older versions need. */
  async optimize(): Promise<void> {
    // A cutoff in the past would keep the version before and with it a second copy of the whole table. Files that
    // no version names are debris of failed writes: there is no other writer whose they could be.
    const cleanupOlderThan = new Date(Date.now() + KEEP_NONE_MS);
    await this.#write('optimize', () => this.#table.optimize({ cleanupOlderThan, deleteUnverified: true }));
  }

  /**
   * Writes the rows at these places anew, in one commit, so that they lie together.
   * @param key column whose values tell rows apart
   */
  async rewrite(rowIds: readonly bigint[], key: string): Promise<void> {
    await this.#write('optimize', async () => {
      const batches: RecordBatch[] = [];
      for await (const batch of this.take(rowIds, this.#columns)) batches.push(batch);
      const rows = new ArrowTable(batches);
      if (rows.numRows !== rowIds.length)
        throw new RangeError(`${rows.numRows} of ${rowIds.length} rows of the table ${this.name} were read`);
      await this.#table.mergeInsert(key).whenMatchedUpdateAll().execute(rows);
    });
  }

  countRows(filter?: string): Promise<number> {
    return this.#read(() => this.#table.countRows(filter));
  }

  version(): Promise<number> {
    return this.#read(() => this.#table.version());
  }

  async refresh(): Promise<void> {
    await this.#read(() => this.#table.checkoutLatest());
  }

  /** Name → rows that the index on that column does not cover. */
  indices(): Promise<Map<string, number>> {
    return this.#read(async () => {
      const found = new Map<string, number>();
      for (const index of await this.#table.listIndices())
        found.set(index.columns[0] ?? index.name, Number(index.numUnindexedRows ?? 0));
      return found;
    });
  }

  async *scan(options: ScanOptions): AsyncGenerator<RecordBatch, void, undefined> {
    let query = this.#table.query().select([...options.columns]);
    if (options.where !== undefined) query = query.where(options.where);
    if (options.limit !== undefined) query = query.limit(options.limit);
    if (options.offset !== undefined) query = query.offset(options.offset);
    if (options.rowIds === true) query = query.withRowId();
    yield* this.run(query);
  }

  /** The rows that lie at these places, in no order; places that hold nothing (any more) are left out. */
  take(rowIds: readonly bigint[], columns: readonly string[]): AsyncGenerator<RecordBatch, void, undefined> {
    return this.run(this.#table.takeRowIds(rowIds).select([...columns]));
  }

  /** All rows of these columns, of a few bytes each, and their row ids as `_rowid`, in few batches: each costs as much as a thousand rows. */
  numbers(columns: readonly string[]): Promise<readonly RecordBatch[]> {
    const query = this.#table
      .query()
      .select([...columns])
      .withRowId();
    return this.#read(async () => (await query.toArrow({ maxBatchLength: NUMBER_BATCH })).batches);
  }

  /** Batches of a query made from {@link lance}. */
  async *run(query: AsyncIterable<RecordBatch>): AsyncGenerator<RecordBatch, void, undefined> {
    const iterator = query[Symbol.asyncIterator]();
    for (;;) {
      const next = await this.#read(() => iterator.next());
      if (next.done) return;
      yield next.value;
    }
  }

  close(): void {
    this.#retired.push(this.#table);
    this.#closeRetired();
  }
}

function namesOf(schema: Schema): string[] {
  return schema.fields.map((field) => field.name);
}

const DOING = {
  add: 'writing to',
  delete: 'deleting from',
  optimize: 'compacting',
  index: 'indexing',
} as const;
