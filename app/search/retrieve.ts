import { PassimError } from '../contract/errors.ts';
import type { SearchRequest } from '../contract/search.ts';
import type { ChanceLevel, EncodedQuery, IndexHit } from '../contract/vectors.ts';
import { chanceSpread, fuse, fusionWeight } from '../text/fusion.ts';
import { evidenceOf, timesAsked } from './evidence.ts';
import type { SearchParts } from './parts.ts';

/** One candidate passage with every score that is known of it. */
export interface Candidate {
  readonly pid: number;
  /** The score that ranks. */
  readonly score: number;
  readonly maxsim: number;
  /** Null when no word of the query is in the passage. */
  readonly bm25: number | null;
  readonly dense: number | null;
  /** Weight of MaxSim in the fusion. */
  readonly maxsimWeight: number;
}

interface RetrieveOptions {
  readonly ranker: SearchRequest['ranker'];
  readonly exhaustive: boolean;
  /** Candidates taken from each ranking. */
  readonly limit: number;
  /** Weights that the person gave to the query's tokens; undefined when all are 1. */
  readonly asked: Float32Array | undefined;
  /** Passages that may be found, ascending; undefined for all. */
  readonly allow: Uint32Array | undefined;
  /** What BM25 is asked for: the words that are not muted or negative. */
  readonly lexicalText: string;
  /** What each query token finds by chance; null when there is no query. */
  readonly chance: ChanceLevel | null;
  /** What BM25 counts against a deviation of MaxSim. */
  readonly lexical: number;
  readonly signal: AbortSignal | undefined;
  /** Told the milliseconds of a stage. */
  readonly timed: <T>(stage: string, work: () => Promise<T>) => Promise<T>;
}

export interface Retrieved {
  /** In descending order of score; equal scores by ascending pid. */
  readonly candidates: Candidate[];
  /** What each query token tells in this index, beside the weight that the person gave it; null without MaxSim. */
  readonly evidence: Float32Array | null;
}

/** Passages read before it is known which will be shown: about what a page of results holds. */
const READ_AHEAD = 40;
/** Above this many allowed passages the store is asked for more and its answer filtered here. */
const PUSHED_DOWN = 5_000;

/**
 * Finds candidates by MaxSim over all tokens of all passages and by BM25, scores the union by both, MaxSim with each
 * token weighed by its evidence, and ranks it.
 */
export async function retrieve(
  query: EncodedQuery | null,
  parts: SearchParts,
  options: RetrieveOptions,
): Promise<Retrieved> {
  const wantMaxsim = query !== null && (options.ranker === 'fused' || options.ranker === 'maxsim');
  const wantBm25 = options.lexicalText !== '' && (options.ranker === 'fused' || options.ranker === 'bm25');
  const [maxsimHits, bm25Hits, denseHits] = await Promise.all([
    wantMaxsim ? options.timed('maxsim', () => searchIndex(query, parts, options, options.asked)) : [],
    wantBm25 ? options.timed('bm25', () => searchWords(parts, options)) : [],
    query !== null && options.ranker === 'dense'
      ? options.timed('dense', () => searchDense(query, parts, options))
      : [],
  ]);
  if (options.signal?.aborted) throw new PassimError('cancelled', 'The search was cancelled.');

  const evidence =
    wantMaxsim && query !== null && options.chance !== null && maxsimHits.length > 0
      ? evidenceOf(
          query,
          maxsimHits.map((hit) => hit.key),
          options.chance,
          parts.index,
        )
      : null;
  const weights = evidence === null ? options.asked : timesAsked(evidence, options.asked);
  const found =
    evidence !== null && query !== null && options.exhaustive
      ? await options.timed('maxsim', () => searchIndex(query, parts, options, weights))
      : maxsimHits;
  const maxsim = new Map(found.map((hit) => [hit.key, hit.score]));
  const bm25 = new Map(bm25Hits.map((hit) => [hit.pid, hit.score]));
  const dense = new Map(denseHits.map((hit) => [hit.pid, hit.score]));
  const union = [...new Set([...maxsim.keys(), ...bm25.keys(), ...dense.keys()])].filter((pid) =>
    parts.index.has(pid),
  );
  readAhead(union, maxsim, bm25, parts);
  await options.timed('complete', () =>
    completeScores(query, union, maxsim, bm25, weights, wantBm25, parts, options),
  );

  const fusedWeight = fusionWeight(maxsim, bm25, {
    spread: options.chance === null ? 1 : chanceSpread(options.chance, weights),
    lexical: options.lexical,
  });
  const maxsimWeight = options.ranker === 'fused' ? fusedWeight : options.ranker === 'maxsim' ? 1 : 0;
  const ranking =
    options.ranker === 'maxsim'
      ? maxsim
      : options.ranker === 'bm25'
        ? bm25
        : options.ranker === 'dense'
          ? dense
          : fuse(maxsim, bm25, maxsimWeight);
  const candidates = union
    .map(
      (pid): Candidate => ({
        pid,
        score: ranking.get(pid) ?? 0,
        maxsim: maxsim.get(pid) ?? 0,
        bm25: bm25.get(pid) ?? null,
        dense: dense.get(pid) ?? null,
        maxsimWeight,
      }),
    )
    .filter((candidate) => ranking.has(candidate.pid))
    .toSorted((a, b) => b.score - a.score || a.pid - b.pid);
  return { candidates, evidence };
}

/**
 * Begins to read what is likely to be shown while the scores are still being completed. The store keeps what it
 * read, and a read that fails is made again, and told, when the passage is shown.
 */
function readAhead(
  union: readonly number[],
  maxsim: ReadonlyMap<number, number>,
  bm25: ReadonlyMap<number, number>,
  { store }: SearchParts,
): void {
  const share = (scores: ReadonlyMap<number, number>) => {
    const best = Math.max(...scores.values());
    return (pid: number): number => (scores.get(pid) ?? 0) / best || 0;
  };
  const [bySense, byWords] = [share(maxsim), share(bm25)];
  const likely = union
    .map((pid) => ({ pid, score: bySense(pid) + 0.3 * byWords(pid) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, READ_AHEAD)
    .map(({ pid }) => pid);
  store.getPassages(likely).catch(() => {});
  store.getSpans(likely).catch(() => {});
}

async function searchIndex(
  query: EncodedQuery,
  parts: SearchParts,
  options: RetrieveOptions,
  weights: Float32Array | undefined,
): Promise<IndexHit[]> {
  return parts.index.search(query.vectors, {
    k: options.limit,
    exhaustive: options.exhaustive,
    ...(weights === undefined ? {} : { weights }),
    ...(options.allow === undefined ? {} : { allow: options.allow }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

async function searchWords(parts: SearchParts, options: RetrieveOptions) {
  return filtered(options, (limit, pids) =>
    parts.store.fullText(options.lexicalText, { limit, ...(pids === undefined ? {} : { pids }) }),
  );
}

async function searchDense(query: EncodedQuery, parts: SearchParts, options: RetrieveOptions) {
  return filtered(options, (limit, pids) =>
    parts.store.denseSearch(query.dense, { limit, ...(pids === undefined ? {} : { pids }) }),
  );
}

/** Asks with the filter pushed down when it is small, else asks for more until enough pass it. */
async function filtered<T extends { readonly pid: number }>(
  { allow, limit }: RetrieveOptions,
  ask: (limit: number, pids: Uint32Array | undefined) => Promise<T[]>,
): Promise<T[]> {
  if (allow === undefined) return ask(limit, undefined);
  if (allow.length === 0) return [];
  if (allow.length <= PUSHED_DOWN) return ask(limit, allow);
  const passes = new Set(allow);
  for (let factor = 4; ; factor *= 8) {
    const hits = await ask(limit * factor, undefined);
    const allowed = hits.filter((hit) => passes.has(hit.pid)).slice(0, limit);
    if (allowed.length >= limit || hits.length < limit * factor) return allowed;
  }
}

/**
 * A passage that one ranking found is scored by the other too: a missing score is no evidence against it. All are
 * scored by MaxSim again, now with the weights.
 */
async function completeScores(
  query: EncodedQuery | null,
  union: readonly number[],
  maxsim: Map<number, number>,
  bm25: Map<number, number>,
  weights: Float32Array | undefined,
  wantBm25: boolean,
  parts: SearchParts,
  options: RetrieveOptions,
): Promise<void> {
  if (query !== null && union.length > 0) {
    const scores = parts.index.score(query.vectors, Uint32Array.from(union), weights);
    union.forEach((pid, i) => {
      const score = scores[i];
      if (score !== undefined && !Number.isNaN(score)) maxsim.set(pid, score);
    });
  }
  if (!wantBm25) return;
  const withoutBm25 = union.filter((pid) => !bm25.has(pid));
  if (withoutBm25.length === 0) return;
  const pids = Uint32Array.from(withoutBm25).sort();
  const hits = await parts.store.fullText(options.lexicalText, { limit: pids.length, pids });
  for (const hit of hits) bm25.set(hit.pid, hit.score);
}
