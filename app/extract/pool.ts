import { fileURLToPath } from 'node:url';
import { PassimError } from '../contract/errors.ts';
import { type Logger, type Scheduler, type Spawner, silentLogger, type Timer } from '../contract/ports.ts';
import { ExtractProblem } from './format.ts';
import type { ExtractLimits } from './limits.ts';
import { type ReadRss, RSS_POLL_MS, readRss } from './memory.ts';
import { inspectFile } from './open-file.ts';
import type { FileOutcome } from './protocol.ts';
import { Reader, type ReaderEnd } from './reader.ts';

export interface ExtractPoolOptions {
  readonly spawner: Spawner;
  readonly scheduler: Scheduler;
  readonly limits: ExtractLimits;
  /** Worker processes that run side by side, at least 1. They are started when there is work. */
  readonly workers: number;
  readonly logger?: Logger;
  /** Files after which a worker is replaced by a fresh one. */
  readonly filesPerWorker?: number;
  /** Milliseconds after which an idle worker is ended. */
  readonly idleMs?: number;
  /** Absolute path of the worker's script. */
  readonly module?: string;
  readonly readRss?: ReadRss;
  /** Milliseconds between two looks at a busy worker's memory. */
  readonly pollMs?: number;
}

interface Job {
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (outcome: FileOutcome) => void;
  readonly reject: (error: PassimError) => void;
  /** Workers that this file has ended. */
  strikes: number;
  /** Whether it must be read by a worker that has read nothing before. */
  fresh: boolean;
}

const WORKER_MODULE = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url),
);
const MAX_STRIKES = 2;
const MAX_FAILED_STARTS = 3;
const CLOSE_MS = 10_000;
const MIB = 1024 * 1024;
/** A worker that holds more than this share of its limit after a file is replaced. */
const GROWN_SHARE = 0.6;
/** Share of the limit that V8's heap may take: it collects garbage late, and there are buffers and code besides. */
const HEAP_SHARE = 0.45;
/** A worker that aborts with more than this share of its limit in use died of want of memory. */
const STARVED_SHARE = 0.5;

function cancelled(path: string): PassimError {
  return new PassimError('cancelled', `Reading ${path} was cancelled.`, { subject: path });
}

/**
 * Extracts files in worker processes. Time and memory of each are watched from here, and a worker that goes over is
 * killed while the queue goes on. A file that ends its worker is tried once more alone in a fresh one, then set
 * aside as 'crashed'; want of memory counts against a file only in a worker that held nothing of earlier files.
 */
export class ExtractPool {
  readonly #options: ExtractPoolOptions;
  readonly #logger: Logger;
  readonly #queue: Job[] = [];
  readonly #idle = new Map<Reader, Timer>();
  readonly #readers = new Set<Reader>();
  #running = 0;
  #failedStarts = 0;
  #closed = false;
  #name = 0;

  constructor(options: ExtractPoolOptions) {
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
  }

  /**
   * Extracts one file. Every fault of the file is an outcome, not an error.
   * @param path absolute
   * @param options.size what a scan found, in bytes; spares looking at files that are too large anyway
   * @throws PassimError 'cancelled' (signal or close), 'extract-failed' when no worker can be started
   */
  async extract(path: string, options: { signal?: AbortSignal; size?: number } = {}): Promise<FileOutcome> {
    const { fileBytes } = this.#options.limits;
    const { signal, size } = options;
    if (this.#closed || signal?.aborted === true) throw cancelled(path);
    if (size !== undefined && size > fileBytes)
      return { ok: false, problem: 'too-large', detail: `It has ${size} bytes; the limit is ${fileBytes}.` };
    try {
      await inspectFile(path, fileBytes);
    } catch (error) {
      if (error instanceof ExtractProblem)
        return { ok: false, problem: error.problem, detail: error.message };
      throw error;
    }
    return new Promise<FileOutcome>((resolve, reject) => {
      if (this.#closed || signal?.aborted === true) {
        reject(cancelled(path));
        return;
      }
      const job: Job = { path, signal, resolve, reject, strikes: 0, fresh: false };
      signal?.addEventListener('abort', () => this.#abandon(job), { once: true });
      this.#queue.push(job);
      this.#pump();
    });
  }

  /** Files waiting or being read. */
  get pending(): number {
    return this.#queue.length + this.#running;
  }

  /** Ends every worker and rejects what is waiting; resolves when no process is left. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.splice(0)) job.reject(cancelled(job.path));
    for (const timer of this.#idle.values()) timer.cancel();
    this.#idle.clear();
    const readers = [...this.#readers];
    for (const reader of readers) reader.kill();
    // A process that hangs in the kernel (a dead network drive) does not end when killed.
    let patience: Timer | null = null;
    const bound = new Promise<void>((resolve) => {
      patience = this.#options.scheduler.after(CLOSE_MS, resolve);
    });
    await Promise.race([Promise.all(readers.map((reader) => reader.exited)), bound]);
    (patience as Timer | null)?.cancel();
  }

  /** An aborted job that still waits leaves the queue; a running one is ended by its reader. */
  #abandon(job: Job): void {
    const at = this.#queue.indexOf(job);
    if (at === -1) return;
    this.#queue.splice(at, 1);
    job.reject(cancelled(job.path));
  }

  #pump(): void {
    while (!this.#closed && this.#running < Math.max(1, this.#options.workers)) {
      const job = this.#queue.shift();
      if (job === undefined) return;
      this.#running += 1;
      void this.#work(job).finally(() => {
        this.#running -= 1;
        this.#pump();
      });
    }
  }

  async #work(job: Job): Promise<void> {
    const reader = await this.#reader(job.fresh);
    if (reader === null) {
      this.#failedStart(job);
      return;
    }
    if (this.#closed || job.signal?.aborted === true) {
      this.#release(reader);
      job.reject(cancelled(job.path));
      return;
    }
    const end = await reader.run(job.path, this.#options.limits, job.signal);
    if (end.kind === 'outcome') this.#release(reader);
    else this.#logger.log('warn', 'extract-worker-ended', { path: job.path, ...end });
    this.#finish(job, end, reader.jobs > 1);
  }

  /** @param used whether the worker had read other files before, whose memory it may still have held */
  #finish(job: Job, end: ReaderEnd, used: boolean): void {
    const { limits } = this.#options;
    const starved = end.kind === 'died' && end.lastRss > limits.memoryBytes * STARVED_SHARE;
    const refuse = (problem: 'timed-out' | 'out-of-memory' | 'crashed', detail: string) =>
      job.resolve({ ok: false, problem, detail });
    if (this.#closed) job.reject(cancelled(job.path));
    else if (end.kind === 'outcome') job.resolve(end.outcome);
    else if (end.kind === 'cancelled') job.reject(cancelled(job.path));
    else if (end.kind === 'timed-out') refuse('timed-out', `It took more than ${limits.seconds} seconds.`);
    else if (used && (starved || end.kind === 'out-of-memory')) this.#again(job);
    else if (end.kind === 'out-of-memory')
      refuse('out-of-memory', `Its reader took ${mib(end.bytes)}; the limit is ${mib(limits.memoryBytes)}.`);
    else if (starved)
      refuse(
        'out-of-memory',
        `Its reader ended for want of memory (${end.how}, ${mib(end.lastRss)} in use).`,
      );
    else {
      job.strikes += 1;
      if (job.strikes >= MAX_STRIKES) refuse('crashed', `Its reader ended twice (${end.how}).`);
      else this.#again(job);
    }
  }

  /** The next file for a worker of its own. */
  #again(job: Job): void {
    job.fresh = true;
    this.#queue.unshift(job);
  }

  /** A worker that can't be started says nothing about the file; after several in a row nothing can be read at all. */
  #failedStart(job: Job): void {
    if (this.#closed) {
      job.reject(cancelled(job.path));
      return;
    }
    this.#failedStarts += 1;
    this.#logger.log('error', 'extract-worker-not-started', {
      module: this.#module,
      times: this.#failedStarts,
    });
    if (this.#failedStarts < MAX_FAILED_STARTS) this.#queue.unshift(job);
    else
      job.reject(
        new PassimError('extract-failed', 'The process that reads files could not be started.', {
          subject: job.path,
        }),
      );
  }

  get #module(): string {
    return this.#options.module ?? WORKER_MODULE;
  }

  /** An idle worker, or a new one; always a new one for a file that has ended one before. */
  async #reader(fresh: boolean): Promise<Reader | null> {
    for (const [reader, timer] of this.#idle) {
      timer.cancel();
      this.#idle.delete(reader);
      if (!fresh && reader.alive) return reader;
      reader.kill();
      if (fresh) break;
    }
    this.#name += 1;
    const child = this.#options.spawner.spawn(this.#module, {
      name: `passim-extract-${this.#name}`,
      execArgv: [`--max-old-space-size=${Math.ceil((this.#options.limits.memoryBytes * HEAP_SHARE) / MIB)}`],
    });
    const reader = new Reader(child, {
      scheduler: this.#options.scheduler,
      readRss: this.#options.readRss ?? readRss,
      pollMs: this.#options.pollMs ?? RSS_POLL_MS,
    });
    this.#readers.add(reader);
    void reader.exited.then(() => {
      this.#readers.delete(reader);
      this.#idle.get(reader)?.cancel();
      this.#idle.delete(reader);
    });
    if (!(await reader.started)) return null;
    this.#failedStarts = 0;
    return reader;
  }

  /** Keeps a worker for the next file, unless it has done its share or has grown. */
  #release(reader: Reader): void {
    const worn = reader.jobs >= (this.#options.filesPerWorker ?? 500);
    const grown = reader.lastRss > this.#options.limits.memoryBytes * GROWN_SHARE;
    if (worn || grown || this.#closed || !reader.alive) {
      reader.kill();
      return;
    }
    const timer = this.#options.scheduler.after(this.#options.idleMs ?? 30_000, () => {
      this.#idle.delete(reader);
      reader.kill();
    });
    this.#idle.set(reader, timer);
  }
}

function mib(bytes: number): string {
  return `${Math.round(bytes / MIB)} MiB`;
}
