import type { CompressedMultivector } from '../contract/passage.ts';
import type { Addon, NativeHandle, NativeMultivector } from './addon.ts';
import type { Bits, Codebook } from './codebook.ts';
import { type Codec, checkVectors, decompress, type TokenVectors } from './codec.ts';
import { INVERSE_NORMS, NORM_BORDERS } from './inverse-norm.ts';
import { callNative, fromNative } from './native-error.ts';
import { packedWidth } from './residual.ts';

/** Copies a codebook behind a native handle. */
export function nativeCodebook(addon: Addon, codebook: Codebook, bits: Bits): NativeHandle {
  const { cuts, codes, scale } = codebook.buckets[bits];
  return callNative(() =>
    addon.createCodebook(
      codebook.dimension,
      bits,
      codebook.centroids,
      cuts,
      codes,
      scale,
      INVERSE_NORMS,
      NORM_BORDERS,
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
    for (const passage of passages) checkVectors(passage, this.dimension);
    const total = passages.reduce((sum, { count }) => sum + count, 0);
    if (total === 0) return [];
    const vectors = new Float32Array(total * this.dimension);
    let offset = 0;
    for (const passage of passages) {
      vectors.set(passage.vectors, offset);
      offset += passage.vectors.length;
    }
    let compressed: NativeMultivector;
    try {
      compressed = await this.#addon.compressBatch(this.#handle, vectors);
    } catch (error) {
      throw fromNative(error);
    }
    const width = packedWidth(this.dimension, this.bits);
    let start = 0;
    return passages.map(({ count }) => {
      const end = start + count;
      const part = {
        count,
        centroids: compressed.centroids.slice(start, end),
        residuals: compressed.residuals.slice(start * width, end * width),
        inverseNorms: compressed.inverseNorms.slice(start, end),
      };
      start = end;
      return part;
    });
  }

  decompress(multivector: CompressedMultivector): Float32Array {
    return decompress(multivector, this.#codebook, this.bits);
  }
}
