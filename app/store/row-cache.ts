import { LRUCache } from 'lru-cache';

/**
 * Rows that were read lately, by passage number, and reads under way: letters typed one after the other find much
 * the same passages. A passage number is never given out twice and its row never changes, so nothing here can go
 * stale; whether a passage still exists is for the ledger to say.
 */
export class RowCache<Row extends object> {
  readonly #rows: LRUCache<number, Promise<Row | undefined>>;

  /** @param rows kept at most */
  constructor(rows: number) {
    this.#rows = new LRUCache({ max: rows });
  }

  /**
   * The rows of these passages, those that exist; what is not kept or under way is asked of `read` in one call.
   * @throws what `read` throws; the rows that it was asked for are forgotten and can be asked for again
   */
  async get(
    pids: readonly number[],
    read: (missing: readonly number[]) => Promise<ReadonlyMap<number, Row>>,
  ): Promise<Map<number, Row>> {
    const wanted = new Map<number, Promise<Row | undefined>>();
    const missing: number[] = [];
    for (const pid of new Set(pids)) {
      const known = this.#rows.get(pid);
      if (known === undefined) missing.push(pid);
      else wanted.set(pid, known);
    }
    if (missing.length > 0) {
      const reading = read(missing);
      for (const pid of missing) {
        const row = reading.then((found) => found.get(pid));
        wanted.set(pid, row);
        this.#rows.set(pid, row);
        row.then(
          (value) => value ?? this.#forget(pid, row),
          () => this.#forget(pid, row),
        );
      }
    }
    const found = new Map<number, Row>();
    for (const [pid, promise] of wanted) {
      const row = await promise;
      if (row !== undefined) found.set(pid, row);
    }
    return found;
  }

  #forget(pid: number, row: Promise<Row | undefined>): void {
    if (this.#rows.peek(pid) === row) this.#rows.delete(pid);
  }
}
