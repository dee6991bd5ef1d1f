import type {
  CompressedMultivector,
  FileRecord,
  PassageDraft,
  StoredPassage,
  TokenSpans,
  VectorShape,
} from '../contract/index.ts';
import type { WordScores } from './word-index/scores.ts';

/** A passage as read back for showing. `pid` is its key in the multivector index. */
export interface PassageRow extends PassageDraft {
  readonly pid: number;
  readonly fileId: string;
}

/** What the model made of a passage. */
export interface PassageVectors {
  readonly multivector: CompressedMultivector;
  readonly spans: TokenSpans;
  readonly dense: Float32Array;
  readonly tokenCount: number;
}

export interface IndexedMultivector {
  readonly pid: number;
  /** Of the multivector as it is stored. */
  readonly checksum: number;
  readonly fileId: string;
  readonly multivector: CompressedMultivector;
}

export interface ScoredPid {
  readonly pid: number;
  readonly score: number;
}

/** Consecutive passage numbers [first, first + count). */
export interface PidRange {
  readonly first: number;
  readonly count: number;
}

/** The ledger in memory: what the index knows of each file. Passages of a file are numbered without a gap. */
export interface LedgerReader {
  /** Files known, searchable or not. */
  readonly size: number;
  /** Files with at least one passage. */
  readonly searchable: number;
  /** Live passages of all files. */
  readonly passages: number;
  /** Another number after each change of what the ledger holds. */
  readonly revision: number;
  fileByPath(path: string): FileRecord | undefined;
  fileById(fileId: string): FileRecord | undefined;
  allFiles(): IterableIterator<FileRecord>;
  /** The file whose current generation holds this passage; undefined when the passage is gone. */
  fileOfPid(pid: number): FileRecord | undefined;
  pidsOfFile(fileId: string): PidRange;
  /** Live passage numbers of the files that pass, ascending: what a filter lets through. */
  pidsWhere(accept: (file: FileRecord) => boolean): Uint32Array;
}

export interface CommitResult {
  /** As written: with its generation and number of passages. */
  readonly record: FileRecord;
  /** Numbers of the new passages, in the order given. */
  readonly pids: readonly number[];
  /** Numbers that this commit ended, to be taken out of the multivector index. */
  readonly removed: readonly number[];
}

export interface RemovalResult {
  readonly files: number;
  readonly removed: readonly number[];
}

export interface StoreStats {
  readonly bytes: number;
  readonly files: number;
  readonly passages: number;
  /** Rows that no ledger row names and that are not deleted yet. */
  readonly staleRows: number;
  /** Rows that the lookup index does not cover yet; they are found all the same. */
  readonly unindexedRows: number;
  /** Bytes by table, and of the word index. */
  readonly bytesByTable: Readonly<Record<string, number>>;
}

/** What was found damaged at opening and what was done. */
export interface RecoveryReport {
  /** Sentences for a person; empty when nothing was amiss. */
  readonly notes: readonly string[];
  /** Paths whose passages were lost: their ledger rows have no content hash, so that they are indexed again. */
  readonly lostFiles: readonly string[];
  /** True when the ledger itself was lost: every folder has to be compared again. */
  readonly ledgerLost: boolean;
}

/** Live passages, ascending, each with the checksum of its multivector. */
export interface LiveChecksums {
  readonly pids: Uint32Array;
  readonly checksums: Uint32Array;
}

export interface StoreChanges {
  readonly added: readonly number[];
  readonly removed: readonly number[];
}

export interface FullTextOptions {
  readonly limit: number;
  /** Only these passages (ascending). */
  readonly pids?: Uint32Array;
}

/** Reading an index. Nothing that is stale is ever returned. All methods throw PassimError 'io-error' when a table cannot be read. */
export interface StoreReader {
  readonly directory: string;
  readonly shape: VectorShape;
  readonly recovery: RecoveryReport;
  readonly ledger: LedgerReader;

  /** The passages that exist, in the order asked for. */
  getPassages(pids: readonly number[]): Promise<PassageRow[]>;
  getVectors(pids: readonly number[]): Promise<Map<number, PassageVectors>>;
  /** Which stretches of the passages their vectors stand for. */
  getSpans(pids: readonly number[]): Promise<Map<number, TokenSpans>>;
  /** Passages of one file in order. */
  passagesOfFile(fileId: string, options?: { from?: number; count?: number }): Promise<PassageRow[]>;
  /** The passages before and after in the same file. */
  neighbours(pid: number): { readonly previous: number | null; readonly next: number | null };
  /** All live multivectors, or those of `pids`, in batches. Residuals are views of the batch: copy what is kept. */
  loadMultivectors(options?: { pids?: readonly number[] }): AsyncIterable<IndexedMultivector[]>;
  /** Numbers of all live passages, ascending, with the checksums of their multivectors. */
  liveChecksums(): Promise<LiveChecksums>;
  /** Vectors that are stored already, by content key. */
  findByContentKey(keys: readonly string[]): Promise<Map<string, PassageVectors>>;

  /**
   * BM25 of every passage over title, headings and text. The query is plain words: nothing in it is syntax.
   */
  scoreWords(query: string): Promise<WordScores>;
  /** Whether any passage holds one of the words, in any form: without scoring any. */
  holdsWord(query: string): Promise<boolean>;
  /**
   * The best of {@link scoreWords}.
   * @param options.pids only these passages (ascending)
   * @returns passages that hold at least one of the words, best first
   */
  fullText(query: string, options: FullTextOptions): Promise<ScoredPid[]>;
  /**
   * Passages that hold exactly these words in this order, ascending: case and accents apart, never stemmed. Words
   * of scripts without blanks are found inside longer runs.
   */
  containing(phrase: string): Promise<Uint32Array>;
  /** Cosine similarity of the passages' mean vectors, best first. */
  denseSearch(vector: Float32Array, options: { limit: number; pids?: Uint32Array }): Promise<ScoredPid[]>;

  stats(): Promise<StoreStats>;
  /** Takes up what another process has written since; a writer is always up to date. */
  refresh(): Promise<StoreChanges>;
  close(): Promise<void>;
}

/**
 * Writing an index. Calls may overlap: they are gathered and written together, in the order in which they were
 * made. A promise is fulfilled when the change is on the disk. A rejected call has changed nothing and may be
 * repeated: 'disk-full' and 'io-error' when the disk refuses, 'bad-vector' for vectors that are not of the index's shape.
 */
export interface StoreWriter extends StoreReader {
  /**
   * Makes `passages` the whole content of a file. `record.generation` and `record.passages` are set by the store.
   * Another file known by the same path is forgotten.
   */
  commitFile(record: FileRecord, passages: readonly StoredPassage[]): Promise<CommitResult>;
  /** Changes what is known of a file and leaves its passages as they are. */
  setRecord(record: FileRecord): Promise<FileRecord>;
  /** Gives a file another path; false when it is not known. `changes` are fields that the move changed too. */
  renameFile(
    from: string,
    to: string,
    changes?: Partial<Pick<FileRecord, 'root' | 'modified' | 'identity'>>,
  ): Promise<boolean>;
  deleteFiles(paths: readonly string[]): Promise<RemovalResult>;
  deleteRoot(root: string): Promise<RemovalResult>;
  /**
   * Told of the numbers that each write ended, whatever the change was: what an index beside the store has to forget.
   * @returns ends it
   */
  onRemoved(listener: (pids: readonly number[]) => void): () => void;
  /** Writes what is waiting. Never throws: failures reach the calls that were waiting. */
  flush(): Promise<void>;
  /** Compacts, removes old versions, brings lookup indices up to date and writes the word index. */
  maintain(options?: { force?: boolean }): Promise<void>;
}
