import type { ChildHandle, Logger, Spawner } from '../app/contract/ports.ts';
import { isSpawnRequest, type SpawnReport, type SpawnRequest } from '../app/host/port-spawner.ts';
import type { ElectronApi, UtilityChild } from './electron-api.ts';

export interface UtilitySpawnerOptions {
  readonly electron: Pick<ElectronApi, 'utilityProcess' | 'MessageChannelMain'>;
  readonly logger: Logger;
  /** Only scripts of this folder are started, whoever asks. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends a process at once; a hostile file may have taken the process past listening. */
  killProcess(pid: number): void;
}

/**
 * Starts the engine in a utility process, and on its behalf the readers, which it cannot start itself: each reader's
 * port is handed to the engine, so that the text of files does not pass through main.
 */
export function createUtilitySpawner(options: UtilitySpawnerOptions): Spawner {
  return {
    spawn(module, { name, args = [], execArgv = [] }): ChildHandle {
      const child = new Utility(options, { module, name, args, execArgv, stderr: 'pipe' });
      const readers = new Readers(options, child);
      const listeners: ((message: unknown) => void)[] = [];
      const exits: ((code: number | null, signal: string | null) => void)[] = [];
      child.handle?.on('message', (message) => {
        if (isSpawnRequest(message)) readers.answer(message);
        else for (const listener of listeners) listener(message);
      });
      child.handle?.stderr?.on('data', (chunk) => {
        options.logger.log('warn', 'engine said', { text: chunk.toString('utf8').trimEnd() });
      });
      child.onExit((code) => {
        readers.killAll();
        for (const listener of exits) listener(code, null);
      });
      return {
        get pid() {
          return child.handle?.pid;
        },
        send: (message) => child.send(message),
        onMessage: (listener) => {
          listeners.push(listener);
        },
        onExit: (listener) => {
          exits.push(listener);
        },
        kill: () => child.kill(),
      };
    },
  };
}

interface Start {
  readonly module: string;
  readonly name: string;
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly stderr: 'pipe' | 'ignore';
}

/** Chromium takes V8's options in one switch of its own; options of Node are not for a utility process. */
export function chromiumSwitches(execArgv: readonly string[]): string[] {
  const flags = execArgv.filter((option) => option.startsWith('--max-old-space-size='));
  return flags.length === 0 ? [] : [`--js-flags=${flags.join(' ')}`];
}

/** One utility process, from before it has started until after it has ended. */
class Utility {
  readonly handle: UtilityChild | null;
  readonly #options: UtilitySpawnerOptions;
  readonly #exits: ((code: number | null) => void)[] = [];
  #ended = false;
  #doomed = false;

  constructor(options: UtilitySpawnerOptions, { module, name, args, execArgv, stderr }: Start) {
    this.#options = options;
    this.handle = this.#fork(module, name, args, execArgv, stderr);
    if (this.handle === null) {
      // Whoever asked hears of the end only after it could begin to listen.
      queueMicrotask(() => this.#end(null));
      return;
    }
    this.handle.on('exit', (code) => this.#end(code));
    this.handle.on('spawn', () => {
      if (this.#doomed) this.kill();
    });
  }

  #fork(
    module: string,
    name: string,
    args: readonly string[],
    execArgv: readonly string[],
    stderr: 'pipe' | 'ignore',
  ): UtilityChild | null {
    const { electron, env, logger, root } = this.#options;
    if (!module.startsWith(root)) {
      logger.log('error', 'a script outside the application was not started', { module });
      return null;
    }
    try {
      return electron.utilityProcess.fork(module, [...args], {
        serviceName: name,
        execArgv: chromiumSwitches(execArgv),
        env: Object.fromEntries(
          Object.entries(env).filter(([key, value]) => value !== undefined && key !== 'NODE_OPTIONS'),
        ),
        stdio: ['ignore', 'ignore', stderr],
      });
    } catch (error) {
      logger.log('error', 'a process could not be started', { module, why: String(error) });
      return null;
    }
  }

  #end(code: number | null): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const listener of this.#exits) listener(code);
  }

  onExit(listener: (code: number | null) => void): void {
    this.#exits.push(listener);
  }

  send(...[message, transfer]: Parameters<UtilityChild['postMessage']>): void {
    if (!this.#ended) this.handle?.postMessage(message, transfer);
  }

  kill(): void {
    if (this.#ended) return;
    this.#doomed = true;
    const pid = this.handle?.pid;
    if (pid === undefined) this.handle?.kill();
    else this.#options.killProcess(pid);
  }
}

/** The readers of one engine. They end with it: the next engine asks for its own. */
class Readers {
  readonly #options: UtilitySpawnerOptions;
  readonly #engine: Utility;
  readonly #children = new Map<number, Utility>();

  constructor(options: UtilitySpawnerOptions, engine: Utility) {
    this.#options = options;
    this.#engine = engine;
  }

  answer(request: SpawnRequest): void {
    if (request.type === 'kill-child') {
      this.#children.get(request.key)?.kill();
      return;
    }
    const { key, module, name, args, execArgv } = request;
    const reader = new Utility(this.#options, { module, name, args, execArgv, stderr: 'ignore' });
    this.#children.set(key, reader);
    reader.handle?.on('spawn', () => {
      const { port1, port2 } = new this.#options.electron.MessageChannelMain();
      reader.send({ type: 'port' }, [port1]);
      this.#report({ type: 'spawned', key, pid: reader.handle?.pid }, [port2]);
    });
    reader.onExit((code) => {
      this.#children.delete(key);
      this.#report({ type: 'child-exit', key, code });
    });
  }

  #report(report: SpawnReport, ports: Parameters<UtilityChild['postMessage']>[1] = []): void {
    this.#engine.send(report, ports);
  }

  killAll(): void {
    for (const reader of this.#children.values()) reader.kill();
  }
}
