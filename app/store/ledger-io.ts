import { Ledger } from './ledger.ts';
import { LEDGER_COLUMNS, readLedgerRows } from './ledger-rows.ts';
import type { Tables } from './tables.ts';
import type { StoreChanges } from './types.ts';

/** Reads the whole ledger from its table. */
export async function readLedger(tables: Tables): Promise<Ledger> {
  const rows = [];
  for await (const batch of tables.files.scan({ columns: LEDGER_COLUMNS }))
    rows.push(...readLedgerRows(batch));
  const ledger = new Ledger();
  for (const row of rows.sort((a, b) => a.seq - b.seq)) ledger.apply(row);
  return ledger;
}

/** Passages that came and went between two states of a ledger. */
export function difference(before: Ledger, after: Ledger): StoreChanges {
  const gone = (from: Ledger, other: Ledger): number[] =>
    from
      .liveRanges()
      .flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i))
      .filter((pid) => other.fileOfPid(pid) === undefined);
  return { added: gone(after, before), removed: gone(before, after) };
}
