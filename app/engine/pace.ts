import type { GentleReason } from '../contract/engine.ts';
import type { PowerSource, Scheduler, Timer, WorkPace, WorkShare } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';

/** Milliseconds after a search's answer during which the person is taken to be typing still. */
export const STAND_BACK_MS = 1_500;
/** While the person searches, lanes rest four times as long as they work: a fifth of one lane goes on. */
const SEARCHING: WorkShare = { lanes: 1, rest: 4 };

interface Options {
  readonly scheduler: Scheduler;
  readonly power: PowerSource;
  readonly gentle: Settings['gentle'];
  /** False when a person waits for the index ("passim index"): then the battery is theirs to spend. */
  readonly background: boolean;
}

/**
 * How much of the machine indexing may take. On battery, or when the person wants it so, one lane in place of all;
 * while searches arrive a small share of one lane, so that a key pressed finds the processor free, and an index is
 * finished all the same by somebody who never stops typing.
 */
export class Pace implements WorkPace {
  readonly #scheduler: Scheduler;
  readonly #power: PowerSource;
  readonly #background: boolean;
  readonly #listeners = new Set<() => void>();
  readonly #endPower: () => void;
  #gentle: Settings['gentle'];
  #searches = 0;
  #standBack: Timer | null = null;

  constructor(options: Options) {
    this.#scheduler = options.scheduler;
    this.#power = options.power;
    this.#gentle = options.gentle;
    this.#background = options.background;
    this.#endPower = options.power.onChange(() => this.#changed());
  }

  /** Why indexing is gentle now; null when it is not. */
  get reason(): GentleReason | null {
    if (this.#gentle === 'never') return null;
    if (this.#searches > 0 || this.#standBack !== null) return 'searching';
    if (this.#gentle === 'always') return 'chosen';
    return this.#background && this.#power.onBattery ? 'battery' : null;
  }

  share(lanes: number): WorkShare {
    const { reason } = this;
    if (reason === null) return { lanes, rest: 0 };
    if (reason === 'searching') return SEARCHING;
    // Where there is one lane anyway, it works half of the time.
    return { lanes: 1, rest: lanes > 1 ? 0 : 1 };
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The setting was changed. */
  choose(gentle: Settings['gentle']): void {
    if (gentle === this.#gentle) return;
    this.#gentle = gentle;
    this.#changed();
  }

  /** Indexing stands back while `search` runs, and for a short time after. */
  async during<T>(search: () => Promise<T>): Promise<T> {
    this.#searches += 1;
    this.#endStandBack();
    if (this.#searches === 1) this.#changed();
    try {
      return await search();
    } finally {
      this.#searches -= 1;
      this.#endStandBack();
      this.#standBack = this.#scheduler.after(STAND_BACK_MS, () => {
        this.#standBack = null;
        this.#changed();
      });
    }
  }

  stop(): void {
    this.#endPower();
    this.#endStandBack();
    this.#listeners.clear();
  }

  #endStandBack(): void {
    this.#standBack?.cancel();
    this.#standBack = null;
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
