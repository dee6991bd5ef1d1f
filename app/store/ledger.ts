import type { FileRecord } from '../contract/index.ts';
import type { LedgerReader, PidRange } from './types.ts';

/** A row of the table `files`: the newest row of a file (by `seq`) is what holds. */
export interface LedgerRow {
  /** Grows with each row written. */
  readonly seq: number;
  /** True when the file was forgotten. */
  readonly removed: boolean;
  /** Number of its first passage; the others follow without a gap. */
  readonly firstPid: number;
  /** First passage number that was free after this row was written. */
  readonly nextPid: number;
  readonly record: FileRecord;
}

const NONE: PidRange = { first: 0, count: 0 };

export function rangeOf(row: LedgerRow): PidRange {
  return row.removed ? NONE : { first: row.firstPid, count: row.record.passages };
}

/**
 * The ledger in memory. Passage numbers of a file are consecutive and numbers only grow, so that a sorted list of
 * ranges answers whose a passage is without reading a table.
 */
export class Ledger implements LedgerReader {
  readonly #byId = new Map<string, LedgerRow>();
  readonly #idByPath = new Map<string, string>();
  /** Ascending by firstPid; null where the file has moved on, which is dropped now and then. */
  #ranges: (LedgerRow | null)[] = [];
  /** The first passage number of each range, dead ones too: what a search of the ranges reads. */
  #firsts: number[] = [];
  #deadRanges = 0;
  #passages = 0;
  #searchable = 0;
  #revision = 0;
  /** Rows of the table that newer ones have replaced, and rows that say that a file was removed. */
  readonly #superseded = new Set<number>();
  #nextPid = 1;
  #nextSeq = 1;

  get size(): number {
    return this.#byId.size;
  }

  get passages(): number {
    return this.#passages;
  }

  get searchable(): number {
    return this.#searchable;
  }

  get revision(): number {
    return this.#revision;
  }

  /** First passage number that was never given out. */
  get nextPid(): number {
    return this.#nextPid;
  }

  get nextSeq(): number {
    return this.#nextSeq;
  }

  /** Numbers of table rows that can be deleted. The newest row stays in any case: it carries `nextPid`. */
  get superseded(): ReadonlySet<number> {
    return this.#superseded;
  }

  forgetSuperseded(seqs: readonly number[]): void {
    for (const seq of seqs) this.#superseded.delete(seq);
  }

  reserve(nextPid: number, nextSeq: number): void {
    this.#nextPid = Math.max(this.#nextPid, nextPid);
    this.#nextSeq = Math.max(this.#nextSeq, nextSeq);
  }

  rowById(fileId: string): LedgerRow | undefined {
    return this.#byId.get(fileId);
  }

  rowByPath(path: string): LedgerRow | undefined {
    const id = this.#idByPath.get(path);
    return id === undefined ? undefined : this.#byId.get(id);
  }

  rows(): IterableIterator<LedgerRow> {
    return this.#byId.values();
  }

  /** Takes up a row that is in the table. Rows must come in the order of `seq`, or a path may lose its file. */
  apply(row: LedgerRow): void {
    this.reserve(row.nextPid, row.seq + 1);
    const { fileId, path } = row.record;
    const before = this.#byId.get(fileId);
    if (before && before.seq > row.seq) {
      this.#superseded.add(row.seq);
      return;
    }
    this.#revision += 1;
    if (before) this.#drop(before);
    if (row.removed) {
      this.#superseded.add(row.seq);
      return;
    }
    const other = this.rowByPath(path);
    if (other) this.#drop(other);
    this.#byId.set(fileId, row);
    this.#idByPath.set(path, fileId);
    const { count } = rangeOf(row);
    this.#passages += count;
    if (count === 0) return;
    this.#searchable += 1;
    this.#putRange(row);
    if (this.#deadRanges > 1000 && this.#deadRanges > this.#ranges.length / 2) this.#dropDeadRanges();
  }

  #drop(row: LedgerRow): void {
    const { fileId, path } = row.record;
    this.#superseded.add(row.seq);
    const { count } = rangeOf(row);
    this.#passages -= count;
    this.#byId.delete(fileId);
    if (this.#idByPath.get(path) === fileId) this.#idByPath.delete(path);
    if (count === 0) return;
    this.#searchable -= 1;
    const at = this.#findRange(row.firstPid);
    if (this.#ranges[at] !== row) return;
    this.#ranges[at] = null;
    this.#deadRanges += 1;
  }

  #putRange(row: LedgerRow): void {
    const at = this.#findRange(row.firstPid);
    if (this.#firsts[at] !== row.firstPid) {
      this.#ranges.splice(at + 1, 0, row);
      this.#firsts.splice(at + 1, 0, row.firstPid);
      return;
    }
    // A file that keeps its passages gets a new row with the range it had.
    if (this.#ranges[at] === null) this.#deadRanges -= 1;
    this.#ranges[at] = row;
  }

  #liveRows(): LedgerRow[] {
    return this.#ranges.filter((row) => row !== null);
  }

  #dropDeadRanges(): void {
    if (this.#deadRanges === 0) return;
    const live = this.#liveRows();
    this.#ranges = live;
    this.#firsts = live.map((row) => row.firstPid);
    this.#deadRanges = 0;
  }

  /** Position of the last range that begins at or before `pid`, -1 when there is none. */
  #findRange(pid: number): number {
    let low = 0;
    let high = this.#firsts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#firsts[middle] ?? 0) <= pid) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  fileOfPid(pid: number): FileRecord | undefined {
    const found = this.#ranges[this.#findRange(pid)];
    return found && pid < found.firstPid + found.record.passages ? found.record : undefined;
  }

  fileByPath(path: string): FileRecord | undefined {
    return this.rowByPath(path)?.record;
  }

  fileById(fileId: string): FileRecord | undefined {
    return this.#byId.get(fileId)?.record;
  }

  *allFiles(): IterableIterator<FileRecord> {
    for (const row of this.#byId.values()) yield row.record;
  }

  pidsOfFile(fileId: string): PidRange {
    const row = this.#byId.get(fileId);
    return row ? rangeOf(row) : NONE;
  }

  pidsWhere(accept: (file: FileRecord) => boolean): Uint32Array {
    const chosen = this.#liveRows().filter((row) => accept(row.record));
    const pids = new Uint32Array(chosen.reduce((sum, row) => sum + row.record.passages, 0));
    let at = 0;
    for (const { firstPid, record } of chosen)
      for (let i = 0; i < record.passages; i += 1) pids[at++] = firstPid + i;
    return pids;
  }

  /** Live ranges, ascending. */
  liveRanges(): PidRange[] {
    return this.#liveRows().map(rangeOf);
  }
}
