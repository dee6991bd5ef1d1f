import type { Logger, Scheduler, Timer } from '../contract/ports.ts';
import { releaseNativeHeap } from '../index/native-heap.ts';
import type { StoreWriter } from '../store/types.ts';

interface Options {
  readonly writer: Pick<StoreWriter, 'maintain'>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly busy: () => boolean;
}

const EVERY_MS = 30_000;

/** Keeps the store compact and its full-text index complete, while nothing else is to do. */
export class Maintenance {
  readonly #options: Options;
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  start(): void {
    if (this.#stopped) return;
    this.#timer = this.#options.scheduler.after(EVERY_MS, () => {
      void (this.#options.busy() ? Promise.resolve() : this.now()).then(() => this.start());
    });
  }

  /** Runs once now; a run that is going on is waited for. Failures are logged: the next run tries again. */
  now(): Promise<void> {
    this.#running ??= this.#options.writer
      .maintain()
      .then(() => releaseNativeHeap())
      .catch((error: unknown) => {
        this.#options.logger.log('warn', 'maintenance failed', {
          message: error instanceof Error ? error.message : String(error),
        });
      })
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}
