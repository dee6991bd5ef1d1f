import type { CallInput, CallResponse, EngineCall, EngineEvent } from '../app/contract/engine.ts';
import { PassimError } from '../app/contract/errors.ts';
import type { HostedEngine } from '../app/host/client.ts';

export type StartEngine = (mode: 'write' | 'read') => Promise<HostedEngine>;

/**
 * The engine as the window sees it, there from the first moment: calls that come before it has started wait for it,
 * and one that could not be started, or was left down, can be started again. When another process of Passim writes
 * to the index, this one searches in it.
 */
export class AppEngine implements HostedEngine {
  readonly #start: StartEngine;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  #host: Promise<HostedEngine>;
  #mode: 'write' | 'read' = 'write';
  #stopped = false;

  constructor(start: StartEngine) {
    this.#start = start;
    this.#host = this.#launch();
    this.#host.catch(() => {});
  }

  async #launch(): Promise<HostedEngine> {
    this.#mode = 'write';
    try {
      return this.#follow(await this.#start('write'));
    } catch (error) {
      if (error instanceof PassimError && error.code === 'index-locked') return this.#read();
      this.tell('error', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #read(): Promise<HostedEngine> {
    this.#mode = 'read';
    const host = this.#follow(await this.#start('read'));
    this.tell(
      'warn',
      'Another Passim process keeps the index up to date; this window searches in it and changes nothing.',
    );
    return host;
  }

  #follow(host: HostedEngine): HostedEngine {
    host.onEvent((event) => this.#emit(event));
    return host;
  }

  /** Tells the window something, as the engine does. */
  tell(level: 'info' | 'warn' | 'error', message: string): void {
    this.#emit({ type: 'notice', level, message });
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async call<C extends EngineCall>(
    name: C,
    input: CallInput<C>,
    signal?: AbortSignal,
  ): Promise<CallResponse<C>> {
    for (;;) {
      const asked = this.#host;
      const host = await asked;
      try {
        return await host.call(name, input, signal);
      } catch (error) {
        const ended = error instanceof PassimError && error.code === 'engine-stopped';
        // An engine that was ended for another one to take its place answers nothing more: that one is asked.
        if (!ended || this.#stopped || this.#host === asked) throw error;
      }
    }
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  async restart(between: () => Promise<void> = async () => {}): Promise<void> {
    if (this.#stopped) throw new PassimError('engine-stopped', 'Passim is being closed.');
    const before = this.#host;
    this.#host = (async () => {
      const host = await before.catch(() => null);
      if (host !== null && this.#mode === 'write') {
        await host.restart(between);
        return host;
      }
      await host?.stop();
      await between();
      return this.#launch();
    })();
    // Whoever calls next is told; nobody has to.
    this.#host.catch(() => {});
    await this.#host;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const host = await this.#host.catch(() => null);
    await host?.stop();
  }
}
