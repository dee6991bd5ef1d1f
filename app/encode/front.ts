import { type EncodedQuery, PassimError } from '../contract/index.ts';
import type { WorkerCall, WorkerCalls } from './protocol.ts';
import type { TokenizedPassage } from './tokenizer.ts';
import { type WorkerClient, WorkerDiedError } from './worker-client.ts';

/** Texts tokenised at once: few, so that a query that comes meanwhile waits a few milliseconds at most. */
const TEXTS_AT_ONCE = 32;
/** A character more than this many times the longest passage in tokens can't be read by the model. */
const MOST_CHARS_PER_TOKEN = 1000;

/** The worker that tokenises and encodes queries. A call that its death interrupted is made once more. */
export class Front {
  readonly #client: WorkerClient;
  readonly #mostChars: number;

  constructor(client: WorkerClient, maxPassageTokens: number) {
    this.#client = client;
    this.#mostChars = maxPassageTokens * MOST_CHARS_PER_TOKEN;
  }

  open(): Promise<void> {
    return this.#client.open();
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  query(text: string): Promise<EncodedQuery> {
    return this.#ask('query', { text });
  }

  offsets(text: string): Promise<Uint32Array> {
    return this.#ask('offsets', { text });
  }

  lengths(texts: readonly string[]): Promise<Uint32Array> {
    return this.#ask('lengths', { texts });
  }

  /**
   * Passages as the model reads them; a text that can't be tokenised gets its error.
   * @throws PassimError 'cancelled'
   */
  async passages(
    texts: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<(TokenizedPassage | PassimError)[]> {
    const rows: (TokenizedPassage | PassimError)[] = [];
    for (let from = 0; from < texts.length; from += TEXTS_AT_ONCE) {
      if (signal?.aborted) throw new PassimError('cancelled', 'Encoding was cancelled.');
      const some = texts.slice(from, from + TEXTS_AT_ONCE);
      const found = await this.#some(some.map((text) => text.slice(0, this.#mostChars)));
      found.forEach((row, i) => {
        const cut = (some[i]?.length ?? 0) > this.#mostChars && !(row instanceof PassimError);
        rows.push(cut ? { ...row, truncated: true } : row);
      });
    }
    return rows;
  }

  /** Halves what fails until the text at fault is alone. */
  async #some(texts: readonly string[]): Promise<(TokenizedPassage | PassimError)[]> {
    try {
      return await (texts.length === 1
        ? this.#ask('tokenize', { texts })
        : this.#client.call('tokenize', { texts }));
    } catch (error) {
      if (!(error instanceof PassimError) || error.code === 'engine-stopped') throw error;
      if (texts.length === 1) return [error];
      const half = texts.length >> 1;
      return [...(await this.#some(texts.slice(0, half))), ...(await this.#some(texts.slice(half)))];
    }
  }

  async #ask<C extends WorkerCall>(
    call: C,
    request: WorkerCalls[C]['request'],
  ): Promise<WorkerCalls[C]['response']> {
    try {
      return await this.#client.call(call, request);
    } catch (error) {
      if (!(error instanceof WorkerDiedError)) throw error;
      return this.#client.call(call, request);
    }
  }
}
