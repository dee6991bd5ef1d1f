/** Ranking measures as trec_eval defines them. */

/** Relevance by document id; 0 or less is not relevant. */
export type Judgements = ReadonlyMap<string, number>;

/** Discounted cumulative gain over the first `k` gains: Σ gain / log2(rank + 1) (Järvelin & Kekäläinen 2002, as in trec_eval). */
function discountedGain(gains: readonly number[], k: number): number {
  let sum = 0;
  for (let i = 0; i < Math.min(k, gains.length); i += 1) sum += Math.max(0, gains[i] ?? 0) / Math.log2(i + 2);
  return sum;
}

/** nDCG@k of a ranking, 0 … 1; 0 when nothing is relevant. */
export function ndcg(ranking: readonly string[], judgements: Judgements, k: number): number {
  const ideal = [...judgements.values()].toSorted((a, b) => b - a);
  const best = discountedGain(ideal, k);
  return best === 0
    ? 0
    : discountedGain(
        ranking.slice(0, k).map((id) => judgements.get(id) ?? 0),
        k,
      ) / best;
}

/** 1 / rank of the first relevant document among the first `k`, 0 if there is none. */
export function reciprocalRank(ranking: readonly string[], judgements: Judgements, k: number): number {
  const at = ranking.slice(0, k).findIndex((id) => (judgements.get(id) ?? 0) > 0);
  return at < 0 ? 0 : 1 / (at + 1);
}

/** Share of the relevant documents that are among the first `k`. */
export function recall(ranking: readonly string[], judgements: Judgements, k: number): number {
  const relevant = [...judgements].filter(([, gain]) => gain > 0).map(([id]) => id);
  if (relevant.length === 0) return 0;
  const top = new Set(ranking.slice(0, k));
  return relevant.filter((id) => top.has(id)).length / relevant.length;
}

/** The q-quantile (0 … 1) of a sample, by linear interpolation; NaN of nothing. */
export function quantile(sample: readonly number[], q: number): number {
  const sorted = sample.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)];
  const high = sorted[Math.ceil(at)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function mean(sample: readonly number[]): number {
  return sample.length === 0 ? Number.NaN : sample.reduce((sum, value) => sum + value, 0) / sample.length;
}
