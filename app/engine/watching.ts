import type { Logger, Scheduler } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import type { Folders } from './folders.ts';

interface Options {
  readonly folders: Folders;
  readonly settings: () => Settings;
  readonly skip: readonly string[];
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly notice: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly onSettled: () => void;
}

/** Hears of changes in the watched folders and has them taken up. */
export class Watching {
  readonly #options: Options;
  constructor(options: Options) {
    this.#options = options;
  }
  start(): void {
    void this.#options;
  }
  restart(): void {}
  async stop(): Promise<void> {}
}
