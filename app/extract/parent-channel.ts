/** The worker's end of its connection with the process that started it. */
export interface ParentChannel {
  send(message: unknown): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called when the other end has gone. */
  onClose(listener: () => void): void;
}

/** The part of an Electron MessagePortMain or parentPort that is used; Electron's types are not imported here. */
interface PortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { data: unknown; ports?: readonly PortLike[] }) => void): void;
  on(event: 'close', listener: () => void): void;
  start?(): void;
}

function electronPort(): PortLike | null {
  if (!('parentPort' in process)) return null;
  const port = process.parentPort;
  return typeof port === 'object' && port !== null && 'postMessage' in port
    ? (port as unknown as PortLike)
    : null;
}

/**
 * Connects with the parent. Under Node that is the IPC channel of `fork`. In an Electron utility process the first
 * message on `parentPort` carries the MessagePort of the engine, which then speaks the same messages.
 */
export function connectParent(): Promise<ParentChannel> {
  const parent = electronPort();
  if (parent === null) return Promise.resolve(forkChannel());
  return new Promise((resolve) => {
    parent.on('message', (event) => {
      const port = event.ports?.[0];
      if (port === undefined) return;
      resolve({
        send: (message) => port.postMessage(message),
        onMessage: (listener) => {
          port.on('message', ({ data }) => listener(data));
          port.start?.();
        },
        onClose: (listener) => port.on('close', listener),
      });
    });
  });
}

function forkChannel(): ParentChannel {
  return {
    send: (message) => {
      process.send?.(message);
    },
    onMessage: (listener) => {
      process.on('message', listener);
    },
    onClose: (listener) => {
      process.on('disconnect', listener);
    },
  };
}
