import type { CompressedMultivector } from '../contract/passage.ts';
import type { Bits, Codebook } from './codebook.ts';
import type { QuantisedQuery } from './query.ts';
import { unpackCodes } from './residual.ts';
import type { ScaleTables } from './scale-byte.ts';

/**
 * Dot product in single precision, one fused multiply-add after the other: the order that the native kernels keep in
 * every lane. (The product of two floats is exact in a double.)
 */
export function dotProduct(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  dimension: number,
): number {
  let sum = 0;
  for (let d = 0; d < dimension; d += 1)
    sum = Math.fround(sum + (a[aStart + d] as number) * (b[bStart + d] as number));
  return sum;
}

/** Dot products of a query's tokens with the centroids, each row computed when it is first asked for. */
export class CentroidTable {
  readonly #scores: Float32Array;
  readonly #known: Uint8Array;
  readonly #query: QuantisedQuery;
  readonly #codebook: Codebook;

  constructor(query: QuantisedQuery, codebook: Codebook) {
    this.#query = query;
    this.#codebook = codebook;
    this.#scores = new Float32Array(codebook.size * query.tokens);
    this.#known = new Uint8Array(codebook.size);
  }

  /** Where the centroid's row starts in {@link scores}. */
  row(centroid: number): number {
    const { tokens, dimension, vectors } = this.#query;
    const start = centroid * tokens;
    if (this.#known[centroid] === 0) {
      this.#known[centroid] = 1;
      for (let i = 0; i < tokens; i += 1)
        this.#scores[start + i] = dotProduct(
          vectors,
          i * dimension,
          this.#codebook.centroids,
          centroid * dimension,
          dimension,
        );
    }
    return start;
  }

  get scores(): Float32Array {
    return this.#scores;
  }
}

/** Everything that scoring needs besides the passage. */
export interface ScoringContext {
  readonly query: QuantisedQuery;
  readonly table: CentroidTable;
  readonly bits: Bits;
  readonly packedWidth: number;
  readonly tables: ScaleTables;
}

/**
 * MaxSim of one passage with its evidence. The similarity of query token i and passage vector t is
 * (q_i · c_t + f_i × Σ_d code_i,d × residual_t,d × scale_t) × inverseNorm_t, each step rounded to single precision.
 * Writes each query token's best similarity and the (lowest) index of the vector that has it.
 */
export function maxSimilarities(
  passage: CompressedMultivector,
  context: ScoringContext,
  similarity: Float32Array,
  best: Uint32Array,
): void {
  const { query, table, bits, packedWidth, tables } = context;
  const { tokens, dimension, codes, factors } = query;
  const residual = new Int8Array(dimension);
  similarity.fill(Number.NEGATIVE_INFINITY);
  for (let t = 0; t < passage.count; t += 1) {
    unpackCodes(passage.residuals, t * packedWidth, bits, residual);
    const scale = tables.scales[passage.scales[t] as number] as number;
    const inverseNorm = tables.inverseNorms[passage.scales[t] as number] as number;
    const row = table.row(passage.centroids[t] as number);
    for (let i = 0; i < tokens; i += 1) {
      let sum = 0;
      const start = i * dimension;
      for (let d = 0; d < dimension; d += 1) sum += (codes[start + d] as number) * (residual[d] as number);
      const offset = Math.fround(Math.fround(Math.fround(sum) * (factors[i] as number)) * scale);
      const value = Math.fround(Math.fround((table.scores[row + i] as number) + offset) * inverseNorm);
      if (value > (similarity[i] as number)) {
        similarity[i] = value;
        best[i] = t;
      }
    }
  }
}

/** Weighted sum of the best similarities, in double precision and rounded once. */
export function weightedScore(similarity: Float32Array, weights: Float32Array | undefined): number {
  let score = 0;
  for (let i = 0; i < similarity.length; i += 1)
    score += (weights === undefined ? 1 : (weights[i] as number)) * (similarity[i] as number);
  return Math.fround(score);
}

/** MaxSim over centroids alone (PLAID's centroid interaction), over tokens with a positive weight. */
export function centroidScore(
  passage: CompressedMultivector,
  { query, table }: ScoringContext,
  weights: Float32Array | undefined,
  scratch: Float32Array,
): number {
  scratch.fill(Number.NEGATIVE_INFINITY);
  for (let t = 0; t < passage.count; t += 1) {
    const row = table.row(passage.centroids[t] as number);
    for (let i = 0; i < query.tokens; i += 1) {
      const value = table.scores[row + i] as number;
      if (value > (scratch[i] as number)) scratch[i] = value;
    }
  }
  let score = 0;
  for (let i = 0; i < query.tokens; i += 1) {
    const weight = weights === undefined ? 1 : (weights[i] as number);
    if (weight > 0) score += weight * (scratch[i] as number);
  }
  return score;
}
