import type { RecordBatch } from './arrow.ts';
import { numbersOf, rowIdsOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { predicateChunks, sortedPids, toRanges } from './pid-filter.ts';
import { RowPlaces } from './row-places.ts';

/** What is asked of a table. */
export type RowSource = Pick<LanceTable, 'take' | 'scan' | 'numbers'>;

/**
 * Reads rows of a table by passage number. Where a row lies is remembered, and reading by place takes half as long as
 * looking for the number. A place can be out of date, since compaction moves rows, but cannot mislead: LanceDB leaves
 * out places that hold nothing, each row says its number, and what does not come that way is looked for.
 */
export class RowsByPid {
  readonly #table: RowSource;
  readonly #places = new RowPlaces();

  constructor(table: RowSource) {
    this.#table = table;
  }

  /**
   * The rows with these numbers, each once, in no order; numbers that no row has are left out.
   * @param columns `pid` has to be among them
   */
  async *read(
    pids: readonly number[],
    columns: readonly string[],
  ): AsyncGenerator<RecordBatch, void, undefined> {
    const wanted = new Set(pids);
    const places = [...wanted].flatMap((pid) => this.#places.get(pid) ?? []);
    if (places.length > 0)
      for await (const batch of this.#table.take(places, columns)) {
        const numbers = numbersOf(batch, 'pid');
        for (const part of partsWhere(batch, (row) => wanted.delete(numbers[row] ?? 0))) yield part;
      }
    if (wanted.size === 0) return;
    // Rows were moved, so that other places are out of date too.
    if ([...wanted].some((pid) => this.#places.get(pid) !== undefined)) this.#places.clear();
    for (const where of predicateChunks(toRanges(sortedPids(wanted))))
      for await (const batch of this.#table.scan({ columns, where, rowIds: true })) {
        this.learn(batch);
        yield batch;
      }
  }

  /** Remembers where the rows of a batch lie. @param batch has the columns `pid` and `_rowid` */
  learn(batch: RecordBatch): void {
    const numbers = numbersOf(batch, 'pid');
    const rowIds = rowIdsOf(batch);
    for (let row = 0; row < batch.numRows; row += 1) this.#places.set(numbers[row] ?? 0, rowIds[row] ?? 0n);
  }

  /** Learns all places anew, as after rows were moved. */
  async learnAll(): Promise<void> {
    const batches = await this.#table.numbers(['pid']);
    this.#places.clear();
    for (const batch of batches) this.learn(batch);
  }
}

/** The stretches of a batch whose rows are wanted; the batch itself when that is all of them. */
function partsWhere(batch: RecordBatch, wanted: (row: number) => boolean): RecordBatch[] {
  const parts: RecordBatch[] = [];
  let from = 0;
  for (let row = 0; row < batch.numRows; row += 1) {
    if (wanted(row)) continue;
    if (row > from) parts.push(batch.slice(from, row));
    from = row + 1;
  }
  if (from === 0) return [batch];
  if (from < batch.numRows) parts.push(batch.slice(from));
  return parts;
}
