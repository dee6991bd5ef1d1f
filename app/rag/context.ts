import type { EngineApi } from '../contract/engine.ts';
import type { SearchInput, SearchResponse } from '../contract/search.ts';
import { type ExportPassage, exportItemOf, preparePassages } from '../export/index.ts';

/** What is retrieved as context for a question. */
export interface ContextRequest {
  readonly query: string;
  /** Passages at most. */
  readonly k: number;
  /** Passages of one file at most. */
  readonly passagesPerFile: number;
  /** Tokens that all passages together may take, as estimated; 0 for no limit. */
  readonly budget: number;
  /** Passages passed over: the page before this one ended there. */
  readonly offset?: number;
  readonly ranker?: SearchInput['ranker'];
}

export type ContextPassage = ExportPassage & {
  /** How well its file's best passage covers the query, 0 … 1. */
  readonly strength: number;
  /** How likely it is what the question looks for, 0 … 1; null when the engine does not say. */
  readonly confidence: number | null;
};

export interface Context {
  /** Best first; their citation numbers count from 1. */
  readonly passages: readonly ContextPassage[];
  /** Offset at which a next page begins, null when there is no more. */
  readonly next: number | null;
  readonly response: SearchResponse;
}

/** More files than an engine gives in one answer cannot be paged through. */
const MAX_FILES = 1000;

/**
 * Retrieves passages for a question, merges what is the same, and trims them around their matched words to a token
 * budget. A passage that the budget leaves no room for is left out.
 * @throws PassimError as the engine's search
 */
export async function retrieveContext(
  engine: EngineApi,
  request: ContextRequest,
  signal?: AbortSignal,
): Promise<Context> {
  const offset = request.offset ?? 0;
  // The best n passages lie in the n best files; one more tells whether there is a next page.
  const needed = offset + request.k + 1;
  const response = await engine.call(
    'search',
    {
      query: request.query,
      k: Math.min(MAX_FILES, needed),
      passagesPerFile: request.passagesPerFile,
      ranker: request.ranker ?? 'fused',
    },
    signal,
  );
  const strength = new Map(response.results.map((file) => [file.path, file.strength]));
  const confidence = new Map(
    response.results.flatMap((file) => file.passages.map((passage) => [passage.id, passage.confidence])),
  );
  const found = response.results
    .flatMap((file) => file.passages.map((passage) => exportItemOf(file, passage, request.query)))
    .toSorted((a, b) => b.score - a.score || a.path.localeCompare(b.path) || a.start - b.start);
  const passages = preparePassages(found.slice(offset, offset + request.k), {
    order: 'score',
    budget: request.budget,
  });
  return {
    passages: passages.map((passage) => ({
      ...passage,
      strength: strength.get(passage.path) ?? 0,
      confidence: confidence.get(passage.id) ?? null,
    })),
    next: found.length > offset + request.k ? offset + request.k : null,
    response,
  };
}
