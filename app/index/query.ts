/** Largest magnitude of a query code; 127 × 256 + 127, so that it splits into two signed bytes. */
const MAX_CODE = 32_639;
/** Bound on Σ |code| of a token: times 127 it stays below 2^31 with room for rounding. */
const MAX_CODE_SUM = 16_900_000;

/**
 * A query as the residual kernels see it: each token's vector as 16-bit integers and the factor that turns the
 * integer dot product with residual codes back into a similarity.
 *
 * Sixteen bits keep the rounding below 1e-5 of a token's similarity, and int16 × int8 products summed in int32 are
 * exact: Σ |code × residual| ≤ 16.9e6 × 127 < 2^31 whatever the dimension. So every kernel gets the same integer,
 * and with it the same score to the bit.
 */
export interface QuantisedQuery {
  readonly tokens: number;
  readonly dimension: number;
  readonly vectors: Float32Array;
  /** Row-major tokens × dimension. */
  readonly codes: Int16Array;
  /** Per token: 1 / query scale. */
  readonly factors: Float32Array;
}

export function quantiseQuery(vectors: Float32Array, dimension: number): QuantisedQuery {
  const tokens = vectors.length / dimension;
  const codes = new Int16Array(vectors.length);
  const factors = new Float32Array(tokens);
  for (let token = 0; token < tokens; token += 1) {
    const vector = vectors.subarray(token * dimension, (token + 1) * dimension);
    let largest = 0;
    let sum = 0;
    for (const value of vector) {
      const magnitude = Math.abs(value);
      if (magnitude > largest) largest = magnitude;
      sum += magnitude;
    }
    if (largest < 1e-30) continue;
    const scale = Math.min(MAX_CODE / largest, MAX_CODE_SUM / sum);
    vector.forEach((value, d) => {
      codes[token * dimension + d] = Math.floor(value * scale + 0.5);
    });
    factors[token] = 1 / scale;
  }
  return { tokens, dimension, vectors, codes, factors };
}
