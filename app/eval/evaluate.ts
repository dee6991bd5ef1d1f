import type { SearchRequest } from '../contract/search.ts';
import type { Dataset } from './dataset.ts';
import { ndcg, quantile, recall, reciprocalRank } from './metrics.ts';
import { estimate, randomisationTest } from './statistics.ts';
import { type Run, type ScoredDocument, trecOrder } from './trec.ts';

export type RankerName = SearchRequest['ranker'];

/** In the order in which they are shown. */
export const RANKERS = ['bm25', 'dense', 'maxsim', 'fused'] as const satisfies readonly RankerName[];
export const MEASURES = ['ndcg@10', 'mrr@10', 'recall@10', 'recall@100'] as const;
export type Measure = (typeof MEASURES)[number];

/** Documents ranked for each query. */
const DEPTH = 100;
/** Queries at most whose whole searches are timed, spread over all. */
const TIMED_QUERIES = 200;

/** What is measured; how it ranks is its own affair. */
export interface RankedSystem {
  /** The `depth` best documents for a query, nothing of which is meant as syntax. */
  rank(query: string, ranker: RankerName, depth: number): Promise<readonly ScoredDocument[]>;
  /** One search as a person makes it, with all that is shown; it is timed. */
  search(query: string, ranker: RankerName): Promise<unknown>;
}

/** Figures of one ranking over all queries. */
export interface RankerReport extends Record<Measure, number> {
  /** Milliseconds of a whole search. */
  readonly p50ms: number;
  readonly p95ms: number;
  /** 95 % confidence intervals of the measures. */
  readonly ci95: Readonly<Record<Measure, readonly [low: number, high: number]>>;
  /** Two-sided p-values of the difference in nDCG@10 from the other rankers (paired randomisation test). */
  readonly significance: Readonly<Partial<Record<RankerName, number>>>;
}

export interface EvalReport {
  readonly dataset: string;
  readonly queries: number;
  readonly rankers: Readonly<Record<RankerName, RankerReport>>;
}

export interface Evaluation {
  readonly report: EvalReport;
  readonly runs: Readonly<Record<RankerName, Run>>;
  /** Values per query, in the order of the dataset's queries. */
  readonly values: Readonly<Record<RankerName, Readonly<Record<Measure, readonly number[]>>>>;
}

interface EvaluateOptions {
  readonly now: () => number;
  readonly signal?: AbortSignal;
  /** Told after each query: rankings done and all that are to be made. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Ranks every query by every ranker and measures. A query for which nothing is found counts 0.
 * @throws the signal's reason when it is aborted
 */
export async function evaluate(
  name: string,
  data: Pick<Dataset, 'queries' | 'qrels'>,
  system: RankedSystem,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { now, signal } = options;
  const timedEvery = Math.max(1, Math.ceil(data.queries.length / TIMED_QUERIES));
  const runs: Record<RankerName, Map<string, readonly ScoredDocument[]>> = byRanker(() => new Map());
  const times: Record<RankerName, number[]> = byRanker(() => []);
  let done = 0;
  for (const [i, query] of data.queries.entries()) {
    for (const ranker of RANKERS) {
      signal?.throwIfAborted();
      runs[ranker].set(query.id, await system.rank(query.text, ranker, DEPTH));
      if (i % timedEvery === 0) {
        const from = now();
        await system.search(query.text, ranker);
        times[ranker].push(now() - from);
      }
      done += 1;
      options.onProgress?.(done, data.queries.length * RANKERS.length);
    }
  }
  const values = byRanker((ranker) => measureRun(data, runs[ranker]));
  const rankers = byRanker((ranker) => reportOf(ranker, values, times[ranker]));
  return { report: { dataset: name, queries: data.queries.length, rankers }, runs, values };
}

/** All measures for each query of a run, in the order of the queries. */
export function measureRun(
  data: Pick<Dataset, 'queries' | 'qrels'>,
  run: Run,
): Record<Measure, readonly number[]> {
  const rows = data.queries.map((query) => {
    const ranking = trecOrder(run.get(query.id) ?? []);
    const judged = data.qrels.get(query.id) ?? new Map<string, number>();
    return {
      'ndcg@10': ndcg(ranking, judged, 10),
      'mrr@10': reciprocalRank(ranking, judged, 10),
      'recall@10': recall(ranking, judged, 10),
      'recall@100': recall(ranking, judged, 100),
    };
  });
  return byMeasure((measure) => rows.map((row) => row[measure]));
}

type Values = Evaluation['values'];

function reportOf(ranker: RankerName, values: Values, times: readonly number[]): RankerReport {
  const estimates = byMeasure((measure) => estimate(values[ranker][measure]));
  return {
    ...byMeasure((measure) => estimates[measure].mean),
    p50ms: quantile(times, 0.5),
    p95ms: quantile(times, 0.95),
    ci95: byMeasure((measure) => [estimates[measure].low, estimates[measure].high]),
    significance: Object.fromEntries(
      RANKERS.filter((other) => other !== ranker).map((other) => [
        other,
        randomisationTest(values[ranker]['ndcg@10'], values[other]['ndcg@10']),
      ]),
    ),
  };
}

function byRanker<T>(make: (ranker: RankerName) => T): Record<RankerName, T> {
  return { bm25: make('bm25'), dense: make('dense'), maxsim: make('maxsim'), fused: make('fused') };
}

function byMeasure<T>(make: (measure: Measure) => T): Record<Measure, T> {
  return {
    'ndcg@10': make('ndcg@10'),
    'mrr@10': make('mrr@10'),
    'recall@10': make('recall@10'),
    'recall@100': make('recall@100'),
  };
}
