import type { ParsedQuery, ParsedWord } from './query.ts';

/**
 * Weights of MaxSim against BM25, by what is asked. Questions in prose lose by BM25 (WikiQA and FiQA-style
 * questions fell by 0.09 nDCG@10 under reciprocal rank fusion), claims and key words in technical text gain by a
 * little of it (SciFact was best at 0.7), identifiers and quoted phrases need it.
 */
export const FUSION_WEIGHTS = {
  question: 0.9,
  statement: 0.75,
  keywords: 0.65,
  /** Taken off when every word is an identifier; in proportion when some are. */
  identifiers: 0.35,
  /** Taken off when words are quoted or marked as required. */
  exact: 0.2,
  least: 0.3,
} as const;
/** From this many words on a query is taken for prose. */
const PROSE_WORDS = 6;

/** A part number, a name in code, a path, an address, a number: something that is meant letter for letter. */
const IDENTIFIER = /\d|[_/\\@#=<>(){}]|^\.\w|\w\.\w|::|->|\p{Ll}\p{Lu}|^\p{Lu}{2,}s?$|\+\+$/u;

function looksLikeIdentifier(word: ParsedWord): boolean {
  return IDENTIFIER.test(word.text);
}

/**
 * Weight of MaxSim in the fusion with BM25 for a query, 0 … 1. A rule of thumb that looks at the query alone.
 */
export function fusionWeight(query: Pick<ParsedQuery, 'text' | 'words' | 'phrases' | 'required'>): number {
  const { words } = query;
  if (words.length === 0) return FUSION_WEIGHTS.statement;
  const weights = FUSION_WEIGHTS;
  let weight: number = words.length >= PROSE_WORDS ? weights.statement : weights.keywords;
  if (/[?？؟]\s*$/u.test(query.text)) weight = weights.question;
  weight -= (weights.identifiers * words.filter(looksLikeIdentifier).length) / words.length;
  if (query.phrases.length > 0 || query.required.length > 0) weight -= weights.exact;
  return Math.max(weights.least, weight);
}

/**
 * Weighted sum of two rankings over the union of their candidates. MaxSim is scaled from its lowest to its
 * highest candidate, since its scores have no zero of their own; BM25 from 0, which is what a passage without any
 * word of the query has.
 *
 * @param weight of MaxSim, 0 … 1
 * @returns fused score per candidate, 0 … 1
 */
export function fuse<K>(
  maxsim: ReadonlyMap<K, number>,
  bm25: ReadonlyMap<K, number>,
  weight: number,
): Map<K, number> {
  const scaledMaxsim = scaled(maxsim, lowest(maxsim));
  const scaledBm25 = scaled(bm25, 0);
  const fused = new Map<K, number>();
  for (const key of new Set([...maxsim.keys(), ...bm25.keys()])) {
    fused.set(key, weight * (scaledMaxsim.get(key) ?? 0) + (1 - weight) * (scaledBm25.get(key) ?? 0));
  }
  return fused;
}

function lowest(scores: ReadonlyMap<unknown, number>): number {
  let low = Number.POSITIVE_INFINITY;
  for (const score of scores.values()) low = Math.min(low, score);
  return low;
}

/** Scores mapped so that `low` is 0 and the highest is 1; all are 1 when they do not differ. */
function scaled<K>(scores: ReadonlyMap<K, number>, low: number): Map<K, number> {
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores.values()) high = Math.max(high, score);
  const range = high - low;
  return new Map(
    [...scores].map(([key, score]) => [key, range > 0 ? Math.max(0, (score - low) / range) : 1]),
  );
}
