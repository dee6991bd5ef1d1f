import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector } from '../contract/passage.ts';
import type {
  Alignment,
  ChanceLevel,
  IndexHit,
  IndexSearchOptions,
  IndexStats,
  MatchedHits,
  MultivectorIndex,
} from '../contract/vectors.ts';
import type { Addon, NativeHandle, NativeHits, NativeRestored, SearchWork } from './addon.ts';
import type { Bits, Codebook } from './codebook.ts';
import {
  checkArray,
  checkCount,
  checkKey,
  checkMultivector,
  checkQuery,
  checkSearchOptions,
  checkWeights,
  refuse,
} from './guard.ts';
import { nativeCodebook } from './native-codec.ts';
import { callNative, fromNative, laterNative } from './native-error.ts';
import { packedWidth } from './residual.ts';

export interface NativeIndexOptions {
  /** Threads that one search may use; 0 takes what the machine has, at most 8. */
  readonly threads?: number;
  /** Share of the true k best that a pruned search is to find, on average; see {@link recallFor} when absent. */
  readonly recall?: number;
}

/**
 * Share of the k best that a search is to find unless told otherwise: 0.999 of ten, which people read, down to 0.93
 * of a hundred and more, whose end only feeds a fusion. What is missed lies at that end (docs/decisions/index.md).
 */
function recallFor(k: number): number {
  return 1 - Math.min(0.07, 0.001 * (Math.max(k, 1) / 10) ** 1.85);
}

type MeasuredOptions = IndexSearchOptions & { readonly recall?: number };

function hitsOf({ keys, scores }: NativeHits): IndexHit[] {
  return Array.from(keys, (key, i) => ({ key, score: scores[i] ?? Number.NaN }));
}

/** The index in native code; see native/index/. Its memory lies outside the JavaScript heap. */
export class NativeIndex implements MultivectorIndex {
  readonly #addon: Addon;
  readonly #codebook: Codebook;
  readonly #packedWidth: number;
  readonly #kernel: string;
  readonly #recall: number | undefined;
  #handle: NativeHandle | undefined;

  constructor(addon: Addon, codebook: Codebook, bits: Bits, options: NativeIndexOptions = {}) {
    this.#addon = addon;
    this.#codebook = codebook;
    this.#packedWidth = packedWidth(codebook.dimension, bits);
    this.#recall = options.recall;
    const handle = nativeCodebook(addon, codebook, bits);
    this.#kernel = addon.kernelOf(handle);
    this.#handle = callNative(() => addon.createIndex(handle, options.threads ?? 0));
  }

  add(key: number, multivector: CompressedMultivector, checksum = 0): void {
    const handle = this.#open();
    checkKey(key);
    checkMultivector(multivector, {
      dimension: this.#codebook.dimension,
      packedWidth: this.#packedWidth,
      size: this.#codebook.size,
    });
    const { centroids, residuals, scales } = multivector;
    callNative(() => this.#addon.add(handle, key, checksum, centroids, residuals, scales));
  }

  remove(key: number): boolean {
    const handle = this.#open();
    checkKey(key);
    return callNative(() => this.#addon.remove(handle, key));
  }

  has(key: number): boolean {
    const handle = this.#open();
    checkKey(key);
    return callNative(() => this.#addon.has(handle, key));
  }

  async search(query: Float32Array, options: IndexSearchOptions): Promise<IndexHit[]> {
    return hitsOf(await this.#search(query, options, false));
  }

  async searchMatches(query: Float32Array, options: IndexSearchOptions): Promise<MatchedHits> {
    const found = await this.#search(query, options, true);
    return { hits: hitsOf(found), matches: found.matches };
  }

  /** {@link search} and what it did. */
  async searchMeasured(
    query: Float32Array,
    options: MeasuredOptions,
  ): Promise<{ readonly hits: IndexHit[]; readonly work: SearchWork }> {
    const found = await this.#search(query, options, false);
    const { keys: _keys, scores: _scores, matches: _matches, ...work } = found;
    return { hits: hitsOf(found), work };
  }

  async #search(query: Float32Array, options: MeasuredOptions, matches: boolean): Promise<NativeHits> {
    const handle = this.#open();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkSearchOptions(options, tokens);
    const { k, weights, allow, exhaustive = false, signal } = options;
    if (signal?.aborted) throw new PassimError('cancelled', 'the search was cancelled');
    const cancellation = this.#addon.createCancellation();
    const onAbort = () => this.#addon.cancel(cancellation);
    signal?.addEventListener('abort', onAbort, { once: true });
    let hits: NativeHits;
    try {
      hits = await this.#addon.search(
        handle,
        query,
        weights ?? null,
        allow ?? null,
        k,
        exhaustive,
        options.recall ?? this.#recall ?? recallFor(k),
        cancellation,
        matches,
      );
    } catch (error) {
      throw fromNative(error);
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
    if (signal?.aborted) throw new PassimError('cancelled', 'the search was cancelled');
    return hits;
  }

  score(query: Float32Array, keys: Uint32Array, weights?: Float32Array): Float32Array {
    const handle = this.#open();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    checkWeights(weights, tokens);
    return callNative(() => this.#addon.score(handle, query, keys, weights ?? null));
  }

  async matches(query: Float32Array, keys: Uint32Array): Promise<Float32Array> {
    const handle = this.#open();
    checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    return laterNative(() => this.#addon.matches(handle, query, keys));
  }

  align(query: Float32Array, keys: Uint32Array): (Alignment | null)[] {
    const handle = this.#open();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    const { found, best, similarity } = callNative(() => this.#addon.align(handle, query, keys));
    return Array.from(found, (there, i) => {
      if (there === 0) return null;
      const [from, to] = [i * tokens, (i + 1) * tokens];
      return { best: best.subarray(from, to), similarity: similarity.subarray(from, to) };
    });
  }

  async chance(query: Float32Array, sample: number): Promise<ChanceLevel> {
    const handle = this.#open();
    checkQuery(query, this.#codebook.dimension);
    checkCount(sample, 'sample');
    return laterNative(() => this.#addon.chance(handle, query, sample));
  }

  stats(): IndexStats {
    const counts =
      this.#handle === undefined
        ? { passages: 0, vectors: 0, bytes: 0, mapped: 0 }
        : this.#addon.stats(this.#handle);
    return { kind: 'native', kernel: this.#kernel, ...counts };
  }

  /** Resolves when merging and compaction have caught up with the updates so far. */
  async settle(): Promise<void> {
    await this.#addon.settle(this.#open());
  }

  /** Writes what is not on the disk yet to files in `folder`; resolves with the paths of all files of the index. */
  async persist(folder: string): Promise<string[]> {
    return this.#addon.persist(this.#open(), folder);
  }

  /**
   * Maps files that {@link persist} wrote and takes those of their passages that are among `keys` (ascending) with
   * the same checksum.
   * @param all also reads and checks the residuals
   * @returns files that can't be used, and keys that are not in the index
   */
  async restore(
    paths: readonly string[],
    keys: Uint32Array,
    checksums: Uint32Array,
    all: boolean,
  ): Promise<NativeRestored> {
    return this.#addon.restore(this.#open(), paths, keys, checksums, all);
  }

  /** Checks the residuals in mapped files; resolves with the keys of passages that were damaged and are removed. */
  async verify(): Promise<Uint32Array> {
    return this.#addon.verify(this.#open());
  }

  close(): void {
    if (this.#handle === undefined) return;
    this.#addon.close(this.#handle);
    this.#handle = undefined;
  }

  #open(): NativeHandle {
    if (this.#handle === undefined) throw refuse('index', 'is closed');
    return this.#handle;
  }
}
