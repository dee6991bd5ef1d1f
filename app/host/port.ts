import type { Logger, Spawner } from '../contract/ports.ts';
import { nodeSpawner } from '../engine/spawner.ts';
import { type ChildPort, isSpawnReport, PortSpawner } from './port-spawner.ts';

/** The engine process's side of the port to whoever started it. */
export interface EnginePort {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  onDisconnect(listener: () => void): void;
  close(): void;
  readonly spawner: Spawner;
  readonly logger: Logger;
}

/** What Electron gives a utility process in place of `process.send`. */
interface ParentPort {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly ChildPort[] }) => void,
  ): void;
}

const stderrLogger: Logger = {
  log(level, event, fields) {
    if (level === 'debug' && process.env['PASSIM_DEBUG'] === undefined) return;
    if (level === 'info' && process.env['PASSIM_DEBUG'] === undefined) return;
    process.stderr.write(
      `passim-engine ${level}: ${event}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}\n`,
    );
  },
};

/** Opens the port of this process: Node's IPC channel, or a utility process's parent port under Electron. */
export function openPort(): EnginePort {
  const parentPort = (process as unknown as { parentPort?: ParentPort }).parentPort;
  if (parentPort !== undefined) {
    const spawner = new PortSpawner((request) => parentPort.postMessage(request));
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (listener) =>
        parentPort.on('message', ({ data, ports }) => {
          if (isSpawnReport(data)) spawner.report(data, ports[0]);
          else listener(data);
        }),
      // A utility process ends with the main process.
      onDisconnect: () => {},
      close: () => process.exit(0),
      spawner,
      logger: stderrLogger,
    };
  }
  return {
    send: (message) => {
      if (process.connected) process.send?.(message);
    },
    onMessage: (listener) => process.on('message', listener),
    onDisconnect: (listener) => process.on('disconnect', listener),
    close: () => {
      if (process.connected) process.disconnect();
      // Native threads of the runtime must not keep a finished process alive.
      setTimeout(() => process.exit(0), 2_000).unref();
    },
    spawner: nodeSpawner,
    logger: stderrLogger,
  };
}
