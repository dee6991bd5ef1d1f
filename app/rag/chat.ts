import { createParser } from 'eventsource-parser';
import { z } from 'zod';
import { PassimError } from '../contract/errors.ts';
import { type Scheduler, systemScheduler } from '../contract/ports.ts';

/** A server that speaks OpenAI's chat completions, as the person configured it. */
export interface ChatServer {
  /** Base address, e.g. "http://127.0.0.1:11434/v1". */
  readonly url: string;
  /** "" lets the server choose. */
  readonly model: string;
  /** Sent as a bearer token when there is one. */
  readonly key: string | null;
  /** Milliseconds that the server may be silent before it is given up. */
  readonly timeoutMs: number;
}

export interface ChatOptions {
  readonly signal?: AbortSignal;
  readonly scheduler?: Scheduler;
  readonly fetch?: typeof fetch;
}

/** An answer longer than this is cut off: something is wrong with the server. */
const MAX_CHARACTERS = 1_000_000;

const chunkSchema = z.object({
  choices: z
    .array(
      z.object({
        delta: z.object({ content: z.string().nullish() }).nullish(),
        message: z.object({ content: z.string().nullish() }).nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  error: z.union([z.string(), z.object({ message: z.string() })]).nullish(),
});

const failed = (server: ChatServer, what: string, cause?: unknown) =>
  new PassimError('answer-failed', `The server at ${server.url} ${what}`, {
    subject: server.url,
    ...(cause === undefined ? {} : { cause }),
  });

/**
 * Sends a prompt and gives the answer piece by piece as it comes. Nothing but the prompt and the model's name is
 * sent, to that address alone: redirects are not followed.
 * @throws PassimError 'answer-failed' when the server cannot be reached, refuses, is silent for too long, or breaks
 *   off; 'cancelled'
 */
export async function* streamAnswer(
  server: ChatServer,
  prompt: string,
  options: ChatOptions = {},
): AsyncGenerator<string, void, undefined> {
  const watch = new Watch(server.timeoutMs, options.scheduler ?? systemScheduler, options.signal);
  try {
    const response = await (options.fetch ?? fetch)(`${server.url.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      redirect: 'error',
      signal: watch.signal,
      headers: {
        'Content-Type': 'application/json',
        Accept: 'text/event-stream',
        ...(server.key === null ? {} : { Authorization: `Bearer ${server.key}` }),
      },
      body: JSON.stringify({
        ...(server.model === '' ? {} : { model: server.model }),
        messages: [{ role: 'user', content: prompt }],
        stream: true,
      }),
    });
    watch.heard();
    if (!response.ok) throw failed(server, `refused: ${response.status} ${await reasonOf(response)}`);
    const pieces = response.headers.get('content-type')?.includes('text/event-stream')
      ? streamedPieces(server, response, watch)
      : wholeAnswer(server, response);
    let length = 0;
    for await (const piece of pieces) {
      yield piece;
      length += piece.length;
      if (length > MAX_CHARACTERS) throw failed(server, 'does not come to an end.');
    }
    if (length === 0) throw failed(server, 'gave an empty answer.');
  } catch (error) {
    if (options.signal?.aborted) throw new PassimError('cancelled', 'The question was cancelled.');
    if (watch.expired)
      throw failed(server, `has been silent for ${Math.round(server.timeoutMs / 1000)} s and was given up.`);
    if (error instanceof PassimError) throw error;
    throw failed(server, `cannot be reached: ${reachError(error)}. Is it running?`, error);
  } finally {
    watch.stop();
  }
}

/** Ends a request when the person cancels it or the server is silent. */
class Watch {
  readonly #controller = new AbortController();
  readonly #ms: number;
  readonly #scheduler: Scheduler;
  readonly #outer: AbortSignal | undefined;
  #timer: { cancel(): void } | null = null;
  expired = false;
  readonly #onAbort = () => this.#controller.abort();

  constructor(ms: number, scheduler: Scheduler, outer: AbortSignal | undefined) {
    this.#ms = ms;
    this.#scheduler = scheduler;
    this.#outer = outer;
    if (outer?.aborted) this.#controller.abort();
    outer?.addEventListener('abort', this.#onAbort, { once: true });
    this.heard();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came: the silence begins anew. */
  heard(): void {
    this.#timer?.cancel();
    this.#timer = this.#scheduler.after(this.#ms, () => {
      this.expired = true;
      this.#controller.abort();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#outer?.removeEventListener('abort', this.#onAbort);
    // Leaving the loop early must not leave the request open.
    this.#controller.abort();
  }
}

async function* streamedPieces(
  server: ChatServer,
  response: Response,
  watch: Watch,
): AsyncGenerator<string, void, undefined> {
  const waiting: string[] = [];
  let finished = false;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data.trim() === '[DONE]') {
        finished = true;
        return;
      }
      const { choices } = parseChunk(server, data);
      const choice = choices?.[0];
      if (choice?.delta?.content) waiting.push(choice.delta.content);
      if (choice?.finish_reason) finished = true;
    },
  });
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    watch.heard();
    parser.feed(decoder.decode(bytes as Uint8Array, { stream: true }));
    yield* waiting.splice(0);
  }
  parser.reset({ consume: true });
  yield* waiting.splice(0);
  if (!finished) throw failed(server, 'broke off in the middle of its answer.');
}

/** Servers that do not stream answer at once. */
async function* wholeAnswer(server: ChatServer, response: Response): AsyncGenerator<string, void, undefined> {
  const { choices } = parseChunk(server, await response.text());
  const content = choices?.[0]?.message?.content;
  if (content) yield content;
}

function parseChunk(server: ChatServer, data: string): z.infer<typeof chunkSchema> {
  let raw: unknown;
  try {
    raw = JSON.parse(data);
  } catch {
    throw failed(server, 'gave an answer that is no JSON. Is the address that of an OpenAI-compatible API?');
  }
  const parsed = chunkSchema.safeParse(raw);
  if (!parsed.success) throw failed(server, 'gave an answer of another shape than chat completions have.');
  const { error } = parsed.data;
  if (error) throw failed(server, `failed: ${typeof error === 'string' ? error : error.message}`);
  return parsed.data;
}

/** What a server says about its refusal, shortened. */
async function reasonOf(response: Response): Promise<string> {
  const text = (await response.text().catch(() => '')).slice(0, 2_000);
  try {
    const parsed = chunkSchema.safeParse(JSON.parse(text));
    const error = parsed.success ? parsed.data.error : null;
    if (error) return typeof error === 'string' ? error : error.message;
  } catch {}
  return text.replaceAll(/\s+/g, ' ').slice(0, 200) || response.statusText;
}

function reachError(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return error instanceof Error ? error.message : String(error);
}
