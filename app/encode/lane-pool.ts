import { fromEnvelope, PassimError, type Scheduler, type Timer, type WorkPace } from '../contract/index.ts';
import { planJobs } from './batches.ts';
import type { LaneRow } from './protocol.ts';
import type { TokenVectors } from './session.ts';
import { type WorkerClient, WorkerDiedError, WorkerStartError } from './worker-client.ts';

export interface LaneOptions {
  /** Tokens handed to a lane at once, padding counted where rows run together. */
  readonly jobTokens: number;
  /**
   * Rows of a job as one batch (GPUs) or one by one (processors). A dynamically quantised graph scales its
   * activations by the largest value in the batch, so that on processors a text's vectors would depend on its
   * neighbours (mean cosine 0.987 to those of the text alone with the default model) and nothing would be gained.
   */
  readonly together: boolean;
  /** Milliseconds without work after which the lanes give their memory back. */
  readonly restMs: number;
}

/** A worker as the pool uses it. */
export type Lane = Pick<WorkerClient, 'open' | 'call' | 'rest' | 'close'>;

/** The rows of one call. */
interface Task {
  readonly rows: readonly LaneRow[];
  readonly results: (TokenVectors | PassimError | undefined)[];
  /** How often a row's lane died on this row alone. */
  readonly deaths: Uint8Array;
  remaining: number;
  readonly done: () => void;
}

interface Job {
  readonly task: Task;
  /** Rows of the task. */
  readonly indices: readonly number[];
}

/** A text whose lane died this often is given up. */
const MOST_DEATHS = 2;
/** One job that took very long does not stop the others for longer than this. */
const LONGEST_REST_MS = 2_000;
/** Work that may go on without rests after the lanes had little to do: a change of one file is then found at once. */
const MOST_CREDIT_MS = 1_000;
/** Part of the time without work that becomes such credit. */
const CREDIT_SHARE = 0.2;

/**
 * Hands rows to lanes (workers with a session each), oldest first. A job that fails is halved until the text at fault
 * is alone; a lane that dies is started again by its client. How many lanes work at once, and how long they rest between
 * jobs, the pace tells; what a lane has begun it finishes.
 */
export class LanePool {
  readonly #clients: readonly Lane[];
  readonly #options: LaneOptions;
  readonly #scheduler: Scheduler;
  readonly #pace: WorkPace;
  readonly #endPace: () => void;
  readonly #idle: Lane[];
  #wake: Timer | null = null;
  /** When the last job ended and how long it took, on the scheduler's monotonic clock. */
  #last = { ended: Number.NEGATIVE_INFINITY, took: 0 };
  #credit = 0;
  #rest: Timer | null = null;
  #queue: Job[] = [];
  #closed = false;

  constructor(clients: readonly Lane[], options: LaneOptions, scheduler: Scheduler, pace: WorkPace) {
    this.#pace = pace;
    this.#endPace = pace.onChange(() => this.#dispatch());
    this.#scheduler = scheduler;
    this.#clients = clients;
    this.#options = options;
    this.#idle = [...clients].reverse();
  }

  /**
   * Vectors of each row, or the error that this row alone had.
   * @throws PassimError 'cancelled' when `signal` fires; what a lane is at work on is finished and thrown away
   */
  encode(rows: readonly LaneRow[], signal?: AbortSignal): Promise<(TokenVectors | PassimError)[]> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(closed());
      if (signal?.aborted) return reject(cancelled());
      const onAbort = () => {
        this.#queue = this.#queue.filter((job) => job.task !== task);
        reject(cancelled());
      };
      const task: Task = {
        rows,
        results: new Array(rows.length),
        deaths: new Uint8Array(rows.length),
        remaining: rows.length,
        done: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve(task.results.filter((result) => result !== undefined));
        },
      };
      if (rows.length === 0) return task.done();
      signal?.addEventListener('abort', onAbort, { once: true });
      const lengths = rows.map((row) => row.ids.length);
      for (const indices of planJobs(lengths, this.#options.jobTokens)) this.#queue.push({ task, indices });
      this.#dispatch();
    });
  }

  /** Ends the lanes; rows that wait get 'engine-stopped'. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#endPace();
    this.#wake?.cancel();
    this.#rest?.cancel();
    const waiting = this.#queue.splice(0);
    for (const job of waiting) this.#settle(job, () => closed());
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #dispatch(): void {
    this.#rest?.cancel();
    this.#rest = null;
    this.#wake?.cancel();
    this.#wake = null;
    while (this.#queue.length > 0 && this.#mayStart()) {
      const job = this.#queue.shift();
      const client = this.#idle.pop();
      if (job === undefined || client === undefined) return;
      if (this.#idle.length === this.#clients.length - 1) this.#credit = this.#creditNow();
      void this.#run(client, job).then((took) => {
        this.#last = { ended: this.#scheduler.monotonic(), took };
        this.#credit = Math.max(0, this.#credit - took);
        this.#idle.push(client);
        this.#dispatch();
      });
    }
    if (this.#queue.length > 0 || this.#idle.length < this.#clients.length || this.#closed) return;
    this.#rest = this.#scheduler.after(this.#options.restMs, () => {
      for (const client of this.#clients) void client.rest();
    });
  }

  /** Whether a job may begin now; where only time is missing, another look is taken then. */
  #mayStart(): boolean {
    const total = this.#clients.length;
    const working = total - this.#idle.length;
    const { lanes, rest } = this.#pace.share(total);
    if (working >= Math.min(total, Math.max(1, lanes))) return false;
    const pause = Math.min(LONGEST_REST_MS, rest * this.#last.took);
    const left = this.#last.ended + pause - this.#scheduler.monotonic();
    if (pause === 0 || left <= 0 || this.#creditNow() >= this.#last.took) return true;
    this.#wake ??= this.#scheduler.after(left, () => this.#dispatch());
    return false;
  }

  /** Milliseconds of work that the time since the last job has earned; asked for while no lane works. */
  #creditNow(): number {
    const earned = CREDIT_SHARE * (this.#scheduler.monotonic() - this.#last.ended);
    return Math.min(MOST_CREDIT_MS, this.#credit + earned);
  }

  /** Runs a job to its end, whatever that is; gives the milliseconds that it took, the opening of its session apart. */
  async #run(client: Lane, job: Job): Promise<number> {
    let started: number | null = null;
    try {
      await client.open();
      started = this.#scheduler.monotonic();
      const answers = await client.call('encode', {
        rows: job.indices.map((index) => job.task.rows[index]).filter((row) => row !== undefined),
        together: this.#options.together,
      });
      this.#settle(job, (_, at) => {
        const answer = answers[at];
        if (answer === undefined)
          return new PassimError('encode-failed', 'The model gave no answer for a text.');
        return 'error' in answer ? fromEnvelope(answer.error) : answer;
      });
    } catch (error) {
      this.#failed(job, error instanceof PassimError ? error : new PassimError('internal', String(error)));
    }
    return started === null ? 0 : this.#scheduler.monotonic() - started;
  }

  #failed(job: Job, error: PassimError): void {
    const [first = 0] = job.indices;
    const hopeless = error.code === 'model-invalid' || error instanceof WorkerStartError;
    if (this.#closed || hopeless) {
      this.#settle(job, () => error);
      return;
    }
    if (job.indices.length > 1) {
      const half = job.indices.length >> 1;
      this.#queue.unshift(
        { task: job.task, indices: job.indices.slice(0, half) },
        { task: job.task, indices: job.indices.slice(half) },
      );
      return;
    }
    const deaths = (job.task.deaths[first] ?? 0) + (error instanceof WorkerDiedError ? 1 : MOST_DEATHS);
    job.task.deaths[first] = deaths;
    if (deaths >= MOST_DEATHS) this.#settle(job, () => error);
    else this.#queue.unshift(job);
  }

  #settle(job: Job, result: (index: number, at: number) => TokenVectors | PassimError): void {
    const { task } = job;
    job.indices.forEach((index, at) => {
      task.results[index] = result(index, at);
    });
    task.remaining -= job.indices.length;
    if (task.remaining === 0) task.done();
  }
}

function cancelled(): PassimError {
  return new PassimError('cancelled', 'Encoding was cancelled.');
}

function closed(): PassimError {
  return new PassimError('engine-stopped', 'The encoder was closed.');
}
