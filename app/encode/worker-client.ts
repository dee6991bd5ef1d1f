import { Worker } from 'node:worker_threads';
import { fromEnvelope, PassimError } from '../contract/index.ts';
import type { FromWorker, ToWorker, WorkerCall, WorkerCalls, WorkerSetup } from './protocol.ts';

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** For objects that live a moment. Vectors, which are large, lie outside of it; V8 would take up to 48 MB a thread. */
const YOUNG_MEGABYTES = 8;

/** The worker ended while it had calls to answer. */
export class WorkerDiedError extends PassimError {
  constructor(reason: string) {
    super('encode-failed', `The encoder stopped: ${reason}`);
    this.name = 'WorkerDiedError';
  }
}

/** The worker ended before it was ready: it would do so again for any text. */
export class WorkerStartError extends PassimError {
  constructor(reason: string) {
    super('encode-failed', `The encoder could not be started: ${reason}`);
    this.name = 'WorkerStartError';
  }
}

export function defaultWorkerModule(): URL {
  return new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url);
}

/**
 * Tells a worker to let go of its session and end, and waits until it has, however long its last run takes. It is never
 * terminated: a thread that is told so inside ONNX Runtime throws where nothing can catch, and takes the process along.
 */
async function finish(worker: Worker): Promise<void> {
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
  const message: ToWorker = { close: true };
  worker.ref();
  worker.postMessage(message);
  await ended;
}

/**
 * A worker thread with an ONNX session. Started at the first call, and again after it died; a worker that can't open
 * its model rejects every call with the reason.
 */
export class WorkerClient {
  readonly #setup: WorkerSetup;
  readonly #module: URL;
  readonly #name: string;
  readonly #onDeath: (reason: string) => void;
  #worker: Worker | null = null;
  #starting: Promise<Worker> | null = null;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #closed = false;
  /** The end of the worker that was last sent to rest. */
  #resting: Promise<void> = Promise.resolve();

  constructor(setup: WorkerSetup, name: string, module: URL, onDeath: (reason: string) => void) {
    this.#setup = setup;
    this.#name = name;
    this.#module = module;
    this.#onDeath = onDeath;
  }

  /** Starts the worker and waits until its model is open. @throws PassimError why it can't be */
  async open(): Promise<void> {
    await this.#start();
  }

  /**
   * @param transfer buffers of the request that the worker takes over
   * @throws WorkerDiedError when the worker ended before it answered
   */
  async call<C extends WorkerCall>(
    call: C,
    request: WorkerCalls[C]['request'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<WorkerCalls[C]['response']> {
    const worker = await this.#start();
    return new Promise((resolve, reject) => {
      const id = this.#nextId;
      this.#nextId += 1;
      this.#pending.set(id, { resolve: (value) => resolve(value as WorkerCalls[C]['response']), reject });
      worker.ref();
      const message: ToWorker = { id, call, request };
      worker.postMessage(message, [...transfer]);
    });
  }

  /** Ends the worker for now, unless it has something to do; the next call starts it again. */
  async rest(): Promise<void> {
    const worker = this.#worker;
    if (worker === null || this.#pending.size > 0) return;
    this.#worker = null;
    this.#starting = null;
    this.#resting = finish(worker);
    await this.#resting;
  }

  /** Ends the worker; calls that wait are rejected. */
  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker ?? (await this.#starting?.catch(() => null)) ?? null;
    if (worker !== null) await finish(worker);
    await this.#resting;
  }

  #start(): Promise<Worker> {
    if (this.#closed) return Promise.reject(new PassimError('engine-stopped', 'The encoder was closed.'));
    this.#starting ??= this.#spawn().catch((error: unknown) => {
      this.#starting = null;
      throw error;
    });
    return this.#starting;
  }

  #spawn(): Promise<Worker> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(this.#module, {
        name: this.#name,
        workerData: { passimEncoder: this.#setup },
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      });
      let cause = '';
      worker.on('message', (message: FromWorker) => {
        if ('ready' in message) {
          this.#worker = worker;
          this.#idle();
          resolve(worker);
        } else if ('failed' in message) reject(fromEnvelope(message.failed));
        else this.#settle(message);
      });
      worker.on('error', (error: Error) => {
        cause = error.message;
      });
      worker.on('exit', (code) => {
        const reason = cause || `its thread ended with code ${code}`;
        reject(new WorkerStartError(reason));
        this.#ended(worker, reason);
      });
    });
  }

  #settle(
    message: { id: number } & (
      | { ok: true; value: unknown }
      | { ok: false; error: Parameters<typeof fromEnvelope>[0] }
    ),
  ): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    this.#idle();
    if (message.ok) pending?.resolve(message.value);
    else pending?.reject(fromEnvelope(message.error));
  }

  /** A worker with nothing to do does not keep the process alive, unless its end is waited for. */
  #idle(): void {
    if (this.#pending.size === 0 && !this.#closed) this.#worker?.unref();
  }

  #ended(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    this.#starting = null;
    const waiting = [...this.#pending.values()];
    this.#pending.clear();
    if (!this.#closed) this.#onDeath(reason);
    for (const pending of waiting) pending.reject(new WorkerDiedError(reason));
  }
}
