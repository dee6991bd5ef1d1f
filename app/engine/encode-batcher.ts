import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector, TokenSpans } from '../contract/passage.ts';

/** A passage encoded and compressed: what can be shared by all passages with the same content key. */
export interface EncodedContent {
  readonly multivector: CompressedMultivector;
  readonly spans: TokenSpans;
  readonly dense: Float32Array;
  readonly tokenCount: number;
}

export interface EncodeJob {
  readonly contentKey: string;
  /** What the model reads. */
  readonly text: string;
}

interface Waiting extends EncodeJob {
  readonly resolve: (content: EncodedContent) => void;
  readonly reject: (error: unknown) => void;
}

interface Options {
  /** Encodes and compresses texts, in order; a text that the model refuses gets its error and the others go on. */
  readonly encode: (texts: readonly string[]) => Promise<(EncodedContent | PassimError)[]>;
  /** Texts handed over at once. */
  readonly batch: number;
  /** Recently encoded contents kept for passages with the same key. */
  readonly remember: number;
  readonly onEncoded?: (tokens: number, passages: number) => void;
}

/**
 * Gathers passages of many files into full batches, and encodes each distinct content once: equal keys share one
 * run, whether waiting, running or just done.
 */
export class EncodeBatcher {
  readonly #options: Options;
  readonly #queue: Waiting[] = [];
  readonly #known = new Map<string, Promise<EncodedContent>>();
  #running = false;
  #stopped = false;

  constructor(options: Options) {
    this.#options = options;
  }

  encode(job: EncodeJob): Promise<EncodedContent> {
    if (this.#stopped) return Promise.reject(new PassimError('cancelled', 'Indexing was stopped.'));
    const known = this.#known.get(job.contentKey);
    if (known !== undefined) {
      // Moving it to the end keeps the map in order of last use.
      this.#known.delete(job.contentKey);
      this.#known.set(job.contentKey, known);
      return known;
    }
    const promise = new Promise<EncodedContent>((resolve, reject) => {
      this.#queue.push({ ...job, resolve, reject });
    });
    this.#known.set(job.contentKey, promise);
    promise.catch(() => this.#known.delete(job.contentKey));
    void this.#run();
    return promise;
  }

  /** Rejects what waits; what runs is finished by the encoder. */
  stop(): void {
    this.#stopped = true;
    for (const waiting of this.#queue.splice(0))
      waiting.reject(new PassimError('cancelled', 'Indexing was stopped.'));
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    // A turn of the event loop lets passages of files that are ready now join the first batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, this.#options.batch);
      await this.#encodeBatch(batch);
      this.#forget();
    }
    this.#running = false;
  }

  async #encodeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const contents = await this.#options.encode(batch.map((waiting) => waiting.text));
      let tokens = 0;
      batch.forEach((waiting, i) => {
        const content = contents[i];
        if (content === undefined) {
          waiting.reject(
            new PassimError('encode-failed', 'The encoder gave fewer passages than it was given.'),
          );
          return;
        }
        if (content instanceof PassimError) {
          waiting.reject(content);
          return;
        }
        tokens += content.tokenCount;
        waiting.resolve(content);
      });
      this.#options.onEncoded?.(tokens, batch.length);
    } catch (error) {
      for (const waiting of batch) waiting.reject(error);
    }
  }

  #forget(): void {
    for (const key of this.#known.keys()) {
      if (this.#known.size <= this.#options.remember) return;
      this.#known.delete(key);
    }
  }
}
