import type { z } from 'zod';
import { ENGINE_CALLS, type EngineCall } from '../../app/contract/engine.ts';
import { type Envelope, PassimError, toEnvelope } from '../../app/contract/errors.ts';
import {
  envelopeSchema,
  fileBytesSchema,
  IPC_NOTICES,
  IPC_REQUESTS,
  type IpcRequestChannel,
  type PassimBridge,
} from '../../app/contract/ipc.ts';
import { SHELL_CALLS, type ShellCall } from '../../app/contract/shell.ts';
import { parseRequest } from '../../app/serve/validate.ts';

/** The part of Electron's ipcRenderer that is used. */
export interface RendererIpc {
  invoke(channel: string, message: unknown): Promise<unknown>;
  send(channel: string, message: unknown): void;
  on(channel: string, listener: (event: unknown, ...values: unknown[]) => void): unknown;
}

/**
 * The functions that the page gets. Every message is checked here before it leaves and every answer before the page
 * sees it; neither the channel nor an event object of Electron ever reaches the page.
 */
export function createBridge(ipc: RendererIpc): PassimBridge {
  const listeners = new Set<(events: string) => void>();
  const shownListeners = new Set<() => void>();
  let listening = false;
  ipc.on('passim:events', (_event, batch) => {
    const events = IPC_NOTICES['passim:events'].safeParse(batch);
    if (!events.success) return;
    const text = JSON.stringify(events.data);
    for (const listener of listeners) listener(text);
  });
  ipc.on('passim:shown', () => {
    for (const listener of shownListeners) listener();
  });

  async function ask(
    channel: IpcRequestChannel,
    message: unknown,
    response: z.ZodType,
  ): Promise<Envelope<unknown>> {
    try {
      const answer = envelopeSchema.safeParse(
        await ipc.invoke(channel, parseRequest(channel, IPC_REQUESTS[channel], message)),
      );
      if (!answer.success) throw unexpected(channel);
      if (!answer.data.ok) return answer.data as Envelope<never>;
      const value = response.safeParse(answer.data.value);
      if (!value.success) throw unexpected(channel);
      return { ok: true, value: value.data };
    } catch (error) {
      return { ok: false, error: toEnvelope(error) };
    }
  }

  /** Checks the input of a named call of a map, sends it, and gives the answer as JSON. */
  async function askNamed<K extends string>(
    channel: IpcRequestChannel,
    calls: Readonly<Record<K, { request: z.ZodType; response: z.ZodType }>>,
    name: string,
    input: unknown,
    extra: object,
  ): Promise<string> {
    // The page may pass anything at all, whatever the types say.
    if (typeof name !== 'string' || !Object.hasOwn(calls, name)) return refusal('There is no such call.');
    const { request, response } = calls[name as K];
    try {
      const checked = parseRequest(name, request, input ?? {});
      return JSON.stringify(await ask(channel, { name, input: checked, ...extra }, response));
    } catch (error) {
      return JSON.stringify({ ok: false, error: toEnvelope(error) });
    }
  }

  return {
    call: (name, input, ticket) => askNamed<EngineCall>('passim:call', ENGINE_CALLS, name, input, { ticket }),
    shell: (name, input) => askNamed<ShellCall>('passim:shell', SHELL_CALLS, name, input, {}),
    async readFile(id, ticket) {
      const answer = await ask('passim:read-file', { id, ticket }, fileBytesSchema);
      return answer.ok ? (answer.value as { bytes: Uint8Array; path: string }) : JSON.stringify(answer);
    },
    cancel(ticket) {
      const message = IPC_REQUESTS['passim:cancel'].safeParse({ ticket });
      if (message.success) ipc.send('passim:cancel', message.data);
    },
    onEvents(listener) {
      listeners.add(listener);
      if (!listening) {
        listening = true;
        ipc.send('passim:listen', {});
      }
      return () => {
        listeners.delete(listener);
      };
    },
    onShown(listener) {
      shownListeners.add(listener);
      return () => {
        shownListeners.delete(listener);
      };
    },
    setExtent(state, height) {
      const message = IPC_REQUESTS['passim:extent'].safeParse({ state, height });
      if (message.success) ipc.send('passim:extent', message.data);
    },
  };
}

function unexpected(channel: string): PassimError {
  return new PassimError('internal', `The answer to "${channel}" is not of the expected form.`);
}

function refusal(message: string): string {
  return JSON.stringify({ ok: false, error: { code: 'not-found', message } } satisfies Envelope<never>);
}
