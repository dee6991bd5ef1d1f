import { createParser } from 'eventsource-parser';
import { ENGINE_CALLS, type EngineEvent } from '../../app/contract/engine.ts';
import { type Envelope, fromEnvelope, PassimError, toEnvelope } from '../../app/contract/errors.ts';
import { type PassimApi, SHELL_CALLS } from '../../app/contract/shell.ts';

export interface LoopbackOptions {
  /** Address of the server, without a slash at its end; "" for the page's own. */
  readonly origin: string;
  readonly token: string;
  readonly fetch?: typeof fetch;
  /** Told when the stream of events opens and when it breaks. */
  readonly onConnection?: (connected: boolean) => void;
  /** Milliseconds before a broken stream is opened again. */
  readonly retryMs?: number;
}

interface Schema {
  safeParse(value: unknown): { success: boolean; data?: unknown };
}

/** The contract over loopback HTTP: the same object that the desktop window gets from its preload script. */
export function createLoopbackApi(options: LoopbackOptions): PassimApi & { close(): void } {
  const ask = options.fetch ?? fetch;
  const headers = { Authorization: `Bearer ${options.token}` };
  const listeners = new Set<(event: EngineEvent) => void>();
  let stream: AbortController | null = null;

  async function send(path: string, init: RequestInit): Promise<Response> {
    try {
      return await ask(`${options.origin}/api/${path}`, init);
    } catch (error) {
      if ((error as Error).name === 'AbortError')
        throw new PassimError('cancelled', 'The call was cancelled.');
      throw new PassimError(
        'engine-stopped',
        'Passim does not answer. It may have been stopped; start it again and reload this page.',
      );
    }
  }

  async function call(name: string, schema: Schema, input: unknown, signal?: AbortSignal): Promise<unknown> {
    const response = await send(name, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify(input ?? {}),
      ...(signal === undefined ? {} : { signal }),
    });
    let envelope: Envelope<unknown>;
    try {
      envelope = (await response.json()) as Envelope<unknown>;
    } catch (error) {
      if (signal?.aborted) throw new PassimError('cancelled', 'The call was cancelled.');
      throw new PassimError('internal', `The answer to "${name}" could not be read.`, { cause: error });
    }
    if (!envelope.ok) throw fromEnvelope(envelope.error);
    const parsed = schema.safeParse(envelope.value);
    if (!parsed.success) {
      throw new PassimError(
        'internal',
        `The answer to "${name}" is not of the expected form. Reload this page.`,
      );
    }
    return parsed.data;
  }

  async function listen(signal: AbortSignal): Promise<void> {
    const response = await send('events', { headers, signal });
    if (!response.ok || response.body === null) throw fromEnvelope(toEnvelope(new Error('no stream')));
    options.onConnection?.(true);
    const parser = createParser({
      onEvent: ({ data }) => {
        const event = JSON.parse(data) as EngineEvent;
        for (const listener of listeners) listener(event);
      },
    });
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  async function keepListening(): Promise<void> {
    const controller = new AbortController();
    stream = controller;
    while (!controller.signal.aborted) {
      await listen(controller.signal).catch(() => {});
      if (controller.signal.aborted) return;
      options.onConnection?.(false);
      await new Promise((resolve) => setTimeout(resolve, options.retryMs ?? 1000));
    }
  }

  return {
    call: (name, input, signal) => call(name, ENGINE_CALLS[name].response, input, signal) as never,
    shell: (name, input) => call(name, SHELL_CALLS[name].response, input) as never,
    onEvent(listener) {
      listeners.add(listener);
      if (stream === null) void keepListening();
      return () => {
        listeners.delete(listener);
      };
    },
    async readFile(passageId, signal) {
      const response = await send(`file/${encodeURIComponent(passageId)}`, {
        headers,
        ...(signal === undefined ? {} : { signal }),
      });
      if (!response.ok) throw fromEnvelope(((await response.json()) as { error: never }).error);
      return { bytes: new Uint8Array(await response.arrayBuffer()), path: '' };
    },
    close() {
      stream?.abort();
      stream = null;
    },
  };
}
