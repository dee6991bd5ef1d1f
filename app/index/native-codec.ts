import { setImmediate } from 'node:timers/promises';
import type { CompressedMultivector } from '../contract/passage.ts';
import type { Addon, NativeHandle } from './addon.ts';
import type { Bits, Codebook } from './codebook.ts';
import { type Codec, checkVectors, decompress, type TokenVectors } from './codec.ts';
import { dropLosers } from './dropping.ts';
import { callNative, laterNative } from './native-error.ts';
import type { Pooled } from './pooling.ts';
import { packedWidth } from './residual.ts';
import { scaleTables } from './scale-byte.ts';

/** Passages after which other work gets its turn. */
const PASSAGES_A_TURN = 8;

/** Copies a codebook behind a native handle. */
export function nativeCodebook(addon: Addon, codebook: Codebook, bits: Bits): NativeHandle {
  const { scales, inverseNorms, scaleBorders, normBorders } = scaleTables(codebook.dimension, bits);
  return callNative(() =>
    addon.createCodebook(
      codebook.dimension,
      bits,
      codebook.centroids,
      scales,
      inverseNorms,
      scaleBorders,
      normBorders,
      process.env.PASSIM_KERNEL ?? '',
    ),
  );
}

/** The codec in native code: same bytes as {@link TypeScriptCodec}, about a hundred times as fast. */
export class NativeCodec implements Codec {
  readonly dimension: number;
  readonly bits: Bits;
  readonly #addon: Addon;
  readonly #codebook: Codebook;
  readonly #handle: NativeHandle;

  constructor(addon: Addon, codebook: Codebook, bits: Bits) {
    this.#addon = addon;
    this.#codebook = codebook;
    this.dimension = codebook.dimension;
    this.bits = bits;
    this.#handle = nativeCodebook(addon, codebook, bits);
  }

  compress(passage: TokenVectors): CompressedMultivector {
    checkVectors(passage, this.dimension);
    const compressed = callNative(() => this.#addon.compress(this.#handle, passage.vectors));
    return { count: passage.count, ...compressed };
  }

  async compressBatch(passages: readonly TokenVectors[]): Promise<CompressedMultivector[]> {
    const vectors = this.#gather(passages);
    if (vectors.length === 0) return [];
    const compressed = await laterNative(() => this.#addon.compressBatch(this.#handle, vectors));
    const width = packedWidth(this.dimension, this.bits);
    let start = 0;
    return passages.map(({ count }) => {
      const end = start + count;
      const part = {
        count,
        centroids: compressed.centroids.slice(start, end),
        residuals: compressed.residuals.slice(start * width, end * width),
        scales: compressed.scales.slice(start, end),
      };
      start = end;
      return part;
    });
  }

  async poolBatch(passages: readonly TokenVectors[], factor: number): Promise<Pooled[]> {
    const vectors = this.#gather(passages);
    if (vectors.length === 0) return [];
    const counts = Uint32Array.from(passages, ({ count }) => count);
    const pooled = await laterNative(() => this.#addon.poolBatch(vectors, this.dimension, counts, factor));
    let start = 0;
    let first = 0;
    return passages.map((passage, i) => {
      const count = pooled.counts[i] ?? 0;
      const part = {
        count,
        vectors: pooled.vectors.slice(start * this.dimension, (start + count) * this.dimension),
        groups: pooled.groups.slice(first, first + passage.count),
      };
      start += count;
      first += passage.count;
      return part;
    });
  }

  async dropBatch(passages: readonly TokenVectors[], leastWins: number): Promise<Pooled[]> {
    const vectors = this.#gather(passages);
    if (vectors.length === 0) return [];
    const counts = Uint32Array.from(passages, ({ count }) => count);
    const wins = await laterNative(() => this.#addon.wins(this.#handle, vectors, counts));
    const left: Pooled[] = [];
    let first = 0;
    for (const { vectors: own, count } of passages) {
      left.push(dropLosers(own, wins.subarray(first, first + count), leastWins));
      first += count;
      // A few tenths of a millisecond each.
      if (left.length % PASSAGES_A_TURN === 0) await setImmediate();
    }
    return left;
  }

  /** The vectors of all passages, one after the other. */
  #gather(passages: readonly TokenVectors[]): Float32Array {
    for (const passage of passages) checkVectors(passage, this.dimension);
    const total = passages.reduce((sum, { count }) => sum + count, 0);
    const vectors = new Float32Array(total * this.dimension);
    let offset = 0;
    for (const passage of passages) {
      vectors.set(passage.vectors, offset);
      offset += passage.vectors.length;
    }
    return vectors;
  }

  decompress(multivector: CompressedMultivector): Float32Array {
    return decompress(multivector, this.#codebook, this.bits);
  }
}
