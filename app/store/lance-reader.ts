import type { FileRecord, Logger, TokenSpans, VectorShape } from '../contract/index.ts';
import { denseSearch } from './dense-search.ts';
import { bytesUnder } from './disk-usage.ts';
import { TABLE_NAMES, tableDirectory } from './lance-table.ts';
import { Ledger } from './ledger.ts';
import { difference, readLedger } from './ledger-io.ts';
import { OpenReads } from './open-reads.ts';
import { PASSAGE_COLUMNS, type PassagePlace, readPassageRows } from './passage-rows.ts';
import { PassageWords } from './passage-words.ts';
import { pidPredicate, predicateChunks, sortedPids, toRanges } from './pid-filter.ts';
import { liveChecksums, type RowNumbers, VECTOR_NUMBERS } from './reconcile.ts';
import { RowCache } from './row-cache.ts';
import { RowsByPid } from './rows-by-pid.ts';
import { isMissingFile } from './store-errors.ts';
import { closeTables, type Tables } from './tables.ts';
import type {
  FullTextOptions,
  IndexedMultivector,
  LiveChecksums,
  PassageRow,
  PassageVectors,
  RecoveryReport,
  ScoredPid,
  StoreChanges,
  StoreReader,
  StoreStats,
} from './types.ts';
import {
  MULTIVECTOR_COLUMNS,
  readMultivectors,
  readSpanRows,
  readVectorRows,
  SPAN_COLUMNS,
  VECTOR_COLUMNS,
} from './vector-rows.ts';
import type { WordScores } from './word-index/scores.ts';

const LOAD_BATCH = 1024;
const KEYS_PER_QUERY = 500;
/** Passages kept after they were read: a few kilobytes each. */
const KEPT_ROWS = 2048;
/** Times that a read whose files were cleaned up is begun again. */
const READ_ATTEMPTS = 4;

export interface ReaderParts {
  readonly directory: string;
  readonly shape: VectorShape;
  readonly tables: Tables;
  readonly logger: Logger;
}

export class LanceReader implements StoreReader {
  readonly directory: string;
  readonly shape: VectorShape;
  recovery: RecoveryReport = { notes: [], lostFiles: [], ledgerLost: false };
  protected readonly tables: Tables;
  protected readonly logger: Logger;
  protected readonly words: PassageWords;
  protected current: Ledger;
  /** Version of the table `files` that the ledger was read from. */
  #version = -1;
  readonly #onDamaged = (pid: number): void => {
    const file = this.current.fileOfPid(pid);
    if (file) this.damaged(file);
  };
  readonly #passageRows = new RowCache<PassageRow>(KEPT_ROWS);
  readonly #spanRows = new RowCache<TokenSpans>(KEPT_ROWS);
  protected readonly passagePlaces: RowsByPid;
  protected readonly vectorPlaces: RowsByPid;
  /** What opening has read of `vectors`, for who asks first; null once anything has been written. */
  protected openingRows: RowNumbers['vectors'] | null = null;
  readonly #reads = new OpenReads();
  /** Scans in progress: what they read must not be cleaned up. */
  protected scans = 0;

  /** @param keepsWords whether the word index is written to the disk: by the one process that writes the tables */
  constructor(parts: ReaderParts, ledger: Ledger, keepsWords = false) {
    this.directory = parts.directory;
    this.shape = parts.shape;
    this.tables = parts.tables;
    this.logger = parts.logger;
    this.current = ledger;
    this.passagePlaces = new RowsByPid(parts.tables.passages);
    this.vectorPlaces = new RowsByPid(parts.tables.vectors);
    this.words = new PassageWords({
      directory: parts.directory,
      table: parts.tables.passages,
      logger: parts.logger,
      keeps: keepsWords,
      ledger: () => this.current,
    });
  }

  get ledger(): Ledger {
    return this.current;
  }

  /** Opens a consistent view: see {@link refresh}. */
  static async open(parts: ReaderParts): Promise<LanceReader> {
    const reader = new LanceReader(parts, new Ledger());
    await reader.refresh();
    reader.words.begin();
    return reader;
  }

  /**
   * The writer adds passages before the ledger names them and deletes them after it has stopped doing so. So a
   * version of the passages that was the newest at some moment at which this ledger was the newest has every row
   * that the ledger names.
   */
  async refresh(): Promise<StoreChanges> {
    return this.#reads.during(() => this.renew(false));
  }

  /** @param force goes to the newest version of every table also when the ledger is as it was */
  protected async renew(force: boolean): Promise<StoreChanges> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.tables.files.refresh();
        if (!force && (await this.tables.files.version()) === this.#version)
          return { added: [], removed: [] };
        const ledger = await this.#consistentLedger();
        const changes = difference(this.current, ledger);
        this.current = ledger;
        return changes;
      } catch (error) {
        // The writer may clean up a version while it is being read.
        if (!isMissingFile(error) || attempt >= READ_ATTEMPTS) throw error;
      }
    }
  }

  async #consistentLedger(): Promise<Ledger> {
    const { files, passages, vectors } = this.tables;
    for (;;) {
      const version = await files.version();
      await passages.refresh();
      await vectors.refresh();
      const ledger = await readLedger(this.tables);
      await files.refresh();
      if ((await files.version()) !== version) continue;
      this.#version = version;
      return ledger;
    }
  }

  /** Told of a file with a row that is not as it was written. */
  protected damaged(file: FileRecord): void {
    this.logger.log('warn', 'store.damaged', { path: file.path });
  }

  /** Repeats a read whose files were cleaned up under it, on the newest version. */
  protected reading<T>(read: () => Promise<T>): Promise<T> {
    return this.#reads.during(() => this.#readAgain(read));
  }

  async #readAgain<T>(read: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await read();
      } catch (error) {
        if (!isMissingFile(error) || attempt >= READ_ATTEMPTS) throw error;
        this.logger.log('debug', 'store.read-again', { attempt });
        await this.renew(true);
      }
    }
  }

  async getPassages(pids: readonly number[]): Promise<PassageRow[]> {
    const live = this.#livePids(pids);
    const rows = await this.#passageRows.get(live, (missing) =>
      this.reading(() => this.#fetchPassages(missing)),
    );
    return this.#livePids(pids).flatMap((pid) => rows.get(pid) ?? []);
  }

  async getSpans(pids: readonly number[]): Promise<Map<number, TokenSpans>> {
    return this.#spanRows.get(this.#livePids(pids), (missing) =>
      this.reading(async () => {
        const found = new Map<number, TokenSpans>();
        for await (const batch of this.vectorPlaces.read(this.#livePids(missing), SPAN_COLUMNS))
          for (const { pid, spans } of readSpanRows(batch)) found.set(pid, spans);
        return found;
      }),
    );
  }

  readonly #placeOf: PassagePlace = (pid) => {
    const file = this.current.fileOfPid(pid);
    return file && { fileId: file.fileId, ordinal: pid - this.current.pidsOfFile(file.fileId).first };
  };

  #livePids(pids: readonly number[]): number[] {
    return pids.filter((pid) => this.current.fileOfPid(pid) !== undefined);
  }

  async #fetchPassages(pids: readonly number[]): Promise<Map<number, PassageRow>> {
    const found = new Map<number, PassageRow>();
    for await (const batch of this.passagePlaces.read(this.#livePids(pids), PASSAGE_COLUMNS))
      for (const row of readPassageRows(batch, this.#placeOf)) found.set(row.pid, row);
    return found;
  }

  #livePredicates(pids: readonly number[]): string[] {
    return predicateChunks(toRanges(sortedPids(this.#livePids(pids))));
  }

  async getVectors(pids: readonly number[]): Promise<Map<number, PassageVectors>> {
    return this.reading(async () => {
      const found = new Map<number, PassageVectors>();
      for await (const batch of this.vectorPlaces.read(this.#livePids(pids), VECTOR_COLUMNS))
        for (const row of readVectorRows(batch, this.shape, this.#onDamaged)) found.set(row.pid, row);
      return found;
    });
  }

  async passagesOfFile(
    fileId: string,
    { from = 0, count = Number.POSITIVE_INFINITY }: { from?: number; count?: number } = {},
  ): Promise<PassageRow[]> {
    return this.reading(async () => {
      const range = this.current.pidsOfFile(fileId);
      const first = range.first + Math.max(0, from);
      const wanted = Math.min(count, range.first + range.count - first);
      if (wanted <= 0) return [];
      const rows: PassageRow[] = [];
      const where = pidPredicate([{ first, count: wanted }]);
      for await (const batch of this.tables.passages.scan({ columns: PASSAGE_COLUMNS, where }))
        rows.push(...readPassageRows(batch, this.#placeOf));
      return rows.sort((a, b) => a.pid - b.pid);
    });
  }

  neighbours(pid: number): { previous: number | null; next: number | null } {
    const file = this.current.fileOfPid(pid);
    if (!file) return { previous: null, next: null };
    const { first, count } = this.current.pidsOfFile(file.fileId);
    return { previous: pid > first ? pid - 1 : null, next: pid + 1 < first + count ? pid + 1 : null };
  }

  async *loadMultivectors(options: { pids?: readonly number[] } = {}): AsyncIterable<IndexedMultivector[]> {
    const wheres = options.pids ? this.#livePredicates(options.pids) : [undefined];
    this.scans += 1;
    try {
      // Numbers that went out already, should the scan have to begin again.
      const delivered = new Set<number>();
      for (const where of wheres) yield* this.#loadWhere(where, delivered);
    } finally {
      this.scans -= 1;
    }
  }

  async *#loadWhere(
    where: string | undefined,
    delivered: Set<number>,
  ): AsyncGenerator<IndexedMultivector[], void, undefined> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const options = { columns: MULTIVECTOR_COLUMNS, ...(where === undefined ? {} : { where }) };
        for await (const batch of this.#reads.batches(this.tables.vectors.scan(options))) {
          let part: IndexedMultivector[] = [];
          for (const row of readMultivectors(batch, this.shape, this.#onDamaged)) {
            const { pid, checksum, multivector } = row;
            const file = this.current.fileOfPid(pid);
            if (!file || delivered.has(pid)) continue;
            delivered.add(pid);
            part.push({ pid, fileId: file.fileId, checksum, multivector });
            if (part.length < LOAD_BATCH) continue;
            yield part;
            part = [];
          }
          if (part.length > 0) yield part;
        }
        return;
      } catch (error) {
        if (!isMissingFile(error) || attempt >= READ_ATTEMPTS) throw error;
        await this.renew(true);
      }
    }
  }

  liveChecksums(): Promise<LiveChecksums> {
    return this.reading(async () => {
      const rows = this.openingRows ?? (await this.tables.vectors.numbers(VECTOR_NUMBERS));
      this.openingRows = null;
      for (const batch of rows) this.vectorPlaces.learn(batch);
      return liveChecksums(rows, this.current);
    });
  }

  async findByContentKey(keys: readonly string[]): Promise<Map<string, PassageVectors>> {
    // Keys are printable ASCII without quotes (see validate.ts); others are in no row.
    const usable = [...new Set(keys)].filter((key) => /^[\x21-\x7e]+$/.test(key) && !/['\\]/.test(key));
    return this.reading(async () => {
      const found = new Map<string, PassageVectors>();
      for (let i = 0; i < usable.length; i += KEYS_PER_QUERY) {
        const list = usable.slice(i, i + KEYS_PER_QUERY).map((key) => `'${key}'`);
        const where = `contentKey IN (${list.join(',')})`;
        for await (const batch of this.tables.vectors.scan({ columns: VECTOR_COLUMNS, where }))
          for (const row of readVectorRows(batch, this.shape, this.#onDamaged))
            if (this.current.fileOfPid(row.pid) && !found.has(row.contentKey)) found.set(row.contentKey, row);
      }
      return found;
    });
  }

  scoreWords(query: string): Promise<WordScores> {
    return this.reading(() => this.words.score(query));
  }

  holdsWord(query: string): Promise<boolean> {
    return this.reading(() => this.words.holdsAny(query));
  }

  async fullText(query: string, { limit, pids }: FullTextOptions): Promise<ScoredPid[]> {
    return (await this.scoreWords(query)).best(limit, pids);
  }

  async containing(phrase: string): Promise<Uint32Array> {
    return this.reading(async () => sortedPids(await this.words.containing(phrase)));
  }

  async denseSearch(
    vector: Float32Array,
    options: { limit: number; pids?: Uint32Array },
  ): Promise<ScoredPid[]> {
    return this.reading(async () => {
      if (this.current.passages === 0) return [];
      const rows = await this.tables.vectors.countRows();
      const stale = Math.max(0, rows - this.current.passages);
      const hits = await denseSearch(this.tables.vectors, vector, {
        ...options,
        limit: options.limit + stale,
        rows,
      });
      return this.#live(hits).slice(0, options.limit);
    });
  }

  #live(hits: readonly ScoredPid[]): ScoredPid[] {
    return hits.filter((hit) => this.current.fileOfPid(hit.pid) !== undefined);
  }

  async stats(): Promise<StoreStats> {
    return this.reading(async () => {
      const bytesByTable: Record<string, number> = {};
      for (const name of TABLE_NAMES)
        bytesByTable[name] = await bytesUnder(tableDirectory(this.directory, name));
      bytesByTable['words'] = await bytesUnder(this.words.directory);
      const passageRows = await this.tables.passages.countRows();
      const vectorRows = await this.tables.vectors.countRows();
      const indices = await this.tables.passages.indices();
      return {
        bytes: Object.values(bytesByTable).reduce((sum, bytes) => sum + bytes, 0),
        bytesByTable,
        files: this.current.size,
        passages: this.current.passages,
        staleRows: Math.max(passageRows, vectorRows) - this.current.passages,
        unindexedRows: indices.get('pid') ?? passageRows,
      };
    });
  }

  /** Closes the tables once the reads under way have ended; reads that come later, and scans, are refused. */
  async close(): Promise<void> {
    await this.words.close();
    await this.#reads.close();
    closeTables(this.tables);
  }
}
