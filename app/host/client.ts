import { fileURLToPath } from 'node:url';
import type { CallInput, CallResponse, EngineApi, EngineCall, EngineEvent } from '../contract/engine.ts';
import { fromEnvelope, PassimError } from '../contract/errors.ts';
import type { ChildHandle, Logger, PowerSource, Scheduler, Spawner } from '../contract/ports.ts';
import type { FromEngine, HostStart, ToEngine } from './protocol.ts';

/** Deaths within the window below after which the engine is left down. */
const MAX_DEATHS = 5;
const DEATH_WINDOW_MS = 60_000;
/** Milliseconds that an engine which was asked to stop may take: calls under way get half of it to finish. */
const END_MS = 10_000;

interface Pending {
  readonly name: EngineCall;
  readonly input: unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: PassimError) => void;
  /** A call survives one death of the engine: every call may be repeated. */
  retried: boolean;
}

export interface HostOptions {
  readonly spawner: Spawner;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Absolute path of the script that runs the engine (app/host/main). */
  readonly module: string;
  readonly start: Omit<HostStart, 'suspects' | 'battery'>;
  /** Told to the engine; without one it finds out itself where that is possible. */
  readonly power?: PowerSource;
}

/** An engine in a process of its own. */
export interface HostedEngine extends EngineApi {
  /**
   * Stops the engine, does what only works without it, and starts it again. Calls made meanwhile wait; those under way
   * are answered by the engine that ends, or asked again of the next one.
   * @throws PassimError as the engine tells when it cannot start
   */
  restart(between?: () => Promise<void>): Promise<void>;
}

/** The path of the script that runs the engine, next to this file. */
export function hostModule(): string {
  const name = import.meta.url.endsWith('.ts') ? './main.ts' : './main.js';
  return fileURLToPath(new URL(name, import.meta.url));
}

/**
 * Starts the engine in a process of its own and keeps it running: when it dies it is started again, calls that
 * were waiting are asked again, and the files it was working on get a strike.
 * @throws PassimError as the engine tells when it cannot start
 */
export async function startHost(options: HostOptions): Promise<HostedEngine> {
  const host = new EngineHost(options);
  await host.launch();
  return host;
}

class EngineHost implements HostedEngine {
  readonly #options: HostOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #deaths: number[] = [];
  readonly #endPower: () => void;
  #child: ChildHandle | null = null;
  #ready = false;
  #stopping = false;
  #working: readonly string[] = [];
  #nextId = 1;
  #restarting = false;
  #restarts: Promise<void> = Promise.resolve();
  /** What ended an engine that was left down. */
  #whyDown: string | null = null;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#endPower =
      options.power?.onChange(() =>
        this.#send({ type: 'power', battery: options.power?.onBattery === true }),
      ) ?? (() => {});
  }

  launch(): Promise<void> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const child = this.#options.spawner.spawn(this.#options.module, {
        name: 'passim-engine',
        execArgv: ['--disable-warning=ExperimentalWarning'],
      });
      this.#child = child;
      this.#ready = false;
      child.onMessage((raw) => {
        const message = raw as FromEngine;
        if (message.type === 'event') this.#emit(message.event);
        else if (message.type === 'answer') this.#answered(message, this.#child === child);
        else if (this.#child !== child) return;
        else if (message.type === 'working') this.#working = message.paths;
        else {
          settled = true;
          if (message.type === 'ready') {
            this.#begin();
            resolve();
            return;
          }
          this.#stopping = true;
          reject(fromEnvelope(message.error));
          child.kill();
        }
      });
      child.onExit((code, signal) => {
        if (this.#child !== child) return;
        this.#child = null;
        this.#ready = false;
        const how = signal ?? `code ${code}`;
        if (!settled && !this.#stopping) {
          settled = true;
          if (this.#deaths.length === 0) {
            reject(
              new PassimError(
                'engine-stopped',
                `The engine ended while starting (${how}). Run "passim doctor" to see why.`,
              ),
            );
            return;
          }
        }
        this.#died(how);
      });
      const { start, power } = this.#options;
      this.#send({
        type: 'start',
        start: {
          ...start,
          suspects: this.#working,
          ...(power === undefined ? {} : { battery: power.onBattery }),
        },
      });
      this.#working = [];
    });
  }

  /** The engine is there: it is asked what waits. */
  #begin(): void {
    this.#ready = true;
    for (const [id, pending] of this.#pending)
      this.#send({ type: 'call', id, name: pending.name, input: pending.input });
  }

  call<C extends EngineCall>(name: C, input: CallInput<C>, signal?: AbortSignal): Promise<CallResponse<C>> {
    if (this.#stopping || (this.#child === null && this.#deaths.length === 0 && !this.#restarting)) {
      return Promise.reject(
        new PassimError('engine-stopped', this.#whyDown ?? 'The engine has been stopped.'),
      );
    }
    if (signal?.aborted) return Promise.reject(new PassimError('cancelled', 'The call was cancelled.'));
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { name, input, resolve, reject, retried: false });
      signal?.addEventListener(
        'abort',
        () => {
          if (!this.#pending.delete(id)) return;
          this.#send({ type: 'cancel', id });
          reject(new PassimError('cancelled', 'The call was cancelled.'));
        },
        { once: true },
      );
      if (this.#ready) this.#send({ type: 'call', id, name, input });
    }) as Promise<CallResponse<C>>;
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Restarts that are asked for while one goes on come after it: two engines at once would fight for the index. */
  restart(between: () => Promise<void> = async () => {}): Promise<void> {
    const mine = this.#restarts.then(() => this.#restart(between));
    this.#restarts = mine.catch(() => {});
    return mine;
  }

  async #restart(between: () => Promise<void>): Promise<void> {
    const child = this.#child;
    // One that was left down begins afresh.
    this.#stopping = false;
    this.#deaths.length = 0;
    // An engine that is not the current one may end without being started again.
    this.#child = null;
    this.#ready = false;
    this.#restarting = true;
    try {
      if (child !== null) await this.#end(child);
      // Ended on purpose: what it was working on is not to blame.
      this.#working = [];
      await between();
      await this.launch();
      this.#whyDown = null;
    } catch (error) {
      // Calls that came meanwhile wait for an engine that will not come.
      this.#leaveDown(error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      this.#restarting = false;
    }
  }

  async stop(): Promise<void> {
    this.#endPower();
    const child = this.#child;
    this.#child = null;
    this.#stopping = true;
    for (const [id, pending] of this.#pending) {
      this.#pending.delete(id);
      pending.reject(new PassimError('engine-stopped', 'The engine was stopped.'));
    }
    if (child === null) return;
    await this.#end(child);
  }

  /** Asks an engine to stop and waits until its process has ended. */
  #end(child: ChildHandle): Promise<void> {
    return new Promise((resolve) => {
      // What has been committed is safe, so a process that hangs may be killed.
      const timer = this.#options.scheduler.after(END_MS, () => child.kill());
      child.onExit(() => {
        timer.cancel();
        resolve();
      });
      child.send({ type: 'stop' } satisfies ToEngine);
    });
  }

  #send(message: ToEngine): void {
    this.#child?.send(message);
  }

  /**
   * An engine that ends may fail a call because of that alone: such a call stays, and is asked again of the next one.
   * @param current false for an engine that is being ended by this host
   */
  #answered({ id, envelope }: FromEngine & { type: 'answer' }, current: boolean): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    if (!envelope.ok && (!current || envelope.error.code === 'engine-stopped')) return;
    this.#pending.delete(id);
    if (envelope.ok) pending.resolve(envelope.value);
    else pending.reject(fromEnvelope(envelope.error));
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #died(how: string): void {
    if (this.#stopping) return;
    const now = this.#options.scheduler.monotonic();
    this.#deaths.push(now);
    while ((this.#deaths[0] ?? now) < now - DEATH_WINDOW_MS) this.#deaths.shift();
    this.#options.logger.log('error', 'engine died', { how, working: this.#working });
    for (const [id, pending] of this.#pending) {
      if (!pending.retried) {
        pending.retried = true;
        continue;
      }
      this.#pending.delete(id);
      pending.reject(new PassimError('engine-stopped', `The engine ended twice on this call (${how}).`));
    }
    if (this.#deaths.length >= MAX_DEATHS) {
      this.#giveUp(
        `The engine ended ${MAX_DEATHS} times in a minute (${how}) and is left down. Run "passim doctor" to see why.`,
      );
      return;
    }
    this.launch().catch((error: unknown) => {
      this.#giveUp(error instanceof Error ? error.message : String(error));
    });
    this.#emit({ type: 'notice', level: 'warn', message: `The engine ended (${how}) and is started again.` });
  }

  #giveUp(message: string): void {
    this.#emit({ type: 'notice', level: 'error', message });
    this.#leaveDown(message);
  }

  #leaveDown(message: string): void {
    this.#stopping = true;
    this.#whyDown = message;
    for (const pending of this.#pending.values()) pending.reject(new PassimError('engine-stopped', message));
    this.#pending.clear();
  }
}
