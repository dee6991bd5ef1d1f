import { realpath } from 'node:fs/promises';
import { basename, join, normalize, relative } from 'node:path';
import type { Logger, Scheduler, Timer } from '../contract/ports.ts';
import type { WatchBackend, WatchFactory } from './backend.ts';
import { type FolderRules, IGNORE_FILES } from './ignore.ts';
import { icloudTarget } from './paths.ts';
import { type PathBatch, PendingPaths } from './pending.ts';
import { identityOf } from './scan.ts';

/** Why a folder should be compared with the ledger as a whole. */
export type RescanReason = 'start' | 'remount' | 'storm' | 'rules' | 'suspicious' | 'periodic' | 'recovery';

/** How a folder's changes are found out just now. */
export interface WatchState {
  readonly watching: 'events' | 'scanning' | 'off';
  readonly state: 'starting' | 'ready' | 'missing';
}

export interface FolderWatchOptions {
  readonly root: string;
  readonly rules: FolderRules;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly factory: WatchFactory;
  readonly platform: NodeJS.Platform;
  /** Milliseconds between two comparisons while changes are told as they happen. */
  readonly reconcileMs: number;
  /** Whether changes made on the folder's file system by others are not told of. */
  readonly isRemote: (root: string) => Promise<boolean>;
  readonly onBatch: (batch: PathBatch) => Promise<void>;
  readonly onRescan: (reason: RescanReason) => Promise<void>;
  readonly onState: (state: WatchState) => void;
  /** The system's limit on watches was met. */
  readonly onLimit: (code: string) => void;
}

/** Least time between two looks at waiting paths. */
export const FLUSH_MS = 200;
/** A folder that can't be watched is scanned at least this often. */
export const SCAN_MS = 60_000;
/** The root is looked for this often, so that a disk that goes or comes is noticed. */
export const ROOT_CHECK_MS = 5000;
/** A backend that is not ready by then has its folder scanned meanwhile. */
const READY_MS = 10_000;
/** After a failed batch or scan the folder is compared again. */
const RETRY_MS = 30_000;
/** Faults of a backend other than limits that are borne before the folder is scanned instead. */
const FAULTS_BORNE = 20;
/**
 * The system drops events, untold, when more than some 16,000 wait while the process is busy; after this many in
 * one stretch the folder is compared once it has come to rest.
 */
const FLOOD = 8000;
const LIMIT_CODES = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);

/** Watches one folder: events where the system tells them, scans where it does not, nothing while it is missing. */
export class FolderWatch {
  readonly #options: FolderWatchOptions;
  readonly #pending: PendingPaths;
  #backend: WatchBackend | null = null;
  /** Whether what the present backend tells still counts. */
  #run = { closed: true };
  /** The root with symbolic links resolved, which is what the backend's paths begin with. */
  #realRoot = '';
  #identity: string | null = null;
  #state: WatchState = { watching: 'off', state: 'starting' };
  #faults = 0;
  /** Events since the waiting paths were last all told or the folder was compared. */
  #events = 0;
  #stopped = false;
  /** One thing at a time is handed on; what comes meanwhile waits in the pending paths. */
  #work: Promise<void> = Promise.resolve();
  #queued = 0;
  #rescan: RescanReason | null = null;
  #restart = false;
  #flushTimer: Timer | null = null;
  #scanTimer: Timer | null = null;
  #rootTimer: Timer | null = null;
  #readyTimer: Timer | null = null;

  constructor(options: FolderWatchOptions) {
    this.#options = options;
    this.#pending = new PendingPaths(options.root, options.scheduler, options.platform);
  }

  get state(): WatchState {
    return this.#state;
  }

  /** Whether nothing is waiting and nothing is being handed on. */
  get idle(): boolean {
    return this.#queued === 0 && this.#pending.size === 0 && this.#rescan === null;
  }

  /** Whether something is being looked at or handed on at this moment. */
  get busy(): boolean {
    return this.#queued > 0;
  }

  start(): void {
    this.#enqueue(() => this.#open('start'));
  }

  /** Ends the watch after what is being handed on now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of [this.#flushTimer, this.#scanTimer, this.#rootTimer, this.#readyTimer])
      timer?.cancel();
    this.#pending.clear();
    await this.#closeBackend();
    await this.#work;
    await this.#closeBackend();
    this.#setState({ watching: 'off', state: this.#state.state });
  }

  /** Asks for a comparison of the whole folder; several requests make one. */
  requestRescan(reason: RescanReason): void {
    this.#rescan ??= reason;
    this.#enqueue(() => this.#runRescan());
  }

  #enqueue(task: () => Promise<void>): void {
    this.#queued += 1;
    this.#work = this.#work.then(async () => {
      try {
        if (!this.#stopped) await task();
      } catch (error) {
        this.#options.logger.log('error', 'watch-failed', {
          root: this.#options.root,
          error: messageOf(error),
        });
      } finally {
        this.#queued -= 1;
      }
    });
  }

  #setState(state: WatchState): void {
    if (state.watching === this.#state.watching && state.state === this.#state.state) return;
    this.#state = state;
    this.#options.onState(state);
  }

  /** Begins to watch if the root is there; else looks for it now and then. */
  async #open(reason: RescanReason): Promise<void> {
    const { root, isRemote } = this.#options;
    this.#scheduleRootCheck();
    this.#identity = await identityOf(root);
    if (this.#identity === null) {
      this.#setState({ watching: 'off', state: 'missing' });
      return;
    }
    try {
      this.#realRoot = await realpath(root);
    } catch {
      this.#realRoot = root;
    }
    if (await isRemote(root)) {
      this.#setState({ watching: 'scanning', state: 'ready' });
      this.requestRescan(reason);
      return;
    }
    this.#openBackend(reason);
  }

  #openBackend(reason: RescanReason): void {
    if (this.#stopped) return;
    const { factory, rules, scheduler } = this.#options;
    const run = { closed: false };
    this.#run = run;
    let ready = false;
    this.#readyTimer?.cancel();
    this.#readyTimer = scheduler.after(READY_MS, () => {
      if (!run.closed && !ready) this.requestRescan(reason);
    });
    try {
      this.#backend = factory({
        folder: this.#realRoot,
        ignores: (path, isDirectory) => this.#ignores(rules, path, isDirectory),
        onEvent: (path) => {
          if (!run.closed) this.#onEvent(path);
        },
        onReady: () => {
          if (run.closed || ready) return;
          ready = true;
          this.#readyTimer?.cancel();
          this.#setState({ watching: 'events', state: 'ready' });
          // What happened between the call and now may not have been told.
          this.requestRescan(reason);
        },
        onError: (error) => {
          if (!run.closed) this.#onError(error);
        },
      });
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    }
    if (run.closed) this.#enqueue(() => this.#closeBackend());
  }

  async #closeBackend(): Promise<void> {
    const backend = this.#backend;
    this.#backend = null;
    this.#run.closed = true;
    this.#readyTimer?.cancel();
    await backend?.close();
  }

  /** The path under the root as it is watched, for one under the root as it really is. */
  #ownPath(path: string): string {
    const { root } = this.#options;
    return this.#realRoot === root ? normalize(path) : join(root, relative(this.#realRoot, path));
  }

  #ignores(rules: FolderRules, path: string, isDirectory: boolean | undefined): boolean {
    // Ignore files are hidden themselves, and their changes count.
    if (isDirectory === undefined || isIgnoreFile(path)) return false;
    const own = this.#ownPath(path);
    return rules.decide(icloudTarget(own, this.#options.platform) ?? own, isDirectory).ignored;
  }

  #onEvent(told: string): void {
    const path = this.#ownPath(told);
    if (isIgnoreFile(path)) {
      this.#options.rules.forget();
      this.#restart = true;
      this.requestRescan('rules');
      return;
    }
    this.#events += 1;
    this.#pending.note(icloudTarget(path, this.#options.platform) ?? path);
    if (this.#pending.overflows) {
      this.#pending.clear();
      this.#events = 0;
      this.requestRescan('storm');
      return;
    }
    this.#scheduleFlush();
  }

  #onError(error: Error): void {
    const { logger, root, onLimit } = this.#options;
    const code = 'code' in error ? String(error.code) : '';
    const isLimit = LIMIT_CODES.has(code);
    this.#faults += 1;
    if (this.#state.watching === 'scanning') return;
    logger.log(isLimit ? 'warn' : 'debug', 'watch-error', { root, code, error: error.message });
    if (isLimit) onLimit(code);
    if (isLimit || this.#faults > FAULTS_BORNE) this.#scanInstead();
    else if (code !== 'EACCES' && code !== 'EPERM') this.requestRescan('recovery');
  }

  /** Gives up the system's events for scans. */
  #scanInstead(): void {
    this.#run.closed = true;
    this.#setState({ watching: 'scanning', state: 'ready' });
    this.#enqueue(() => this.#closeBackend());
    this.requestRescan('recovery');
  }

  #scheduleFlush(): void {
    if (this.#stopped || this.#flushTimer !== null) return;
    const wait = this.#pending.nextLook();
    if (wait === null) return;
    this.#flushTimer = this.#options.scheduler.after(Math.max(FLUSH_MS, wait), () => {
      this.#enqueue(() => this.#flush());
    });
  }

  async #flush(): Promise<void> {
    try {
      const { batch, suspicious } = await this.#pending.collect();
      // An unmounted disk looks like many removals.
      if (batch.removed.length > 0 && !(await this.#rootStands())) return;
      if (suspicious) this.requestRescan('suspicious');
      const wanted = this.#wanted(batch);
      if (wanted.changed.length + wanted.removed.length > 0) await this.#options.onBatch(wanted);
      if (this.#pending.size === 0) {
        if (this.#events > FLOOD) this.requestRescan('storm');
        this.#events = 0;
      }
    } catch (error) {
      this.#retryLater(error);
    } finally {
      this.#flushTimer = null;
      this.#scheduleFlush();
    }
  }

  #wanted(batch: PathBatch): PathBatch {
    const { rules } = this.#options;
    return {
      changed: batch.changed.filter((path) => !rules.explain(path, false).ignored),
      removed: batch.removed,
    };
  }

  async #runRescan(): Promise<void> {
    const reason = this.#rescan;
    this.#rescan = null;
    if (reason === null || this.#state.state === 'missing') return;
    if (!(await this.#rootStands())) return;
    if (this.#restart) {
      this.#restart = false;
      if (this.#backend !== null) {
        await this.#closeBackend();
        this.#openBackend('rules');
      }
    }
    // A build tool's file may have come since the rules were read, which no event tells them.
    this.#options.rules.forget();
    this.#events = 0;
    const started = this.#options.scheduler.monotonic();
    try {
      await this.#options.onRescan(reason);
    } catch (error) {
      this.#retryLater(error);
    }
    this.#scheduleScan(this.#options.scheduler.monotonic() - started);
  }

  #retryLater(error: unknown): void {
    const { logger, root, scheduler } = this.#options;
    logger.log('error', 'watch-failed', { root, error: messageOf(error) });
    scheduler.after(RETRY_MS, () => {
      if (!this.#stopped) this.requestRescan('recovery');
    });
  }

  /** Plans the next comparison, so that it begins within {@link SCAN_MS} of the last one's begin where it can. */
  #scheduleScan(lastMs: number): void {
    this.#scanTimer?.cancel();
    if (this.#stopped) return;
    const scanning = this.#state.watching === 'scanning';
    const wait = scanning ? Math.max(SCAN_MS / 4, SCAN_MS * 0.9 - lastMs) : this.#options.reconcileMs;
    this.#scanTimer = this.#options.scheduler.after(wait, () => this.requestRescan('periodic'));
  }

  #scheduleRootCheck(): void {
    this.#rootTimer?.cancel();
    if (this.#stopped) return;
    this.#rootTimer = this.#options.scheduler.after(ROOT_CHECK_MS, () => {
      this.#enqueue(async () => {
        await this.#rootStands();
        this.#scheduleRootCheck();
      });
    });
  }

  /**
   * Whether the root is the folder that is being watched. If it went away everything that waits is dropped, since
   * it only says that the root went; if another one came the watch begins anew.
   */
  async #rootStands(): Promise<boolean> {
    const identity = await identityOf(this.#options.root);
    if (identity === this.#identity) return identity !== null;
    this.#pending.clear();
    await this.#closeBackend();
    await this.#open('remount');
    return false;
  }
}

function isIgnoreFile(path: string): boolean {
  return IGNORE_FILES.some((name) => name === basename(path));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
