import { PassimError } from '../contract/errors.ts';
import type { SearchRequest } from '../contract/search.ts';
import type { ChanceLevel, EncodedQuery, MatchedHits } from '../contract/vectors.ts';
import type { ScoredPid } from '../store/types.ts';
import type { WordScores } from '../store/word-index/scores.ts';
import { chanceSpread, fuse, fusionWeight } from '../text/fusion.ts';
import { evidenceOf, timesAsked, weightedScores } from './evidence.ts';
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
  /** BM25 of all passages for the words that are not muted or negative; null when it has no say. */
  readonly words: Promise<WordScores> | null;
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
const READ_AHEAD = 24;
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
  const [bySense, words, denseHits] = await Promise.all([
    wantMaxsim ? rankBySense(query, parts, options) : null,
    options.words,
    query !== null && options.ranker === 'dense'
      ? options.timed('dense', () => searchDense(query, parts, options))
      : [],
  ]);
  if (options.signal?.aborted) throw new PassimError('cancelled', 'The search was cancelled.');

  const { maxsim, evidence, weights } = bySense ?? {
    maxsim: new Map<number, number>(),
    evidence: null,
    weights: options.asked,
  };
  const bm25 = new Map(words?.best(options.limit, options.allow).map((hit) => [hit.pid, hit.score]));
  // A missing score of what MaxSim found would be no evidence against it.
  for (const pid of maxsim.keys()) {
    const score = words?.of(pid) ?? null;
    if (score !== null) bm25.set(pid, score);
  }
  const dense = new Map(denseHits.map((hit) => [hit.pid, hit.score]));
  const union = [...new Set([...maxsim.keys(), ...bm25.keys(), ...dense.keys()])].filter((pid) =>
    parts.index.has(pid),
  );
  scoreRest(query, union, maxsim, weights, parts);

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

interface RankedBySense {
  /** Weighted MaxSim by pid. */
  readonly maxsim: Map<number, number>;
  readonly evidence: Float32Array | null;
  /** As asked, times the evidence; undefined when all are 1. */
  readonly weights: Float32Array | undefined;
}

/** MaxSim's best passages, each token weighed by its evidence, which the best passages without weights tell. */
async function rankBySense(
  query: EncodedQuery,
  parts: SearchParts,
  options: RetrieveOptions,
): Promise<RankedBySense> {
  const { asked, chance } = options;
  // Also before an exhaustive search, so that both kinds weigh alike and can be compared.
  const { hits, matches } = await options.timed('maxsim', () =>
    searchIndex(query, parts, { ...options, exhaustive: false }, asked),
  );
  if (chance === null || hits.length === 0)
    return { maxsim: new Map(hits.map((hit) => [hit.key, hit.score])), evidence: null, weights: asked };
  const evidence = evidenceOf(query, matches, chance);
  const weights = timesAsked(evidence, asked);
  if (options.exhaustive) {
    const best = await options.timed('maxsim', () => searchIndex(query, parts, options, weights));
    return { maxsim: new Map(best.hits.map((hit) => [hit.key, hit.score])), evidence, weights };
  }
  const scores = weightedScores(matches, weights);
  const maxsim = new Map(hits.map((hit, i) => [hit.key, scores[i] ?? 0]));
  readAhead(maxsim, parts);
  return { maxsim, evidence, weights };
}

/** Adds the MaxSim of those that have none yet. */
function scoreRest(
  query: EncodedQuery | null,
  pids: readonly number[],
  maxsim: Map<number, number>,
  weights: Float32Array | undefined,
  { index }: SearchParts,
): void {
  const rest = pids.filter((pid) => !maxsim.has(pid));
  if (query === null || rest.length === 0) return;
  index.score(query.vectors, Uint32Array.from(rest), weights).forEach((score, i) => {
    // A passage that has left the index meanwhile has no score.
    if (!Number.isNaN(score)) maxsim.set(rest[i] ?? 0, score);
  });
}

/**
 * Begins to read what is likely to be shown while words are still being looked for. The store keeps what it read, and
 * a read that fails is made again, and told, when the passage is shown.
 */
function readAhead(maxsim: ReadonlyMap<number, number>, { store }: SearchParts): void {
  const likely = [...maxsim]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, READ_AHEAD)
    .map(([pid]) => pid);
  store.getPassages(likely).catch(() => {});
  store.getSpans(likely).catch(() => {});
}

async function searchIndex(
  query: EncodedQuery,
  parts: SearchParts,
  options: RetrieveOptions,
  weights: Float32Array | undefined,
): Promise<MatchedHits> {
  return parts.index.searchMatches(query.vectors, {
    k: options.limit,
    exhaustive: options.exhaustive,
    ...(weights === undefined ? {} : { weights }),
    ...(options.allow === undefined ? {} : { allow: options.allow }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Asks with the filter sent along when it is small, else asks for more until enough pass it. */
async function searchDense(
  { dense }: EncodedQuery,
  { store }: SearchParts,
  { allow, limit }: RetrieveOptions,
): Promise<ScoredPid[]> {
  if (allow === undefined) return store.denseSearch(dense, { limit });
  if (allow.length === 0) return [];
  if (allow.length <= PUSHED_DOWN) return store.denseSearch(dense, { limit, pids: allow });
  const passes = new Set(allow);
  for (let factor = 4; ; factor *= 8) {
    const hits = await store.denseSearch(dense, { limit: limit * factor });
    const allowed = hits.filter((hit) => passes.has(hit.pid)).slice(0, limit);
    if (allowed.length >= limit || hits.length < limit * factor) return allowed;
  }
}
