import type { Logger, Scheduler, Timer } from '../contract/ports.ts';
import { releaseNativeHeap } from '../index/native-heap.ts';
import type { StoreWriter } from '../store/types.ts';
import { keepOldGenerationSmall } from './heap-growth.ts';

interface Options {
  readonly writer: Pick<StoreWriter, 'maintain'>;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly busy: () => boolean;
}

const EVERY_MS = 30_000;
/** While files are indexed: writing and merging take memory for moments, which would pile up between them. */
const RELEASE_MS = 10_000;

/** Keeps the store compact while nothing else is to do, and while there is, the memory that was freed with the system. */
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
    const busy = this.#options.busy();
    this.#timer = this.#options.scheduler.after(busy ? RELEASE_MS : EVERY_MS, () => {
      const stillBusy = this.#options.busy();
      keepOldGenerationSmall(stillBusy);
      void (stillBusy ? this.#release() : this.now()).then(() => this.start());
    });
  }

  /** Runs once now; a run that is going on is waited for. Failures are logged: the next run tries again. */
  now(): Promise<void> {
    this.#running ??= this.#options.writer
      .maintain()
      .then(() => releaseNativeHeap())
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#running = null;
      });
    return this.#running;
  }

  #release(): Promise<void> {
    return releaseNativeHeap().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#options.logger.log('warn', 'maintenance failed', { message });
  }

  stop(): void {
    this.#stopped = true;
    keepOldGenerationSmall(false);
    this.#timer?.cancel();
  }
}
