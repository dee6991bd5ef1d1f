import { numbersOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { type Ledger, type LedgerRow, rangeOf } from './ledger.ts';
import { sortedPids, toRanges } from './pid-filter.ts';
import type { Tables } from './tables.ts';
import type { PidRange } from './types.ts';

/** How the tables stand to the ledger. */
export interface Comparison {
  /** Files some of whose passages are gone. */
  readonly incomplete: readonly LedgerRow[];
  /** Rows that the ledger does not name: left by a process that died between the tables. */
  readonly garbage: readonly PidRange[];
  /** Greatest number in the tables. */
  readonly greatestPid: number;
}

/** Counts each file's rows in both tables. Reads one number a row. */
export async function compareWithLedger(tables: Tables, ledger: Ledger): Promise<Comparison> {
  const garbage: number[] = [];
  let greatestPid = 0;
  const complete = async (table: LanceTable): Promise<Map<string, number>> => {
    const counts = new Map<string, number>();
    for await (const batch of table.scan({ columns: ['pid'] })) {
      for (const pid of numbersOf(batch, 'pid')) {
        greatestPid = Math.max(greatestPid, pid);
        const file = ledger.fileOfPid(pid);
        if (file) counts.set(file.fileId, (counts.get(file.fileId) ?? 0) + 1);
        else garbage.push(pid);
      }
    }
    return counts;
  };
  const passages = await complete(tables.passages);
  const vectors = await complete(tables.vectors);
  const incomplete: LedgerRow[] = [];
  for (const row of ledger.rows()) {
    const { fileId } = row.record;
    const { count } = rangeOf(row);
    if ((passages.get(fileId) ?? 0) !== count || (vectors.get(fileId) ?? 0) !== count) incomplete.push(row);
  }
  return { incomplete, garbage: toRanges(sortedPids(garbage)), greatestPid };
}

/** The numbers of a table's rows, in no order. */
export async function pidsIn(table: LanceTable): Promise<number[]> {
  const pids: number[] = [];
  for await (const batch of table.scan({ columns: ['pid'] })) pids.push(...numbersOf(batch, 'pid'));
  return pids;
}
