import type { GentleReason, Progress } from '../contract/engine.ts';
import type { Scheduler } from '../contract/ports.ts';

/** Seconds over which rates are averaged. */
const WINDOW_SECONDS = 20;

interface Sample {
  readonly at: number;
  readonly bytes: number;
  readonly passages: number;
  readonly tokens: number;
}

/** Counts the work of one round of indexing and estimates its end. */
export class ProgressMeter {
  readonly #scheduler: Scheduler;
  readonly #samples: Sample[] = [];
  #state: Progress['state'] = 'starting';
  #reason: string | undefined;
  #done = 0;
  #total = 0;
  #bytes = 0;
  #totalBytes = 0;
  #passages = 0;
  #tokens = 0;
  #current: string | null = null;
  readonly #gentle: () => GentleReason | null;

  /** @param gentle why less of the machine is taken than could be */
  constructor(scheduler: Scheduler, gentle: () => GentleReason | null = () => null) {
    this.#scheduler = scheduler;
    this.#gentle = gentle;
  }

  setState(state: Progress['state'], reason?: string): void {
    this.#state = state;
    this.#reason = reason;
    if (state === 'idle') this.#current = null;
  }

  get state(): Progress['state'] {
    return this.#state;
  }

  /** A new round begins when there was nothing left to do. */
  expect(files: number, bytes: number): void {
    if (this.#done >= this.#total) {
      this.#done = 0;
      this.#total = 0;
      this.#bytes = 0;
      this.#totalBytes = 0;
      this.#samples.length = 0;
    }
    this.#total += files;
    this.#totalBytes += bytes;
    this.#sample();
  }

  begin(path: string): void {
    this.#current = path;
  }

  finish(bytes: number): void {
    this.#done += 1;
    this.#bytes += bytes;
    this.#sample();
  }

  encoded(tokens: number, passages: number): void {
    this.#tokens += tokens;
    this.#passages += passages;
    this.#sample();
  }

  snapshot(): Progress {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const seconds = first === undefined || last === undefined ? 0 : (last.at - first.at) / 1000;
    const rate = (pick: (sample: Sample) => number): number =>
      first === undefined || last === undefined || seconds < 0.05 ? 0 : (pick(last) - pick(first)) / seconds;
    // Time goes with the size of files, not with their number.
    const bytesPerSecond = rate((sample) => sample.bytes);
    const left = this.#totalBytes - this.#bytes;
    const gentle = this.#gentle();
    return {
      state: this.#state,
      done: this.#done,
      total: this.#total,
      current: this.#current,
      encodedTokens: this.#tokens,
      encodedPassages: this.#passages,
      passagesPerSecond: rate((sample) => sample.passages),
      tokensPerSecond: rate((sample) => sample.tokens),
      etaSeconds: this.#done >= this.#total ? 0 : bytesPerSecond > 0 ? left / bytesPerSecond : null,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(gentle === null ? {} : { gentle }),
    };
  }

  #sample(): void {
    const at = this.#scheduler.monotonic();
    const sample = { at, bytes: this.#bytes, passages: this.#passages, tokens: this.#tokens };
    const last = this.#samples.at(-1);
    // At most ten samples a second are kept.
    if (last !== undefined && this.#samples.length > 1 && at - (this.#samples.at(-2)?.at ?? 0) < 100)
      this.#samples.pop();
    this.#samples.push(sample);
    while ((this.#samples[0]?.at ?? at) < at - WINDOW_SECONDS * 1000) this.#samples.shift();
  }
}
