import type { FileRecord } from '../contract/index.ts';
import { type Ledger, type LedgerRow, rangeOf } from './ledger.ts';
import type { PidRange } from './types.ts';

/**
 * Changes on top of a ledger that are not written yet. The operations of one write are applied to a draft one after
 * another; each sees what those before it did, and of the rows of one file only the last is written.
 */
export class LedgerDraft {
  readonly #ledger: Ledger;
  readonly #rows = new Map<string, LedgerRow>();
  readonly #idByPath = new Map<string, string | null>();
  readonly #stale: PidRange[] = [];
  #nextPid: number;
  #nextSeq: number;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
    this.#nextPid = ledger.nextPid;
    this.#nextSeq = ledger.nextSeq;
  }

  get nextPid(): number {
    return this.#nextPid;
  }

  /** Ranges that nothing names any more once the draft is written. */
  get stale(): readonly PidRange[] {
    return this.#stale;
  }

  /** Rows to write, at most one a file, ascending by `seq`. */
  rows(): LedgerRow[] {
    return [...this.#rows.values()]
      .sort((a, b) => a.seq - b.seq)
      .map((row) => ({ ...row, nextPid: this.#nextPid }));
  }

  rowById(fileId: string): LedgerRow | undefined {
    const drafted = this.#rows.get(fileId);
    if (drafted) return drafted.removed ? undefined : drafted;
    return this.#ledger.rowById(fileId);
  }

  rowByPath(path: string): LedgerRow | undefined {
    const drafted = this.#idByPath.get(path);
    if (drafted === null) return undefined;
    if (drafted !== undefined) return this.rowById(drafted);
    return this.#ledger.rowByPath(path);
  }

  /** Rows of all files, drafted changes included. */
  *currentRows(): IterableIterator<LedgerRow> {
    for (const row of this.#ledger.rows()) if (!this.#rows.has(row.record.fileId)) yield row;
    for (const row of this.#rows.values()) if (!row.removed) yield row;
  }

  /** Gives out `count` passage numbers. */
  allocate(count: number): number {
    const first = this.#nextPid;
    this.#nextPid += count;
    return first;
  }

  put(record: FileRecord, firstPid: number): LedgerRow {
    const before = this.rowById(record.fileId);
    if (before) {
      this.#idByPath.set(before.record.path, null);
      if (before.firstPid !== firstPid) this.#end(before);
    }
    const atPath = this.rowByPath(record.path);
    if (atPath && atPath.record.fileId !== record.fileId) this.remove(atPath);
    const row: LedgerRow = {
      seq: this.#nextSeq++,
      removed: false,
      firstPid,
      nextPid: this.#nextPid,
      record,
    };
    this.#rows.set(record.fileId, row);
    this.#idByPath.set(record.path, record.fileId);
    return row;
  }

  /** @returns the range that ends with it */
  remove(row: LedgerRow): PidRange {
    const { fileId, path } = row.record;
    this.#end(row);
    this.#rows.set(fileId, { ...row, seq: this.#nextSeq++, removed: true });
    this.#idByPath.set(path, null);
    return rangeOf(row);
  }

  #end(row: LedgerRow): void {
    const range = rangeOf(row);
    if (range.count > 0) this.#stale.push(range);
  }
}
