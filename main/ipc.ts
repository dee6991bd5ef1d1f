import { ENGINE_CALLS, type EngineApi } from '../app/contract/engine.ts';
import { type Envelope, PassimError, toEnvelope } from '../app/contract/errors.ts';
import { type Extent, IPC_REQUESTS, type IpcRequest, type IpcRequestChannel } from '../app/contract/ipc.ts';
import type { Scheduler } from '../app/contract/ports.ts';
import { SHELL_CALLS, type ShellApi } from '../app/contract/shell.ts';
import { EventQueue } from '../app/serve/events.ts';
import { parseRequest } from '../app/serve/validate.ts';
import { isModest } from './bounds.ts';
import type { ContentsApi, IpcEvent, IpcMainApi } from './electron-api.ts';
import { isTrusted } from './policy.ts';

/** Calls that may run at once; a person's window has a handful. */
const MAX_RUNNING = 256;
/** Milliseconds between two batches of events. */
const EVENT_PAUSE_MS = 50;

export interface IpcOptions {
  readonly ipcMain: IpcMainApi;
  readonly engine: EngineApi;
  readonly shell: ShellApi;
  readonly scheduler: Scheduler;
  /** The window's contents; null while there is none. */
  contents(): ContentsApi | null;
  /** Told how much room the page wants. */
  onExtent(extent: Extent): void;
}

/**
 * Answers the window. Whatever comes is held against sender, size and schema, in this order, before anything is done
 * with it, and every answer is an envelope: a value, or an error with a code.
 */
export function serveWindow(options: IpcOptions): void {
  const { ipcMain, engine, shell, scheduler } = options;
  const running = new Map<number, AbortController>();
  const events = new EventQueue();
  let listening = false;
  engine.onEvent((event) => events.push(event));

  /** The message, checked; throws for one that is not the window's or not of the documented shape. */
  function check<C extends IpcRequestChannel>(
    event: IpcEvent,
    channel: C,
    raw: readonly unknown[],
  ): IpcRequest<C> {
    if (!isTrusted(event, contentsId(options))) {
      throw new PassimError('not-allowed', 'The message does not come from the window that Passim opened.');
    }
    if (raw.length !== 1 || !isModest(raw[0])) {
      throw new PassimError('bad-request', 'The message is larger than any that Passim sends.', {
        subject: channel,
      });
    }
    return parseRequest(channel, IPC_REQUESTS[channel], raw[0]) as IpcRequest<C>;
  }

  function handle<C extends IpcRequestChannel>(
    channel: C,
    work: (message: IpcRequest<C>) => Promise<unknown>,
  ): void {
    ipcMain.handle(channel, async (event, ...raw): Promise<Envelope<unknown>> => {
      try {
        return { ok: true, value: await work(check(event, channel, raw)) };
      } catch (error) {
        return { ok: false, error: toEnvelope(error) };
      }
    });
  }

  /** Messages without an answer: what is wrong with one is nobody's to hear. */
  function hear<C extends IpcRequestChannel>(channel: C, work: (message: IpcRequest<C>) => void): void {
    ipcMain.on(channel, (event, ...raw) => {
      try {
        work(check(event, channel, raw));
      } catch {}
    });
  }

  async function cancellable<T>(ticket: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (running.size >= MAX_RUNNING) throw new PassimError('bad-request', 'Too many calls run at once.');
    const controller = new AbortController();
    running.set(ticket, controller);
    try {
      return await work(controller.signal);
    } finally {
      if (running.get(ticket) === controller) running.delete(ticket);
    }
  }

  handle('passim:call', ({ name, input, ticket }) => {
    const checked = parseRequest(name, ENGINE_CALLS[name].request, input ?? {});
    return cancellable(ticket, (signal) => engine.call(name, checked as never, signal));
  });
  handle('passim:shell', ({ name, input }) =>
    shell.shell(name, parseRequest(name, SHELL_CALLS[name].request, input ?? {}) as never),
  );
  handle('passim:read-file', ({ id, ticket }) => cancellable(ticket, (signal) => shell.readFile(id, signal)));
  hear('passim:cancel', ({ ticket }) => running.get(ticket)?.abort());
  hear('passim:extent', (extent) => options.onExtent(extent));
  hear('passim:listen', () => {
    // A page that was loaded anew counts its tickets from the start.
    for (const controller of running.values()) controller.abort();
    running.clear();
    if (!listening) void pump();
    listening = true;
  });

  async function pump(): Promise<void> {
    const never = new Promise<void>(() => {});
    for (;;) {
      const batch = await events.take(never);
      const contents = options.contents();
      if (contents !== null && !contents.isDestroyed()) contents.send('passim:events', batch);
      await new Promise<void>((resolve) => scheduler.after(EVENT_PAUSE_MS, resolve));
    }
  }
}

function contentsId(options: IpcOptions): number | null {
  const contents = options.contents();
  return contents === null || contents.isDestroyed() ? null : contents.id;
}
