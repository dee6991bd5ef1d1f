import { setImmediate } from 'node:timers/promises';
import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector } from '../contract/passage.ts';
import type { Bits, Codebook } from './codebook.ts';
import { INVERSE_NORMS, inverseNormByte } from './inverse-norm.ts';
import { nearestCentroids } from './nearest.ts';
import { bucketOf, packedWidth, unpackTable } from './residual.ts';

/** Token vectors of one passage, row-major count × dimension, each of length 1. */
export interface TokenVectors {
  readonly vectors: Float32Array;
  readonly count: number;
}

/**
 * Turns token vectors into what is stored of them and back. A vector is kept as the id of its nearest centroid, the
 * residual with `bits` bits a dimension (packing in residual.ts) and the inverse norm of the reconstruction in a byte
 * (scale in inverse-norm.ts), after ColBERTv2. The native and the TypeScript codec give the same bytes.
 */
export interface Codec {
  readonly dimension: number;
  readonly bits: Bits;
  /**
   * Blocks for about a millisecond a passage.
   * @throws PassimError 'bad-vector' naming the field that is wrong
   */
  compress(passage: TokenVectors): CompressedMultivector;
  /** The same without blocking the event loop: on other threads, or in slices where there is no addon. */
  compressBatch(passages: readonly TokenVectors[]): Promise<CompressedMultivector[]>;
  /** The reconstructed vectors, row-major count × dimension: (centroid + residual) × inverse norm. */
  decompress(multivector: CompressedMultivector): Float32Array;
}

/** How far from 1 the squared length of a token vector may be; half-precision encoders stay well inside. */
const LENGTH_TOLERANCE = 0.02;

function bad(field: string, message: string): PassimError {
  return new PassimError('bad-vector', `${field} ${message}`, { subject: field });
}

/**
 * Checks token vectors before they are compressed.
 * @throws PassimError 'bad-vector'
 */
export function checkVectors({ vectors, count }: TokenVectors, dimension: number): void {
  if (!(vectors instanceof Float32Array)) throw bad('vectors', 'must be a Float32Array');
  if (!Number.isInteger(count) || count < 1 || count > 65_535)
    throw bad('count', `must be 1 … 65535, got ${count}`);
  if (vectors.length !== count * dimension)
    throw bad(
      'vectors',
      `has ${vectors.length} values, ${count} vectors of width ${dimension} need ${count * dimension}`,
    );
  for (let v = 0; v < count; v += 1) {
    let squared = 0;
    for (let d = v * dimension; d < (v + 1) * dimension; d += 1) squared += (vectors[d] as number) ** 2;
    if (Number.isNaN(squared) || squared === Number.POSITIVE_INFINITY)
      throw bad('vectors', `holds a value that is no number in vector ${v}`);
    if (Math.abs(squared - 1) > LENGTH_TOLERANCE)
      throw bad('vectors', `has vector ${v} of length ${Math.sqrt(squared).toFixed(3)}, expected 1`);
  }
}

/** Reconstructs the stored vectors; see {@link Codec.decompress}. */
export function decompress(multivector: CompressedMultivector, codebook: Codebook, bits: Bits): Float32Array {
  const { dimension, centroids, size } = codebook;
  const { scale } = codebook.buckets[bits];
  const table = unpackTable(codebook.buckets[bits], bits);
  const width = packedWidth(dimension, bits);
  const perByte = 8 / bits;
  const { count } = multivector;
  if (
    multivector.centroids.length !== count ||
    multivector.residuals.length !== count * width ||
    multivector.inverseNorms.length !== count
  )
    throw bad(
      'multivector',
      `has parts that do not fit ${count} vectors of width ${dimension} at ${bits} bits`,
    );
  const vectors = new Float32Array(count * dimension);
  for (let v = 0; v < count; v += 1) {
    const centroid = multivector.centroids[v] as number;
    if (centroid >= size) throw bad('multivector.centroids', `names centroid ${centroid} of ${size}`);
    const inverseNorm = INVERSE_NORMS[multivector.inverseNorms[v] as number] as number;
    for (let d = 0; d < dimension; d += 1) {
      const byte = multivector.residuals[v * width + Math.floor(d / perByte)] as number;
      const residual = (table[byte * perByte + (d % perByte)] as number) * scale;
      vectors[v * dimension + d] = ((centroids[centroid * dimension + d] as number) + residual) * inverseNorm;
    }
  }
  return vectors;
}

/** The codec in plain TypeScript. Comparing with 8192 centroids takes it about 0.1 s a passage. */
export class TypeScriptCodec implements Codec {
  readonly dimension: number;
  readonly bits: Bits;
  readonly #codebook: Codebook;

  constructor(codebook: Codebook, bits: Bits) {
    this.#codebook = codebook;
    this.dimension = codebook.dimension;
    this.bits = bits;
  }

  compress(passage: TokenVectors): CompressedMultivector {
    checkVectors(passage, this.dimension);
    const { vectors, count } = passage;
    const { dimension, bits } = this;
    const { cuts, codes, scale } = this.#codebook.buckets[bits];
    const nearest = nearestCentroids(vectors, count, this.#codebook);
    const residuals = new Uint8Array(count * packedWidth(dimension, bits));
    const inverseNorms = new Uint8Array(count);
    for (let v = 0; v < count; v += 1) {
      let squared = 0;
      for (let d = 0; d < dimension; d += 1) {
        const position = v * dimension + d;
        const centroid = this.#codebook.centroids[(nearest[v] as number) * dimension + d] as number;
        const bucket = bucketOf(Math.fround((vectors[position] as number) - centroid), cuts);
        const value = Math.fround(centroid + Math.fround((codes[bucket] as number) * scale));
        squared += value * value;
        const bit = position * bits;
        residuals[bit >> 3] = (residuals[bit >> 3] as number) | (bucket << (bit & 7));
      }
      inverseNorms[v] = inverseNormByte(squared);
    }
    return { count, centroids: nearest, residuals, inverseNorms };
  }

  async compressBatch(passages: readonly TokenVectors[]): Promise<CompressedMultivector[]> {
    for (const passage of passages) checkVectors(passage, this.dimension);
    const compressed: CompressedMultivector[] = [];
    for (const passage of passages) {
      compressed.push(this.compress(passage));
      await setImmediate();
    }
    return compressed;
  }

  decompress(multivector: CompressedMultivector): Float32Array {
    return decompress(multivector, this.#codebook, this.bits);
  }
}
