import type { ChildHandle, Spawner } from '../contract/ports.ts';

/** One end of a channel, as Electron gives it to a utility process. */
export interface ChildPort {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  start(): void;
  close(): void;
}

/** What the engine asks of main: a utility process cannot start processes itself. */
export type SpawnRequest =
  | {
      readonly type: 'spawn';
      readonly key: number;
      readonly module: string;
      readonly name: string;
      readonly args: readonly string[];
      readonly execArgv: readonly string[];
    }
  | { readonly type: 'kill-child'; readonly key: number };

/** What main tells of the processes it started for the engine; 'spawned' brings the child's port along. */
export type SpawnReport =
  | { readonly type: 'spawned'; readonly key: number; readonly pid: number | undefined }
  | { readonly type: 'child-exit'; readonly key: number; readonly code: number | null };

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** Tells what the engine asks of main from what it says to its host. */
export function isSpawnRequest(message: unknown): message is SpawnRequest {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('key' in message))
    return false;
  if (typeof message.key !== 'number') return false;
  if (message.type === 'kill-child') return true;
  if (message.type !== 'spawn') return false;
  const { module, name, args, execArgv } = message as Partial<Record<string, unknown>>;
  return typeof module === 'string' && typeof name === 'string' && isStrings(args) && isStrings(execArgv);
}

export function isSpawnReport(message: unknown): message is SpawnReport {
  if (typeof message !== 'object' || message === null || !('type' in message) || !('key' in message))
    return false;
  return message.type === 'spawned' || message.type === 'child-exit';
}

interface Child {
  port: ChildPort | null;
  pid: number | undefined;
  readonly waiting: unknown[];
  readonly onMessage: ((message: unknown) => void)[];
  onExit: ((code: number | null, signal: string | null) => void) | null;
  ended: boolean;
}

/**
 * Spawner of an engine that runs in Electron's utility process: main forks the children and hands over their ports,
 * so that messages between the engine and its readers do not pass through main.
 */
export class PortSpawner implements Spawner {
  readonly #ask: (request: SpawnRequest) => void;
  readonly #children = new Map<number, Child>();
  #nextKey = 1;

  constructor(ask: (request: SpawnRequest) => void) {
    this.#ask = ask;
  }

  spawn(
    module: string,
    options: { name: string; args?: readonly string[]; execArgv?: readonly string[] },
  ): ChildHandle {
    const key = this.#nextKey;
    this.#nextKey += 1;
    const child: Child = {
      port: null,
      pid: undefined,
      waiting: [],
      onMessage: [],
      onExit: null,
      ended: false,
    };
    this.#children.set(key, child);
    const { name, args = [], execArgv = [] } = options;
    this.#ask({ type: 'spawn', key, module, name, args, execArgv });
    return {
      get pid() {
        return child.pid;
      },
      send: (message) => {
        if (child.ended) return;
        if (child.port === null) child.waiting.push(message);
        else child.port.postMessage(message);
      },
      onMessage: (listener) => {
        child.onMessage.push(listener);
      },
      onExit: (listener) => {
        child.onExit = listener;
      },
      kill: () => {
        if (!child.ended) this.#ask({ type: 'kill-child', key });
      },
    };
  }

  /** Takes what main tells of a child. */
  report(report: SpawnReport, port: ChildPort | undefined): void {
    const child = this.#children.get(report.key);
    if (child === undefined) {
      port?.close();
      return;
    }
    if (report.type === 'child-exit') {
      this.#children.delete(report.key);
      child.ended = true;
      child.port?.close();
      child.onExit?.(report.code, null);
      return;
    }
    child.pid = report.pid;
    if (port === undefined) return;
    child.port = port;
    port.on('message', (event) => {
      for (const listener of child.onMessage) listener(event.data);
    });
    port.start();
    for (const message of child.waiting.splice(0)) port.postMessage(message);
  }
}
