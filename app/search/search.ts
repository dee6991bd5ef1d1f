import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { FileResult, QueryWord, SearchRequest, SearchResponse } from '../contract/search.ts';
import type { ChanceLevel, EncodedQuery } from '../contract/vectors.ts';
import { chanceRoom, lexicalWeight } from '../text/fusion.ts';
import { type ParsedQuery, parseQuery } from '../text/query.ts';
import { allowedPassages, fileFilter } from './allowed.ts';
import { encodeWhole } from './encode-query.ts';
import { type FileGroup, groupByFile } from './group.ts';
import { findNamed, nameEvidence } from './names/find.ts';
import type { SearchParts } from './parts.ts';
import { presentFiles } from './present.ts';
import { lexicalText, queryWords, tokenWeights, wordOfToken } from './query-tokens.ts';
import { findWords, retrieve } from './retrieve.ts';

export interface SearchOptions {
  readonly signal?: AbortSignal;
  /** Documents of a program: names of files mean nothing and twins are not collapsed. */
  readonly plain?: boolean;
  /** Nothing in the query is syntax. */
  readonly literal?: boolean;
  /** Only files that pass, beside what the query's operators say. */
  readonly among?: (file: FileRecord) => boolean;
  /** Of files that answer about equally well the newer comes first. */
  readonly recency?: boolean;
}

/** Candidates from each ranking: enough passages for the files asked for, when several lie in one file. */
const CANDIDATES_PER_FILE = 10;
const MIN_CANDIDATES = 100;

/** A search up to the order of the files: nothing of them is read yet. */
export interface Ranking {
  readonly parsed: ParsedQuery;
  readonly words: readonly QueryWord[];
  /** For each query token the word it belongs to. */
  readonly wordOf: readonly (number | null)[];
  /** Weights that the person gave to the query's tokens; undefined when all are 1. */
  readonly asked: Float32Array | undefined;
  /** What each token tells in this index, which multiplies that; null without MaxSim. */
  readonly evidence: Float32Array | null;
  readonly encoded: EncodedQuery | null;
  /** What each query token finds by chance in this index. */
  readonly chance: ChanceLevel | null;
  /** Whether any passage holds a word of the query; null when that was not looked at. */
  readonly wordFound: boolean | null;
  /** Best file first. */
  readonly groups: readonly FileGroup[];
  /** Milliseconds by stage. */
  readonly stages: Readonly<Record<string, number>>;
}

/**
 * Ranks: parse → filter → encode → MaxSim and BM25 → fuse → group.
 * @throws PassimError 'query-syntax' naming the operator, 'bad-request', 'cancelled'
 */
export async function rank(
  request: SearchRequest,
  parts: SearchParts,
  options: SearchOptions = {},
): Promise<Ranking> {
  const { store, scheduler } = parts;
  const stages: Record<string, number> = {};
  const timed = stopwatch(stages, parts, options.signal);
  const parsed = parseQuery(request.query, { literal: options.literal === true });
  const words = queryWords(parsed, request.tokenWeights);
  checkWeights(request, words.length);
  const allow = await timed('filter', () => allowedPassages(parsed, request.roots, parts, options.among));
  const limit = Math.max(MIN_CANDIDATES, request.k * CANDIDATES_PER_FILE);
  const lexical = request.ranker === 'fused' || request.ranker === 'bm25';
  const wordText = lexicalText(words);
  const encoding = parsed.text.trim() === '' ? null : timed('encode', () => encodeWhole(parsed.text, parts));
  // Words need no vectors: they are looked for while the encoder works.
  const wording =
    lexical && wordText !== '' ? timed('bm25', () => findWords(wordText, limit, allow, parts)) : null;
  // Told by whoever waits for it, unless the encoder failed before.
  wording?.catch(() => {});
  const encoded = await encoding;
  const wordOf = encoded === null ? [] : wordOfToken(encoded, parsed);
  const asked = tokenWeights(words, wordOf);
  const { candidates, evidence, chance } = await retrieve(encoded, parts, {
    ranker: request.ranker,
    exhaustive: request.exhaustive,
    limit,
    asked,
    allow,
    words: wording,
    lexical: (chance) =>
      lexicalWeight(
        parsed,
        chance === null || encoded === null ? undefined : chanceRoom(chance, encoded.tokens),
      ),
    signal: options.signal,
    timed,
  });
  const accept = fileFilter(parsed, request.roots, scheduler.now(), options.among);
  // A muted word says nothing of names either.
  const nameText = asked === undefined ? parsed.text : wordText;
  const names =
    options.plain === true || parsed.required.length + parsed.excluded.length > 0
      ? []
      : await timed('names', () => findNamed(nameText, parts, accept, request.k));
  const groups = groupByFile(candidates, names, store.ledger, {
    files: request.k,
    browse: encoded === null,
    accept,
    now: options.recency === true && request.ranker === 'fused' ? scheduler.now() : null,
    inName: options.plain === true || request.ranker !== 'fused' ? null : nameEvidence(nameText, parts),
  });
  const wordFound = lexical ? candidates.some((candidate) => candidate.bm25 !== null) : null;
  return { parsed, words, wordOf, asked, evidence, encoded, chance, wordFound, groups, stages };
}

/**
 * Searches: {@link rank}, then reads what is to be shown and explains it.
 * @throws PassimError 'query-syntax' naming the operator, 'bad-request', 'cancelled'
 */
export async function search(
  request: SearchRequest,
  parts: SearchParts,
  options: SearchOptions = {},
): Promise<SearchResponse> {
  const { scheduler, store } = parts;
  const started = scheduler.monotonic();
  const ranking = await rank(request, parts, options);
  const stages = { ...ranking.stages };
  const timed = stopwatch(stages, parts, options.signal);
  const results = await timed('explain', () =>
    presentFiles(ranking.groups, { ...ranking, request, parts, collapse: options.plain !== true }),
  );
  return {
    query: request.query,
    tookMs: scheduler.monotonic() - started,
    stages,
    words: [...ranking.words],
    ...answerConfidence(results),
    results,
    notices: [],
    coverage: coverageOf(store.ledger),
  };
}

/** Runs a stage, adds its milliseconds to `stages`, and stops after it when the search was cancelled. */
function stopwatch(
  stages: Record<string, number>,
  { scheduler }: SearchParts,
  signal: AbortSignal | undefined,
) {
  return async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const from = scheduler.monotonic();
    const value = await work();
    stages[stage] = (stages[stage] ?? 0) + scheduler.monotonic() - from;
    if (signal?.aborted) throw new PassimError('cancelled', 'The search was cancelled.');
    return value;
  };
}

function answerConfidence(results: readonly FileResult[]): { confidence?: number } {
  const all = results.flatMap((file) => file.confidence ?? []);
  return all.length === 0 ? {} : { confidence: Math.max(...all) };
}

/** Searchable files and files known. */
export function coverageOf(ledger: SearchParts['store']['ledger']): SearchResponse['coverage'] {
  return { searchable: ledger.searchable, known: ledger.size };
}

function checkWeights(request: SearchRequest, words: number): void {
  for (const position of Object.keys(request.tokenWeights ?? {})) {
    if (Number(position) < words) continue;
    throw new PassimError(
      'bad-request',
      `tokenWeights names word ${position}, but the query has ${words} words (counted from 0).`,
      { subject: `tokenWeights.${position}` },
    );
  }
}
