import { statSync } from 'node:fs';
import type { Scheduler, Timer } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import { readSettings } from './settings.ts';

const EVERY_MS = 2_000;

/** Notices that the settings file was changed from outside, e.g. by `passim add` while the app is running. */
export class SettingsWatch {
  readonly #file: string;
  readonly #scheduler: Scheduler;
  readonly #apply: (settings: Settings) => Promise<void>;
  readonly #complain: (message: string) => void;
  #last: string;
  #timer: Timer | null = null;

  constructor(
    file: string,
    scheduler: Scheduler,
    apply: (settings: Settings) => Promise<void>,
    complain: (message: string) => void,
  ) {
    this.#file = file;
    this.#scheduler = scheduler;
    this.#apply = apply;
    this.#complain = complain;
    this.#last = this.#stamp();
  }

  start(): void {
    this.#timer = this.#scheduler.after(EVERY_MS, () => void this.#look());
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  /** The file was written by this process. */
  seen(): void {
    this.#last = this.#stamp();
  }

  async #look(): Promise<void> {
    const stamp = this.#stamp();
    if (stamp !== this.#last) {
      this.#last = stamp;
      try {
        await this.#apply(readSettings(this.#file));
      } catch (error) {
        // What was valid before stays in force until the file is.
        this.#complain(error instanceof Error ? error.message : String(error));
      }
    }
    if (this.#timer !== null) this.start();
  }

  #stamp(): string {
    try {
      const { mtimeMs, size, ino } = statSync(this.#file);
      return `${mtimeMs}:${size}:${ino}`;
    } catch {
      return '';
    }
  }
}
