import { PassimError } from '../contract/errors.ts';
import type { SearchRequest } from '../contract/search.ts';
import type { ChanceLevel, EncodedQuery, MatchedHits } from '../contract/vectors.ts';
import type { ScoredPid } from '../store/types.ts';
import type { WordScores } from '../store/word-index/scores.ts';
import { chanceSpread, fuse, fusionWeight } from '../text/fusion.ts';
import { evidenceOf, timesAsked, weightedScores } from './evidence.ts';
import type { SearchParts } from './parts.ts';
import { chanceOf } from './query-tokens.ts';

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
  /** What BM25 finds for the words that are not muted or negative; null when it has no say. */
  readonly words: Promise<FoundByWords> | null;
  /** What BM25 counts against a deviation of MaxSim, by what each query token finds by chance. */
  readonly lexical: (chance: ChanceLevel | null) => number;
  readonly signal: AbortSignal | undefined;
  /** Told the milliseconds of a stage. */
  readonly timed: <T>(stage: string, work: () => Promise<T>) => Promise<T>;
}

export interface Retrieved {
  /** In descending order of score; equal scores by ascending pid. */
  readonly candidates: Candidate[];
  /** What each query token tells in this index, beside the weight that the person gave it; null without MaxSim. */
  readonly evidence: Float32Array | null;
  /** What each query token finds by chance in this index; null when there is no query. */
  readonly chance: ChanceLevel | null;
}

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
  const wantMaxsim = options.ranker === 'fused' || options.ranker === 'maxsim';
  const wantDense = options.ranker === 'dense';
  // One after the other: each takes all cores and waits for the slowest, so that side by side both take twice as long.
  const chance = query === null ? null : await chanceOf(query, parts);
  const byWords = options.words === null ? null : await rankByWords(query, options.words, parts);
  const byDense = query !== null && wantDense ? await rankDense(query, parts, options) : null;
  const bySense =
    query !== null && chance !== null && wantMaxsim ? await rankBySense(query, chance, parts, options) : null;
  if (options.signal?.aborted) throw new PassimError('cancelled', 'The search was cancelled.');

  const { maxsim, evidence, weights } = bySense ?? {
    maxsim: new Map<number, number>(),
    evidence: null,
    weights: options.asked,
  };
  const bm25 = new Map(byWords?.hits.map((hit) => [hit.pid, hit.score]));
  // A missing score of what MaxSim found would be no evidence against it.
  for (const pid of maxsim.keys()) {
    const score = byWords?.words.of(pid) ?? null;
    if (score !== null) bm25.set(pid, score);
  }
  const dense = new Map(byDense?.hits.map((hit) => [hit.pid, hit.score]));
  for (const ranked of [byWords, byDense]) if (ranked !== null) addMaxsim(ranked, maxsim, weights);
  const union = [...new Set([...maxsim.keys(), ...bm25.keys(), ...dense.keys()])].filter((pid) =>
    query === null ? parts.index.has(pid) : maxsim.has(pid),
  );

  const fusedWeight = fusionWeight(maxsim, bm25, {
    spread: chance === null ? 1 : chanceSpread(chance, weights),
    lexical: options.lexical(chance),
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
  return { candidates, evidence, chance };
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
  chance: ChanceLevel,
  parts: SearchParts,
  options: RetrieveOptions,
): Promise<RankedBySense> {
  const { asked } = options;
  // Also before an exhaustive search, so that both kinds weigh alike and can be compared.
  const { hits, matches } = await options.timed('maxsim', () =>
    searchIndex(query, parts, { ...options, exhaustive: false }, asked),
  );
  if (hits.length === 0) return { maxsim: new Map(), evidence: null, weights: asked };
  const evidence = evidenceOf(query, matches, chance);
  const weights = timesAsked(evidence, asked);
  if (options.exhaustive) {
    const best = await options.timed('maxsim', () => searchIndex(query, parts, options, weights));
    return { maxsim: new Map(best.hits.map((hit) => [hit.key, hit.score])), evidence, weights };
  }
  const scores = weightedScores(matches, weights.length, weights);
  const maxsim = new Map(hits.map((hit, i) => [hit.key, scores[i] ?? 0]));
  return { maxsim, evidence, weights };
}

/** What another ranking than MaxSim found. */
interface RankedOtherwise {
  readonly hits: readonly ScoredPid[];
  /** Row-major hits × query tokens, see {@link MultivectorIndex.matches}; null without query vectors. */
  readonly matches: Float32Array | null;
}

/** What BM25 finds. */
export interface FoundByWords {
  readonly words: WordScores;
  readonly hits: readonly ScoredPid[];
}

/** BM25's best passages among those allowed, and the scores of all. */
export async function findWords(
  text: string,
  limit: number,
  allow: Uint32Array | undefined,
  { store }: SearchParts,
): Promise<FoundByWords> {
  const words = await store.scoreWords(text);
  return { words, hits: words.best(limit, allow) };
}

/** BM25's best passages, with what MaxSim needs to score them. */
async function rankByWords(
  query: EncodedQuery | null,
  finding: Promise<FoundByWords>,
  parts: SearchParts,
): Promise<RankedOtherwise & FoundByWords> {
  const found = await finding;
  return { ...found, matches: await matchesOf(query, found.hits, parts) };
}

async function rankDense(
  query: EncodedQuery,
  parts: SearchParts,
  options: RetrieveOptions,
): Promise<RankedOtherwise> {
  const hits = await options.timed('dense', () => searchDense(query, parts, options));
  return { hits, matches: await matchesOf(query, hits, parts) };
}

async function matchesOf(
  query: EncodedQuery | null,
  hits: readonly ScoredPid[],
  { index }: SearchParts,
): Promise<Float32Array | null> {
  if (query === null) return null;
  return index.matches(
    query.vectors,
    Uint32Array.from(hits, (hit) => hit.pid),
  );
}

/** Adds the MaxSim of those that have none yet. */
function addMaxsim(
  { hits, matches }: RankedOtherwise,
  maxsim: Map<number, number>,
  weights: Float32Array | undefined,
): void {
  if (matches === null || hits.length === 0) return;
  const scores = weightedScores(matches, matches.length / hits.length, weights);
  hits.forEach(({ pid }, i) => {
    const score = scores[i] ?? Number.NaN;
    // A passage that has left the index meanwhile has no score.
    if (!maxsim.has(pid) && !Number.isNaN(score)) maxsim.set(pid, score);
  });
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
