import type { EngineEvent } from '../../app/contract/engine.ts';
import { type Envelope, fromEnvelope, PassimError } from '../../app/contract/errors.ts';
import type { PassimBridge } from '../../app/contract/ipc.ts';
import type { PassimApi } from '../../app/contract/shell.ts';

/** The value of an envelope in JSON; its error is thrown as one with its code. */
function opened(text: string): never {
  const envelope = JSON.parse(text) as Envelope<unknown>;
  if (!envelope.ok) throw fromEnvelope(envelope.error);
  return envelope.value as never;
}

/** The engine and the shell through the functions of the desktop window's preload script, which checks both ways. */
export function createDesktopApi(bridge: PassimBridge): PassimApi {
  let nextTicket = 1;

  /** Signals cannot cross into the preload script's world; a number that names the call can. */
  async function cancellable<T>(
    work: (ticket: number) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    if (signal?.aborted) throw new PassimError('cancelled', 'The call was cancelled.');
    const ticket = nextTicket;
    nextTicket += 1;
    const cancel = () => bridge.cancel(ticket);
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await work(ticket);
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  return {
    call: (name, input, signal) =>
      cancellable(async (ticket) => opened(await bridge.call(name, input, ticket)), signal),
    shell: async (name, input) => opened(await bridge.shell(name, input)),
    onEvent: (listener) =>
      bridge.onEvents((text) => {
        for (const event of JSON.parse(text) as EngineEvent[]) listener(event);
      }),
    readFile: (id, signal) =>
      cancellable(async (ticket) => {
        const answer = await bridge.readFile(id, ticket);
        if (typeof answer === 'string') return opened(answer);
        return { bytes: new Uint8Array(answer.bytes), path: answer.path };
      }, signal),
  };
}
