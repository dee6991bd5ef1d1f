import type { ChildHandle, Scheduler, Timer } from '../contract/ports.ts';
import type { ExtractLimits } from './limits.ts';
import type { ReadRss } from './memory.ts';
import { type ExtractRequest, type FileOutcome, workerMessage } from './protocol.ts';

/** How a file's stay in a worker ended. */
export type ReaderEnd =
  | { readonly kind: 'outcome'; readonly outcome: FileOutcome }
  | { readonly kind: 'timed-out' }
  | { readonly kind: 'out-of-memory'; readonly bytes: number }
  | { readonly kind: 'died'; readonly how: string; readonly lastRss: number }
  | { readonly kind: 'cancelled' };

interface ReaderOptions {
  readonly scheduler: Scheduler;
  readonly readRss: ReadRss;
  readonly pollMs: number;
}

/** Share of the memory limit at which a worker is ended: between two looks it can take the rest. */
const FULL_SHARE = 0.92;
/** A worker may take this long to start before it counts as one that can't. */
const START_MS = 30_000;

/**
 * One worker process, seen from the parent: runs one file at a time, watches the clock and the process's resident
 * memory meanwhile, and kills it when either goes over. Nothing here trusts the worker to answer.
 */
export class Reader {
  readonly #child: ChildHandle;
  readonly #options: ReaderOptions;
  readonly #exited: Promise<void>;
  readonly #started: Promise<boolean>;
  #settle: ((end: ReaderEnd) => void) | null = null;
  #current = 0;
  #alive = true;
  /** Files run so far. */
  jobs = 0;
  /** Resident memory when last looked at, in bytes. */
  lastRss = 0;

  constructor(child: ChildHandle, options: ReaderOptions) {
    this.#child = child;
    this.#options = options;
    let started: (ok: boolean) => void = () => {};
    this.#started = new Promise((resolve) => {
      started = resolve;
    });
    const patience = options.scheduler.after(START_MS, () => {
      started(false);
      this.kill();
    });
    this.#exited = new Promise((resolve) => {
      child.onExit((code, signal) => {
        this.#alive = false;
        patience.cancel();
        started(false);
        resolve();
        this.#settle?.({
          kind: 'died',
          how: signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`,
          lastRss: this.lastRss,
        });
      });
    });
    let senseless = false;
    child.onMessage((raw) => {
      if (senseless) return;
      const message = workerMessage(raw);
      if (message?.type === 'ready') {
        patience.cancel();
        started(true);
      } else if (message?.type === 'result' && message.id === this.#current) {
        this.#settle?.({ kind: 'outcome', outcome: message.outcome });
      } else if (message === null) {
        // Nothing it says counts from here on; its file is taken for what broke it.
        senseless = true;
        this.#settle?.({ kind: 'died', how: 'a senseless message', lastRss: this.lastRss });
        this.kill();
      }
    });
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Resolves to whether the worker came up. */
  get started(): Promise<boolean> {
    return this.#started;
  }

  /** Resolves when the process has ended. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** Runs one file. After any end but 'outcome' the worker is killed and must not be used again. */
  async run(path: string, limits: ExtractLimits, signal?: AbortSignal): Promise<ReaderEnd> {
    this.jobs += 1;
    this.#current += 1;
    const request: ExtractRequest = { type: 'extract', id: this.#current, path, limits };
    let deadline: Timer | null = null;
    let poll: Timer | null = null;
    const abort = () => this.#settle?.({ kind: 'cancelled' });
    const end = await new Promise<ReaderEnd>((resolve) => {
      this.#settle = resolve;
      if (!this.#alive) {
        resolve({ kind: 'died', how: 'it had ended before', lastRss: this.lastRss });
        return;
      }
      deadline = this.#options.scheduler.after(limits.seconds * 1000, () => resolve({ kind: 'timed-out' }));
      const watch = () => {
        poll = this.#options.scheduler.after(this.#options.pollMs, async () => {
          const rss = await this.#look();
          if (this.#settle !== resolve) return;
          if (rss > limits.memoryBytes * FULL_SHARE) resolve({ kind: 'out-of-memory', bytes: rss });
          else watch();
        });
      };
      watch();
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted === true) abort();
      else this.#child.send(request);
    });
    this.#settle = null;
    (deadline as Timer | null)?.cancel();
    (poll as Timer | null)?.cancel();
    signal?.removeEventListener('abort', abort);
    if (end.kind === 'outcome') await this.#look();
    else this.kill();
    return end;
  }

  kill(): void {
    if (this.#alive) this.#child.kill();
  }

  async #look(): Promise<number> {
    const pid = this.#child.pid;
    const rss = pid === undefined ? null : await this.#options.readRss(pid);
    if (rss !== null) this.lastRss = rss;
    return this.lastRss;
  }
}
