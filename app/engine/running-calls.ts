import { PassimError } from '../contract/errors.ts';
import type { Scheduler } from '../contract/ports.ts';

/** Milliseconds that calls under way have to finish before they are given up. */
const FINISH_MS = 5_000;

/** The calls that an engine is answering, so that one that stops lets them finish before it closes what they read. */
export class RunningCalls {
  readonly #scheduler: Scheduler;
  readonly #running = new Map<Promise<unknown>, AbortController>();
  #refusing = false;
  #givenUp = false;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /**
   * Answers one call.
   * @param answer is passed a signal that fires when the caller cancels, or when the call is given up
   * @throws PassimError 'engine-stopped' once no more calls are taken, and for whatever fails after it was given up
   */
  run<T>(answer: (signal: AbortSignal) => Promise<T>, cancel?: AbortSignal): Promise<T> {
    if (this.#refusing) return Promise.reject(stopped());
    // One for each call: a signal that lives as long as the engine would remember every call that listened to it.
    const controller = new AbortController();
    const onCancel = (): void => controller.abort();
    if (cancel?.aborted) onCancel();
    cancel?.addEventListener('abort', onCancel, { once: true });
    const call = this.#answer(answer, controller.signal).finally(() => {
      cancel?.removeEventListener('abort', onCancel);
      this.#running.delete(call);
    });
    this.#running.set(call, controller);
    return call;
  }

  async #answer<T>(answer: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await answer(signal);
    } catch (error) {
      // What it reads was closed under it, which is no fault of what was read.
      throw this.#givenUp ? stopped(error) : error;
    }
  }

  /** Takes no more calls, and resolves when those under way have ended or their time is over. */
  async drain(): Promise<void> {
    this.#refusing = true;
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = this.#scheduler.after(FINISH_MS, resolve);
      void Promise.allSettled(this.#running.keys()).then(() => {
        timer.cancel();
        resolve();
      });
    });
    this.#givenUp = true;
    for (const controller of this.#running.values()) controller.abort();
  }
}

function stopped(cause?: unknown): PassimError {
  return new PassimError(
    'engine-stopped',
    'The engine has been stopped.',
    cause === undefined ? {} : { cause },
  );
}
