import { setImmediate } from 'node:timers/promises';
import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector } from '../contract/passage.ts';
import type { Bits, Codebook } from './codebook.ts';
import { dropLosers } from './dropping.ts';
import { nearestCentroids } from './nearest.ts';
import { type Pooled, pool } from './pooling.ts';
import { packBuckets, packedWidth, unpackCodes } from './residual.ts';
import { scaleTables } from './scale-byte.ts';

/** Token vectors of one passage, row-major count × dimension, each of length 1. */
export interface TokenVectors {
  readonly vectors: Float32Array;
  readonly count: number;
}

/**
 * Turns token vectors into what is stored of them and back. A vector is kept as the id of its nearest centroid, the
 * residual with `bits` bits a dimension (packing in residual.ts) after ColBERTv2, and a byte for the residual's scale
 * and the inverse norm of the reconstruction (scale-byte.ts). The native and the TypeScript codec give the same bytes.
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
  /** Pools each passage (pooling.ts) without blocking the event loop. @param factor at least 1 */
  poolBatch(passages: readonly TokenVectors[], factor: number): Promise<Pooled[]>;
  /**
   * Leaves out what is nearest of its passage to fewer than `leastWins` centroids (dropping.ts), without blocking the
   * event loop.
   */
  dropBatch(passages: readonly TokenVectors[], leastWins: number): Promise<Pooled[]>;
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
  const { scales, inverseNorms } = scaleTables(dimension, bits);
  const width = packedWidth(dimension, bits);
  const codes = new Int8Array(dimension);
  const { count } = multivector;
  if (
    multivector.centroids.length !== count ||
    multivector.residuals.length !== count * width ||
    multivector.scales.length !== count
  )
    throw bad(
      'multivector',
      `has parts that do not fit ${count} vectors of width ${dimension} at ${bits} bits`,
    );
  const vectors = new Float32Array(count * dimension);
  for (let v = 0; v < count; v += 1) {
    const centroid = multivector.centroids[v] as number;
    if (centroid >= size) throw bad('multivector.centroids', `names centroid ${centroid} of ${size}`);
    const scale = scales[multivector.scales[v] as number] as number;
    const inverseNorm = inverseNorms[multivector.scales[v] as number] as number;
    unpackCodes(multivector.residuals, v * width, bits, codes);
    for (let d = 0; d < dimension; d += 1) {
      const residual = (codes[d] as number) * scale;
      vectors[v * dimension + d] = ((centroids[centroid * dimension + d] as number) + residual) * inverseNorm;
    }
  }
  return vectors;
}

const STEPS = 16;
/**
 * Sweeps over the dimensions in which codes are moved by one as long as that turns the reconstruction towards the
 * vector.
 */
const SWEEPS = 2;

/**
 * Codes and scale byte of one vector: the scale that is best on average for a residual of its length and that scale's
 * neighbours are tried, and the one whose reconstruction lies closest to the vector is kept.
 */
function quantise(
  vector: Float32Array,
  centroid: Float32Array,
  bits: Bits,
): { readonly buckets: Uint8Array; readonly scale: number } {
  const dimension = vector.length;
  const { scales, scaleBorders, normBorders } = scaleTables(dimension, bits);
  const last = 2 ** bits - 1;
  let power = 0;
  for (let d = 0; d < dimension; d += 1) {
    const residual = (vector[d] as number) - (centroid[d] as number);
    power += residual * residual;
  }
  const mean = Math.sqrt(power / dimension);
  const middle = scaleBorders.filter((border) => border <= mean).length;
  let best = { buckets: new Uint8Array(dimension), step: 0, dot: 0, squared: 0, cosine: -2 };
  for (let step = Math.max(0, middle - 1); step <= middle + 1 && step < STEPS; step += 1) {
    const scale = scales[step * STEPS] as number;
    const inverse = 0.5 / scale;
    const buckets = new Uint8Array(dimension);
    let dot = 0;
    let squared = 0;
    for (let d = 0; d < dimension; d += 1) {
      const residual = (vector[d] as number) - (centroid[d] as number);
      const bucket = Math.min(last, Math.max(0, Math.floor(residual * inverse) + (last + 1) / 2));
      buckets[d] = bucket;
      const value = (centroid[d] as number) + (2 * bucket - last) * scale;
      dot += (vector[d] as number) * value;
      squared += value * value;
    }
    const cosine = dot / Math.sqrt(squared + 1e-30);
    if (cosine > best.cosine) best = { buckets, step, dot, squared, cosine };
  }
  const { buckets } = best;
  const scale = scales[best.step * STEPS] as number;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (let d = 0; d < dimension; d += 1) {
      const value = (centroid[d] as number) + (2 * (buckets[d] as number) - last) * scale;
      for (const move of [-1, 1]) {
        const bucket = (buckets[d] as number) + move;
        if (bucket < 0 || bucket > last) continue;
        const change = 2 * scale * move;
        const dot = best.dot + (vector[d] as number) * change;
        const squared = best.squared + change * (2 * value + change);
        const turns = dot * dot * best.squared > best.dot * best.dot * squared * (1 + 1e-9);
        if (!(dot > 0 && squared > 0 && turns)) continue;
        buckets[d] = bucket;
        best.dot = dot;
        best.squared = squared;
        break;
      }
    }
  }
  const norm = normBorders.filter((border) => best.squared < border).length;
  return { buckets, scale: best.step * STEPS + norm };
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
    const nearest = nearestCentroids(vectors, count, this.#codebook);
    const width = packedWidth(dimension, bits);
    const residuals = new Uint8Array(count * width);
    const scales = new Uint8Array(count);
    for (let v = 0; v < count; v += 1) {
      const centroid = (nearest[v] as number) * dimension;
      const { buckets, scale } = quantise(
        vectors.subarray(v * dimension, (v + 1) * dimension),
        this.#codebook.centroids.subarray(centroid, centroid + dimension),
        bits,
      );
      scales[v] = scale;
      packBuckets(buckets, bits, residuals, v * width);
    }
    return { count, centroids: nearest, residuals, scales };
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

  async poolBatch(passages: readonly TokenVectors[], factor: number): Promise<Pooled[]> {
    const pooled: Pooled[] = [];
    for (const passage of passages) {
      checkVectors(passage, this.dimension);
      pooled.push(pool(passage.vectors, this.dimension, factor));
      await setImmediate();
    }
    return pooled;
  }

  async dropBatch(passages: readonly TokenVectors[], leastWins: number): Promise<Pooled[]> {
    const { centroids, size } = this.#codebook;
    const left: Pooled[] = [];
    for (const passage of passages) {
      checkVectors(passage, this.dimension);
      const { vectors, count } = passage;
      const wins = new Uint32Array(count);
      const own = { centroids: vectors, size: count, dimension: this.dimension };
      for (const winner of nearestCentroids(centroids, size, own)) wins[winner] = (wins[winner] ?? 0) + 1;
      left.push(dropLosers(vectors, wins, leastWins));
      await setImmediate();
    }
    return left;
  }

  decompress(multivector: CompressedMultivector): Float32Array {
    return decompress(multivector, this.#codebook, this.bits);
  }
}
