import type { ParsedQuery } from '../text/query.ts';

/** Weight of MaxSim where nothing speaks for another one; measured in docs/quality.md. */
const USUAL = 0.7;
/** Weight of MaxSim when the query names something exactly: an identifier, a number, a code, a quoted phrase. */
const EXACT = 0.5;

/** Words that name one thing: camelCase, snake_case, digits among letters, dotted or slashed names, acronyms. */
const IDENTIFIER = /\d|[a-z][A-Z]|[\w]_[\w]|\w[./:@#\\]\w|^[A-Z]{2,}$/;

/** Weight of MaxSim for a query, 0 … 1, by how exactly the query names what it wants. */
export function fusionWeight(parsed: ParsedQuery): number {
  if (parsed.phrases.length > 0) return EXACT;
  if (parsed.words.length === 0) return USUAL;
  const exact = parsed.words.filter((word) => IDENTIFIER.test(word.text)).length;
  return USUAL - (USUAL - EXACT) * (exact / parsed.words.length);
}

/**
 * Weighted sum of two scores, each brought to 0 … 1 by its least and greatest value among the candidates. A passage
 * without any of the query's words counts as the least in BM25.
 * @param weight of the first, 0 … 1
 */
export function fuse(
  maxsim: ReadonlyMap<number, number>,
  bm25: ReadonlyMap<number, number>,
  weight: number,
): Map<number, number> {
  const scaledMaxsim = minMax(maxsim, false);
  const scaledBm25 = minMax(bm25, true);
  const fused = new Map<number, number>();
  for (const key of new Set([...maxsim.keys(), ...bm25.keys()])) {
    fused.set(key, weight * (scaledMaxsim.get(key) ?? 0) + (1 - weight) * (scaledBm25.get(key) ?? 0));
  }
  return fused;
}

function minMax(scores: ReadonlyMap<number, number>, fromZero: boolean): Map<number, number> {
  let least = fromZero ? 0 : Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const score of scores.values()) {
    if (score < least) least = score;
    if (score > greatest) greatest = score;
  }
  const range = greatest - least;
  return new Map([...scores].map(([key, score]) => [key, range > 0 ? (score - least) / range : 1]));
}
