import type { RecordBatch } from './arrow.ts';
import { numbersOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { type Ledger, type LedgerRow, rangeOf } from './ledger.ts';
import { sortedPids, toRanges } from './pid-filter.ts';
import type { Tables } from './tables.ts';
import type { LiveChecksums, PidRange } from './types.ts';

/** What opening reads of every row. */
export interface RowNumbers {
  /** `pid` and `_rowid` of the table `passages`. */
  readonly passages: readonly RecordBatch[];
  /** `pid`, `checksum` and `_rowid` of the table `vectors`. */
  readonly vectors: readonly RecordBatch[];
}

/** How the tables stand to the ledger. */
export interface Comparison {
  /** Files some of whose passages are gone. */
  readonly incomplete: readonly LedgerRow[];
  /** Rows that the ledger does not name: left by a process that died between the tables. */
  readonly garbage: readonly PidRange[];
  /** Greatest number in the tables. */
  readonly greatestPid: number;
}

export const VECTOR_NUMBERS: readonly string[] = ['pid', 'checksum'];

export async function readRowNumbers({ passages, vectors }: Tables): Promise<RowNumbers> {
  const read = await Promise.all([passages.numbers(['pid']), vectors.numbers(VECTOR_NUMBERS)]);
  return { passages: read[0], vectors: read[1] };
}

/** Counts each file's rows in both tables. */
export function compareWithLedger(rows: RowNumbers, ledger: Ledger): Comparison {
  const garbage: number[] = [];
  let greatestPid = 0;
  const counted = (batches: readonly RecordBatch[]): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    const rangeAt = liveRangeFinder(ledger);
    let counting = '';
    let count = 0;
    for (const batch of batches)
      for (const pid of numbersOf(batch, 'pid')) {
        greatestPid = Math.max(greatestPid, pid);
        const range = rangeAt(pid);
        if (range === null) garbage.push(pid);
        else if (range.fileId === counting) count += 1;
        else {
          counts.set(counting, count);
          counting = range.fileId;
          count = (counts.get(counting) ?? 0) + 1;
        }
      }
    counts.set(counting, count);
    return counts;
  };
  const passages = counted(rows.passages);
  const vectors = counted(rows.vectors);
  const incomplete: LedgerRow[] = [];
  for (const row of ledger.rows()) {
    const { fileId } = row.record;
    const { count } = rangeOf(row);
    if ((passages.get(fileId) ?? 0) !== count || (vectors.get(fileId) ?? 0) !== count) incomplete.push(row);
  }
  return { incomplete, garbage: toRanges(sortedPids(garbage)), greatestPid };
}

/**
 * Whose a passage is; null when the ledger does not name it. Numbers of one file lie together in a table, and are found
 * without a search.
 */
function liveRangeFinder(
  ledger: Ledger,
): (pid: number) => { readonly fileId: string; readonly first: number; readonly end: number } | null {
  let last: { fileId: string; first: number; end: number } | null = null;
  return (pid) => {
    if (last !== null && pid >= last.first && pid < last.end) return last;
    const file = ledger.fileOfPid(pid);
    if (file === undefined) return null;
    const { first, count } = ledger.pidsOfFile(file.fileId);
    last = { fileId: file.fileId, first, end: first + count };
    return last;
  };
}

/** Those of the rows that the ledger names, by number; a row that was written twice counts once. */
export function liveChecksums(vectors: readonly RecordBatch[], ledger: Ledger): LiveChecksums {
  // Number and checksum as the halves of one integer, on processors that store the low half first: all there are.
  const pairs = new BigUint64Array(vectors.reduce((sum, batch) => sum + batch.numRows, 0));
  const halves = new Uint32Array(pairs.buffer);
  const rangeAt = liveRangeFinder(ledger);
  let live = 0;
  for (const batch of vectors) {
    const pids = numbersOf(batch, 'pid');
    const checksums = numbersOf(batch, 'checksum');
    for (let row = 0; row < batch.numRows; row += 1) {
      const pid = pids[row] ?? 0;
      if (rangeAt(pid) === null) continue;
      halves[2 * live] = checksums[row] ?? 0;
      halves[2 * live + 1] = pid;
      live += 1;
    }
  }
  pairs.subarray(0, live).sort();
  const pids = new Uint32Array(live);
  const checksums = new Uint32Array(live);
  let count = 0;
  for (let i = 0; i < live; i += 1) {
    const pid = halves[2 * i + 1] ?? 0;
    if (count > 0 && pids[count - 1] === pid) continue;
    pids[count] = pid;
    checksums[count] = halves[2 * i] ?? 0;
    count += 1;
  }
  return { pids: pids.subarray(0, count), checksums: checksums.subarray(0, count) };
}

/** The numbers of a table's rows, in no order. */
export async function pidsIn(table: LanceTable): Promise<number[]> {
  return (await table.numbers(['pid'])).flatMap((batch) => [...numbersOf(batch, 'pid')]);
}
