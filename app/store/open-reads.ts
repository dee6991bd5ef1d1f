import { PassimError } from '../contract/index.ts';

/** The reads that a store is at, so that it closes its tables only once nothing reads from them. */
export class OpenReads {
  readonly #open = new Set<Promise<unknown>>();
  #closed = false;

  /** @throws PassimError 'engine-stopped' after {@link close} */
  async during<T>(read: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new PassimError('engine-stopped', 'The index is closed.');
    const reading = read();
    this.#open.add(reading);
    try {
      return await reading;
    } finally {
      this.#open.delete(reading);
    }
  }

  /** Batches of a scan, each of them a read: one that is taken up after {@link close} ends with its error. */
  async *batches<T>(scan: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
    const iterator = scan[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await this.during(() => iterator.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** Refuses reads from now on, and resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled(this.#open);
  }
}
