import type { GoldenQuery, Judgement, JudgementKind, Quality } from '../contract/quality.ts';
import { mean, quantile } from './metrics.ts';

const GAINS: Readonly<Record<JudgementKind, number>> = {
  open: 1,
  reveal: 1,
  copy: 1,
  collect: 1,
  right: 2,
  wrong: 0,
};

/** Queries that differ in case or blanks alone are one. */
function queryKey(query: string): string {
  return query.trim().replace(/\s+/g, ' ').toLowerCase();
}

/**
 * A golden set from what a person did with results: a mark stands until another mark of the same result, whatever
 * was done with it besides; a use counts where there is no mark.
 * @param judgements oldest first
 * @returns queries with their files, the last judged first
 */
export function goldenFromJudgements(judgements: readonly Judgement[]): GoldenQuery[] {
  const queries = new Map<string, { query: string; relevant: Record<string, number>; at: number }>();
  const marked = new Set<string>();
  for (const { query, path, kind, at } of judgements) {
    const key = queryKey(query);
    if (key === '') continue;
    const entry = queries.get(key) ?? { query: query.trim(), relevant: {}, at };
    // Moving it to the end keeps the map in order of the last judgement.
    queries.delete(key);
    queries.set(key, entry);
    entry.at = at;
    const mark = kind === 'right' || kind === 'wrong';
    const place = `${key}\0${path}`;
    if (mark) marked.add(place);
    else if (marked.has(place)) continue;
    entry.relevant[path] = GAINS[kind];
  }
  return [...queries.values()].reverse();
}

/** Searches and uses by the day of their clock. */
export function qualityDays(
  searches: readonly { readonly at: number; readonly tookMs: number }[],
  judgements: readonly Judgement[],
): Quality['days'] {
  const days = new Map<string, { times: number[]; ranks: number[] }>();
  const dayOf = (at: number) => {
    const date = new Date(at);
    const two = (value: number) => String(value).padStart(2, '0');
    const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
    const entry = days.get(day) ?? { times: [], ranks: [] };
    days.set(day, entry);
    return entry;
  };
  for (const { at, tookMs } of searches) dayOf(at).times.push(tookMs);
  for (const { at, rank, kind } of judgements) if (kind !== 'wrong') dayOf(at).ranks.push(1 / rank);
  return [...days]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, { times, ranks }]) => ({
      day,
      searches: times.length,
      p50ms: times.length === 0 ? null : quantile(times, 0.5),
      p95ms: times.length === 0 ? null : quantile(times, 0.95),
      uses: ranks.length,
      mrr: ranks.length === 0 ? null : mean(ranks),
    }));
}
