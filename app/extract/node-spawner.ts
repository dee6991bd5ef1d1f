import { fork } from 'node:child_process';
import type { ChildHandle, Spawner } from '../contract/ports.ts';

interface NodeSpawnerOptions {
  /** Told what a child writes to its standard error, in pieces. */
  readonly onStderr?: (name: string, text: string) => void;
  /** Variables that children get besides those of this process, which come first. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Starts children with `child_process.fork`; messages travel by structured clone. For Node, not for Electron. */
export function createNodeSpawner(options: NodeSpawnerOptions = {}): Spawner {
  return {
    spawn(module, { name, args = [], execArgv = [] }): ChildHandle {
      const child = fork(module, [...args], {
        serialization: 'advanced',
        execArgv: [...execArgv],
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        // Options meant for the parent (inspectors, loaders) would be passed on to each child.
        env: { ...options.environment, ...process.env, NODE_OPTIONS: '' },
        windowsHide: true,
      });
      child.stderr?.setEncoding('utf8').on('data', (text: string) => options.onStderr?.(name, text));
      let ended = false;
      let tellExit: ((code: number | null, signal: string | null) => void) | undefined;
      const exit = (code: number | null, signal: string | null) => {
        if (ended) return;
        ended = true;
        tellExit?.(code, signal);
      };
      child.on('exit', exit);
      // 'error' comes instead of 'exit' when the process could not be started, and for failed sends.
      child.on('error', () => {
        if (child.pid === undefined) exit(null, null);
      });
      return {
        pid: child.pid,
        send: (message) => {
          if (child.connected) child.send(message as NonNullable<unknown>, () => {});
        },
        onMessage: (listener) => {
          child.on('message', listener);
        },
        onExit: (listener) => {
          tellExit = listener;
        },
        kill: () => {
          child.kill('SIGKILL');
        },
      };
    },
  };
}
