import type { Scheduler, Timer } from '../../../app/contract/ports.ts';

/** A clock that stands still until it is moved on. */
export class ManualScheduler implements Scheduler {
  #now = 1_700_000_000_000;
  #tasks: { at: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const task = { at: this.#now + ms, run };
    this.#tasks.push(task);
    return {
      cancel: () => {
        this.#tasks = this.#tasks.filter((other) => other !== task);
      },
    };
  }

  /** Moves on step by step; after each step what was begun is waited for. */
  async advance(ms: number, settled: () => Promise<void>): Promise<void> {
    const end = this.#now + ms;
    await settled();
    for (;;) {
      const next = this.#tasks.filter((task) => task.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#now = Math.max(this.#now, next.at);
      this.#tasks = this.#tasks.filter((task) => task !== next);
      next.run();
      await settled();
    }
    this.#now = end;
  }
}
