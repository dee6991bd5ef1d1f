import { randomBytes } from 'node:crypto';
import type { SearchRequest, SearchResponse } from '../contract/search.ts';
import type { SearchTrace } from '../contract/trace.ts';

/** Stages that run at the same time: the rankings. */
const TOGETHER = new Set(['maxsim', 'bm25', 'dense']);

/**
 * The trace of a search.
 * @param began milliseconds since the epoch
 */
export function traceOf(
  request: SearchRequest,
  response: SearchResponse,
  began: number,
  engine: SearchTrace['engine'],
): SearchTrace {
  const best = response.results[0];
  return {
    id: randomBytes(16).toString('hex'),
    time: began,
    query: request.query,
    tookMs: response.tookMs,
    stages: placeStages(response.stages),
    choices: {
      ranker: request.ranker,
      exhaustive: request.exhaustive,
      k: request.k,
      passagesPerFile: request.passagesPerFile,
      explain: request.explain,
      maxsimWeight: best?.passages[0]?.scores.maxsimWeight ?? null,
      roots: request.roots ?? null,
      words: response.words.map(({ text, weight, required }) => ({ text, weight, required })),
    },
    found: {
      files: response.results.length,
      passages: response.results.reduce((sum, file) => sum + file.passages.length, 0),
      strength: best?.strength ?? 0,
    },
    searchableFiles: response.coverage.searchable,
    engine,
  };
}

/** Durations in the order of the pipeline, each beginning when the one before ended; rankings begin together. */
function placeStages(stages: Readonly<Record<string, number>>): SearchTrace['stages'] {
  const placed: SearchTrace['stages'] = [];
  let at = 0;
  let together = 0;
  for (const [name, ms] of Object.entries(stages)) {
    if (TOGETHER.has(name)) {
      placed.push({ name, start: at, ms });
      together = Math.max(together, ms);
      continue;
    }
    at += together;
    together = 0;
    placed.push({ name, start: at, ms });
    at += ms;
  }
  return placed;
}
