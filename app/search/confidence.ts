import type { TokenMatch } from '../contract/search.ts';

/**
 * Logistic weights of {@link confidenceFeatures}, fitted so that 0.5 parts queries that an index answers from such
 * that it does not: other collections' queries, nonsense, and queries whose answers were taken out
 * (test/bench/confidence.ts fits them, and shows how they do on collections that they were not fitted on).
 */
const WEIGHTS = { offset: -4.46, words: 3.94, tokens: 6.09, unknown: -3 } as const;

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

/** What {@link confidenceOf} looks at. */
export interface ConfidenceFeatures {
  /** How far the words' tokens come on the way from chance to a perfect match, 0 at chance, 1 at the end of it. */
  readonly words: number;
  /** The same over all tokens, special ones too: those tell whether the whole is alike. */
  readonly tokens: number;
  /** 1 when no passage of the index holds any word of the query. */
  readonly unknown: 0 | 1;
}

/** Null when the query has no word that could match. */
export function confidenceFeatures(
  tokens: readonly TokenMatch[],
  context: ConfidenceContext,
): ConfidenceFeatures | null {
  const judged = tokens.filter((token) => token.weight > 0);
  const words = judged.filter((token) => token.kind === 'word' && /[\p{L}\p{N}]/u.test(token.token));
  if (words.length === 0) return null;
  return {
    words: shareOfWay(words, context.sampled),
    tokens: shareOfWay(judged, context.sampled),
    unknown: context.wordFound === false ? 1 : 0,
  };
}

/**
 * How likely it is that a passage is what the query looks for, 0 … 1: by how far its tokens' similarities lie above
 * what the same tokens find by chance in this index, as a share of the way to a perfect match. Tokens that find the
 * same everywhere have little way to go and so count little.
 */
export function confidenceOf(tokens: readonly TokenMatch[], context: ConfidenceContext): number {
  const features = confidenceFeatures(tokens, context);
  if (features === null) return 0;
  const logit =
    WEIGHTS.offset +
    WEIGHTS.words * features.words +
    WEIGHTS.tokens * features.tokens +
    WEIGHTS.unknown * features.unknown;
  return 1 / (1 + Math.exp(-logit));
}

function shareOfWay(tokens: readonly TokenMatch[], sampled: number): number {
  let gone = 0;
  let way = 0;
  for (const { similarity, chance, kind, weight: counted, evidence } of tokens) {
    // As the person asked: what a token tells is in the way that it can go.
    const weight = counted / evidence;
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
