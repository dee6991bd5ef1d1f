const PAGE = 1024;

/** Where rows lie: passage number to LanceDB's row id, eight bytes for each number known, in pages. */
export class RowPlaces {
  /** Row id + 1; 0 where nothing is known. */
  readonly #pages = new Map<number, BigUint64Array>();

  get(pid: number): bigint | undefined {
    const place = this.#pages.get(Math.floor(pid / PAGE))?.[pid % PAGE] ?? 0n;
    return place === 0n ? undefined : place - 1n;
  }

  set(pid: number, rowId: bigint): void {
    const number = Math.floor(pid / PAGE);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new BigUint64Array(PAGE);
      this.#pages.set(number, page);
    }
    page[pid % PAGE] = rowId + 1n;
  }

  clear(): void {
    this.#pages.clear();
  }
}
