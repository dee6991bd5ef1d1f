import { PassimError } from '../contract/errors.ts';
import type { SearchRequest, SearchResponse } from '../contract/search.ts';
import { fusionWeight } from '../text/fusion.ts';
import { parseQuery } from '../text/query.ts';
import { allowedPassages, fileFilter } from './allowed.ts';
import { groupByFile } from './group.ts';
import { searchNames } from './names.ts';
import type { SearchParts } from './parts.ts';
import { presentFiles } from './present.ts';
import { lexicalText, queryWords, tokenWeights, wordOfToken } from './query-tokens.ts';
import { retrieve } from './retrieve.ts';

export interface SearchOptions {
  readonly signal?: AbortSignal;
  /** Documents of a program: names of files mean nothing and twins are not collapsed. */
  readonly plain?: boolean;
}

/** Candidates from each ranking: enough passages for the files asked for, when several lie in one file. */
const CANDIDATES_PER_FILE = 10;
const MIN_CANDIDATES = 200;

/**
 * Searches: parse → filter → encode → MaxSim and BM25 → fuse → group → explain.
 * @throws PassimError 'query-syntax' naming the operator, 'bad-request', 'cancelled'
 */
export async function search(
  request: SearchRequest,
  parts: SearchParts,
  options: SearchOptions = {},
): Promise<SearchResponse> {
  const { scheduler, store } = parts;
  const started = scheduler.monotonic();
  const stages: Record<string, number> = {};
  const timed = async <T>(stage: string, work: () => Promise<T>): Promise<T> => {
    const from = scheduler.monotonic();
    const value = await work();
    stages[stage] = (stages[stage] ?? 0) + scheduler.monotonic() - from;
    if (options.signal?.aborted) throw new PassimError('cancelled', 'The search was cancelled.');
    return value;
  };

  const parsed = parseQuery(request.query);
  const words = queryWords(parsed, request.tokenWeights);
  checkWeights(request, words.length);
  const allow = await timed('filter', () => allowedPassages(parsed, request.roots, parts));
  const encoded =
    parsed.text.trim() === '' ? null : await timed('encode', () => parts.encodeQuery(parsed.text));
  const wordOf = encoded === null ? [] : wordOfToken(encoded, parsed);
  const weights = tokenWeights(words, wordOf);
  const candidates = await retrieve(encoded, parts, {
    ranker: request.ranker,
    exhaustive: request.exhaustive,
    limit: Math.max(MIN_CANDIDATES, request.k * CANDIDATES_PER_FILE),
    weights,
    allow,
    lexicalText: lexicalText(words),
    maxsimWeight: fusionWeight(parsed),
    signal: options.signal,
    timed,
  });
  const accept = fileFilter(parsed, request.roots, scheduler.now());
  const names =
    options.plain === true || parsed.required.length + parsed.excluded.length > 0
      ? []
      : searchNames(store.ledger.allFiles(), parsed.text, request.k, accept);
  const groups = groupByFile(candidates, names, store.ledger, {
    files: request.k,
    browse: encoded === null,
    accept,
  });
  const results = await timed('explain', () =>
    presentFiles(groups, {
      request,
      parsed,
      words,
      wordOf,
      weights,
      encoded,
      parts,
      collapse: options.plain !== true,
    }),
  );
  return {
    query: request.query,
    tookMs: scheduler.monotonic() - started,
    stages,
    words,
    results,
    notices: [],
    coverage: coverageOf(store.ledger),
  };
}

/** Searchable files and files known. */
export function coverageOf(ledger: SearchParts['store']['ledger']): SearchResponse['coverage'] {
  let searchable = 0;
  for (const file of ledger.allFiles()) if (file.passages > 0) searchable += 1;
  return { searchable, known: ledger.size };
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
