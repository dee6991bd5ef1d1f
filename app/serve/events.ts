import type { EngineEvent } from '../contract/engine.ts';

/** Events that may wait for a slow reader before file events are dropped. */
const QUEUE_LIMIT = 1000;

/**
 * Waiting events of one reader. Progress and folder states are told by their newest value alone, so a reader that
 * stalls while 100,000 files are indexed costs a bounded amount of memory.
 */
export class EventQueue {
  #events: EngineEvent[] = [];
  #wake: (() => void) | null = null;
  #closed = false;

  push(event: EngineEvent): void {
    if (this.#closed) return;
    if (event.type === 'progress' || event.type === 'folders') {
      this.#events = this.#events.filter((waiting) => waiting.type !== event.type);
    }
    if (event.type === 'file' && this.#events.length >= QUEUE_LIMIT) return;
    this.#events.push(event);
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** All waiting events; waits for one at most until `idle` resolves, then gives an empty list. */
  async take(idle: Promise<void>): Promise<EngineEvent[]> {
    if (this.#events.length === 0 && !this.#closed) {
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#wake = resolve;
        }),
        idle,
      ]);
      this.#wake = null;
    }
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
