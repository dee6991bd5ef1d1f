import { mean, quantile } from './metrics.ts';

/** Uniform numbers in [0, 1) from a seed that is not 0 (xorshift, Marsaglia 2003), so that figures can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const SEED = 20_240_601;
const RESAMPLES = 2_000;
const PERMUTATIONS = 10_000;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % confidence interval of the mean by the percentile bootstrap over queries (Efron 1979).
 * @param values one per query
 */
export function bootstrapInterval(values: readonly number[], resamples = RESAMPLES): Interval {
  if (values.length === 0) return { low: Number.NaN, high: Number.NaN };
  const random = seededRandom(SEED);
  const means = Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
    return sum / values.length;
  });
  return { low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

/**
 * Two-sided p-value of the difference in means by the paired randomisation test: how often swapping the two systems
 * at random, query by query, gives a difference as large (Fisher 1935; Smucker, Allan & Carterette 2007).
 * @param a, b one value per query, in the same order of queries
 * @returns at least 1 / (permutations + 1)
 */
export function randomisationTest(
  a: readonly number[],
  b: readonly number[],
  permutations = PERMUTATIONS,
): number {
  const differences = a.map((value, i) => value - (b[i] ?? 0)).filter((value) => value !== 0);
  if (differences.length === 0) return 1;
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
  const random = seededRandom(SEED);
  let asLarge = 0;
  for (let round = 0; round < permutations; round += 1) {
    let sum = 0;
    for (const value of differences) sum += random() < 0.5 ? value : -value;
    // Rounding must not make a sum of the same differences smaller than itself.
    if (Math.abs(sum) >= observed - 1e-12) asLarge += 1;
  }
  return (asLarge + 1) / (permutations + 1);
}

/**
 * Area under the ROC curve: how often a value of `positives` lies above one of `negatives`, ties counting half
 * (Mann & Whitney 1947). NaN when either is empty.
 */
export function areaUnderCurve(positives: readonly number[], negatives: readonly number[]): number {
  if (positives.length === 0 || negatives.length === 0) return Number.NaN;
  const all = [
    ...positives.map((value) => ({ value, positive: true })),
    ...negatives.map((value) => ({ value, positive: false })),
  ].sort((x, y) => x.value - y.value);
  let rankSum = 0;
  for (let from = 0; from < all.length; ) {
    let to = from;
    while (to < all.length && all[to]?.value === all[from]?.value) to += 1;
    const rank = (from + to + 1) / 2;
    for (let i = from; i < to; i += 1) if (all[i]?.positive === true) rankSum += rank;
    from = to;
  }
  const n = positives.length;
  return (rankSum - (n * (n + 1)) / 2) / (n * negatives.length);
}

/** Mean with its interval. */
export function estimate(values: readonly number[]): Interval & { readonly mean: number } {
  return { mean: mean(values), ...bootstrapInterval(values) };
}
