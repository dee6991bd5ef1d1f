import type { TokenMatch } from '../contract/search.ts';

/**
 * Logistic weights, fitted so that 0.5 parts queries that an index answers from such that it does not: other
 * collections' queries, nonsense, and queries whose answers were taken out. See docs/quality.md for how they do on
 * collections that they were not fitted on.
 */
const WORDS = 3.45;
const ALL_TOKENS = 6.78;
const NO_WORD_KNOWN = -2.5;
const OFFSET = -4.44;

/** What a token finds by chance as a rule, and how many passages that stands for where an index has few. */
const USUAL_CHANCE = { word: 0.4, special: 0.6, expansion: 0.6 } as const;
const USUAL_COUNT = 8;

/** What is known of a search beside one passage's alignment. */
export interface ConfidenceContext {
  /** Passages that the chance levels were measured on. */
  readonly sampled: number;
  /** Whether any passage of the index holds a word of the query; null when that was not looked at. */
  readonly wordFound: boolean | null;
}

/**
 * How likely it is that a passage is what the query looks for, 0 … 1: by how far its tokens' similarities lie above
 * what the same tokens find by chance in this index, as a share of the way to a perfect match. Tokens that find the
 * same everywhere have little way to go and so count little.
 */
export function confidenceOf(tokens: readonly TokenMatch[], context: ConfidenceContext): number {
  const judged = tokens.filter((token) => token.weight > 0);
  const words = judged.filter((token) => token.kind === 'word' && /[\p{L}\p{N}]/u.test(token.token));
  if (words.length === 0) return 0;
  const logit =
    OFFSET +
    WORDS * shareOfWay(words, context.sampled) +
    ALL_TOKENS * shareOfWay(judged, context.sampled) +
    (context.wordFound === false ? NO_WORD_KNOWN : 0);
  return 1 / (1 + Math.exp(-logit));
}

function shareOfWay(tokens: readonly TokenMatch[], sampled: number): number {
  let gone = 0;
  let way = 0;
  for (const { similarity, chance, weight, kind } of tokens) {
    // In an index of few passages the best one is itself a good part of what was measured.
    const level = (sampled * chance + USUAL_COUNT * USUAL_CHANCE[kind]) / (sampled + USUAL_COUNT);
    gone += weight * (similarity - level);
    way += weight * Math.max(0, 1 - level);
  }
  return way === 0 ? 0 : gone / way;
}

/** Confidence of a file that the query names, by the share of the name that was typed. */
export function nameConfidence(covers: number): number {
  return 0.5 + 0.45 * Math.min(1, covers);
}
