import { type ChildProcess, fork } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ForkOptions } from 'electron';
import type { ElectronApi, PortApi, UtilityChild } from '../../main/electron-api.ts';
import type { FakePort } from './electron.ts';

const BOOTSTRAP = fileURLToPath(new URL('./utility-bootstrap.mjs', import.meta.url));

interface Wire {
  readonly kind: 'parent' | 'port' | 'close';
  readonly id: number;
  readonly message: unknown;
}

export interface StartedProcess {
  readonly module: string;
  readonly options: ForkOptions;
  readonly child: UtilityChild;
}

/** Electron's utilityProcess over real Node processes, in which `process.parentPort` stands for Electron's. */
export class NodeUtilityProcesses {
  readonly started: StartedProcess[] = [];

  readonly api: ElectronApi['utilityProcess'] = {
    fork: (module, args, options) => {
      const child = new NodeUtility(module, args, options);
      this.started.push({ module, options, child });
      return child;
    },
  };

  /** Running processes of a script. */
  running(script: string): StartedProcess[] {
    return this.started.filter(({ module, child }) => module.includes(script) && child.pid !== undefined);
  }

  endAll(): void {
    for (const { child } of this.started) child.kill();
  }
}

class NodeUtility implements UtilityChild {
  readonly #child: ChildProcess;
  readonly #events = new EventEmitter();
  readonly #ports = new Map<number, FakePort>();
  #nextPort = 1;
  #ended = false;
  #spawned = false;

  constructor(module: string, args: readonly string[], options: ForkOptions) {
    this.#child = fork(BOOTSTRAP, [module, ...args], {
      serialization: 'advanced',
      execArgv: ['--disable-warning=ExperimentalWarning'],
      env: { ...process.env, ...(options.env as NodeJS.ProcessEnv | undefined) },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#child.on('spawn', () => {
      this.#spawned = true;
      this.#events.emit('spawn');
    });
    this.#child.on('exit', (code, signal) => {
      this.#ended = true;
      for (const port of this.#ports.values()) port.other?.onClose();
      this.#events.emit('exit', code ?? (signal === null ? 0 : 9));
    });
    this.#child.on('message', ({ kind, id, message }: Wire) => {
      if (kind === 'parent') this.#events.emit('message', message);
      else if (kind === 'port') this.#ports.get(id)?.postMessage(message);
      else this.#ports.get(id)?.close();
    });
  }

  get pid(): number | undefined {
    return this.#spawned && !this.#ended ? this.#child.pid : undefined;
  }

  get stderr(): UtilityChild['stderr'] {
    return this.#child.stderr;
  }

  postMessage(message: unknown, transfer: PortApi[] = []): void {
    const transferred = transfer.map((port) => this.#take(port as FakePort));
    this.#send({ kind: 'parent', message, transferred });
  }

  /** From now on this process is at the end of the port. */
  #take(port: FakePort): number {
    const id = this.#nextPort;
    this.#nextPort += 1;
    this.#ports.set(id, port);
    port.deliver = (message) => this.#send({ kind: 'port', id, message });
    port.onClose = () => this.#send({ kind: 'close', id });
    return id;
  }

  #send(wire: object): void {
    if (this.#child.connected) this.#child.send(wire, () => {});
  }

  kill(): boolean {
    return this.#child.kill('SIGKILL');
  }

  on(event: string, listener: (...values: never[]) => unknown): void {
    this.#events.on(event, listener as (...values: unknown[]) => void);
  }
}
