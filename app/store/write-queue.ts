import {
  type Logger,
  PassimError,
  type Scheduler,
  type StoredPassage,
  type Timer,
} from '../contract/index.ts';
import type { LedgerDraft } from './ledger-draft.ts';
import type { NumberedPassage } from './passage-rows.ts';

/** What an operation wants written once it has been put into a draft. */
export interface Drafted<T> {
  readonly result: T;
  readonly passages: readonly NumberedPassage[];
}

export interface Operation<T> {
  /** Passages that it carries. */
  readonly passages: readonly StoredPassage[];
  draft(draft: LedgerDraft): Drafted<T>;
}

interface Waiting {
  readonly passages: readonly StoredPassage[];
  readonly draft: (draft: LedgerDraft) => readonly NumberedPassage[];
  readonly resolve: () => void;
  readonly reject: (error: PassimError) => void;
}

export interface QueueOptions {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Passages that are written together at most, unless one file has more. */
  readonly batchPassages: number;
  /**
   * Milliseconds that an operation waits for company. One that comes after a pause of this length waits a tenth: a
   * saved file should be found at once, and what comes meanwhile gathers behind it.
   */
  readonly delayMs: number;
  /** Writes the drafted operations; after a rejection nothing of them must be in effect. */
  readonly write: (draftAll: (draft: LedgerDraft) => NumberedPassage[]) => Promise<void>;
}

/**
 * The one way to the tables: operations are gathered for a moment and written in one go, and nothing else writes
 * meanwhile. LanceDB has no unique keys and no transactions over tables, so order and exclusion are kept here.
 */
export class WriteQueue {
  readonly #options: QueueOptions;
  #waiting: Waiting[] = [];
  #timer: Timer | null = null;
  /** Holds the process open while anything waits: timers of a Scheduler do not. */
  #keepAlive: NodeJS.Timeout | null = null;
  #tail: Promise<void> = Promise.resolve();
  #closed = false;
  /** When the last write ended. */
  #wroteAt = Number.NEGATIVE_INFINITY;
  #writing: readonly Waiting[] = [];

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get waitingPassages(): number {
    return this.#waiting.reduce((sum, one) => sum + one.passages.length, 0);
  }

  /** Passages that are not written yet. */
  *pending(): IterableIterator<StoredPassage> {
    for (const one of this.#writing) yield* one.passages;
    for (const one of this.#waiting) yield* one.passages;
  }

  push<T>(operation: Operation<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new PassimError('engine-stopped', 'The index is closed.'));
    return new Promise<T>((resolve, reject) => {
      let result: { value: T } | undefined;
      this.#waiting.push({
        passages: operation.passages,
        draft: (draft) => {
          const drafted = operation.draft(draft);
          result = { value: drafted.result };
          return drafted.passages;
        },
        resolve: () =>
          result
            ? resolve(result.value)
            : reject(new PassimError('internal', 'an operation was written without being drafted')),
        reject,
      });
      this.#keepAlive ??= setInterval(() => {}, 2 ** 30);
      if (this.waitingPassages >= this.#options.batchPassages) void this.flush();
      else this.#timer ??= this.#options.scheduler.after(this.#wait(), () => void this.flush());
    });
  }

  #wait(): number {
    const { delayMs, scheduler } = this.#options;
    return scheduler.monotonic() - this.#wroteAt >= delayMs ? delayMs / 10 : delayMs;
  }

  /** Runs `task` while nothing else writes. */
  exclusive<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(task);
    this.#tail = run.then(
      () => {},
      () => {},
    );
    return run;
  }

  /** Writes what is waiting now. Never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.exclusive(async () => {
      while (this.#waiting.length > 0) await this.#writeBatch();
      if (this.#keepAlive) clearInterval(this.#keepAlive);
      this.#keepAlive = null;
    });
  }

  async close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    await this.flush();
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#takeBatch();
    this.#writing = batch;
    try {
      await this.#options.write((draft) => batch.flatMap((one) => one.draft(draft)));
      for (const one of batch) one.resolve();
    } catch (error) {
      const failure =
        error instanceof PassimError
          ? error
          : new PassimError('internal', error instanceof Error ? error.message : String(error), {
              cause: error,
            });
      this.#options.logger.log('error', 'store.write-failed', {
        code: failure.code,
        message: failure.message,
        operations: batch.length,
      });
      for (const one of batch) one.reject(failure);
    } finally {
      this.#writing = [];
      this.#wroteAt = this.#options.scheduler.monotonic();
    }
  }

  #takeBatch(): Waiting[] {
    let passages = 0;
    let count = 0;
    for (const one of this.#waiting) {
      if (count > 0 && passages + one.passages.length > this.#options.batchPassages) break;
      passages += one.passages.length;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}
