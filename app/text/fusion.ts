import type { ChanceLevel } from '../contract/vectors.ts';
import type { ParsedQuery, ParsedWord } from './query.ts';

/**
 * How much one unit of BM25 counts against one deviation of MaxSim. Fitted on collections of questions, claims, code
 * and notes so that none loses by it; a constant comes within 0.005 of it everywhere, so that nothing hangs on the
 * exact values. See docs/quality.md.
 */
export const LEXICAL_WEIGHTS = {
  /** For a query of eight plain words. */
  plain: 0.24,
  /** Grows with this power of the number of words: the more there are, the less a chance match of one counts. */
  lengthPower: 0.5,
  /** A statement, written out with capital and full stop: claims and titles restate what they are about. */
  statement: 3,
  /** For a query whose words find little by chance, as in a varied collection: there MaxSim errs less. */
  varied: 0.82,
  /** The three above together change the weight by this factor at most, either way. */
  most: 3.3,
  /** When every word is an identifier; in proportion when some are. */
  identifiers: 3.3,
  /** When every word is a name; in proportion when some are. */
  names: 1.65,
  /** When words are quoted or marked as required. */
  exact: 2,
} as const;

/** Say of BM25 in the sum, when both are scaled from their worst to their best candidate, for a plain query, and at most. */
const PLAIN_SHARE = 0.18;
const MOST_SHARE = 0.5;

/** Room above chance that words have as a rule, and how much it differs between collections. */
const USUAL_ROOM = 0.68;
const ROOM_DEVIATION = 0.064;

/** Deviation of a token's best similarity that is assumed where few passages tell, and how many of them it stands for. */
const USUAL_DEVIATION = 0.11;
const USUAL_COUNT = 16;

/** A part number, a name in code, a path, an address, a number: something that is meant letter for letter. */
const IDENTIFIER = /\d|[_/\\@#=<>(){}]|^\.\w|\w\.\w|::|->|\p{Ll}\p{Lu}|^\p{Lu}{2,}s?$|\+\+$/u;
const CAPITALISED = /^\p{Lu}\p{Ll}/u;

function isIdentifier(word: ParsedWord): boolean {
  return IDENTIFIER.test(word.text);
}

/** A capital inside a sentence; at its beginning, and where every word has one, it says nothing. */
function nameShare(words: readonly ParsedWord[]): number {
  const capitalised = words.filter(
    (word, i) => i > 0 && CAPITALISED.test(word.text) && !isIdentifier(word),
  ).length;
  return capitalised === words.length - 1 && words.length > 2 ? 0 : capitalised / words.length;
}

const STATEMENT = /^[\p{Lu}\p{N}].*[.!。！]\s*$/su;
const LEAST_STATEMENT = 4;

/**
 * Weight of BM25 for a query, by its form and by what its words find by chance.
 * @param room see {@link chanceRoom}
 */
export function lexicalWeight(
  query: Pick<ParsedQuery, 'text' | 'words' | 'phrases' | 'required'>,
  room: number = USUAL_ROOM,
): number {
  const { words } = query;
  const weights = LEXICAL_WEIGHTS;
  if (words.length === 0) return weights.plain;
  const statement = words.length >= LEAST_STATEMENT && STATEMENT.test(query.text);
  const variedness = Math.max(-1, Math.min(1, (room - USUAL_ROOM) / ROOM_DEVIATION));
  const byForm =
    (words.length / 8) ** weights.lengthPower *
    (statement ? weights.statement : 1) *
    weights.varied ** variedness;
  const identifierShare = words.filter(isIdentifier).length / words.length;
  const quoted = query.phrases.length > 0 || query.required.length > 0;
  return (
    weights.plain *
    Math.max(1 / weights.most, Math.min(weights.most, byForm)) *
    weights.identifiers ** identifierShare *
    weights.names ** nameShare(words) *
    (quoted ? weights.exact : 1)
  );
}

/** How far above chance the words of a query can come: the mean of 1 − what each word token finds by chance. */
export function chanceRoom(
  { mean, sampled }: ChanceLevel,
  tokens: readonly { readonly kind: string }[],
): number {
  let sum = 0;
  let count = 0;
  tokens.forEach((token, i) => {
    if (token.kind !== 'word') return;
    sum += 1 - (mean[i] ?? 1 - USUAL_ROOM);
    count += 1;
  });
  const measured = count === 0 ? USUAL_ROOM : sum / count;
  return (sampled * measured + USUAL_COUNT * USUAL_ROOM) / (sampled + USUAL_COUNT);
}

/**
 * What a query token's best similarity varies by chance in this index: the root mean square over the tokens. MaxSim
 * divided by it no longer depends on how sharp the model is, nor on how alike the passages are.
 * @param weights one per query token; 1 when absent
 */
export function chanceSpread({ deviation, sampled }: ChanceLevel, weights?: Float32Array): number {
  let sum = 0;
  let count = 0;
  deviation.forEach((value, i) => {
    const weight = weights?.[i] ?? 1;
    if (weight === 0) return;
    const variance = (sampled * value * value + USUAL_COUNT * USUAL_DEVIATION ** 2) / (sampled + USUAL_COUNT);
    sum += weight * weight * variance;
    count += 1;
  });
  return count === 0 ? USUAL_DEVIATION : Math.sqrt(sum / count);
}

/**
 * Weight of MaxSim in {@link fuse}, 0 … 1. BM25's say is the geometric mean of two. One is by evidence, the order of
 * MaxSim / spread + lexicalWeight × BM25: both are sums over the query's words of evidence that a word's match is no
 * chance, MaxSim in deviations, BM25 in the logarithm of a word's rarity; so a ranking that found little has little
 * say. The other is a share of what tells the candidates apart by MaxSim, which keeps BM25 from drowning it out where
 * rare words abound, and from having none where its scores are low throughout.
 */
export function fusionWeight<K>(
  maxsim: ReadonlyMap<K, number>,
  bm25: ReadonlyMap<K, number>,
  { spread, lexical }: { readonly spread: number; readonly lexical: number },
): number {
  const bySense = maxsim.size === 0 ? 0 : (highest(maxsim) - lowest(maxsim)) / spread;
  const share = Math.min(MOST_SHARE, PLAIN_SHARE * Math.sqrt(lexical / LEXICAL_WEIGHTS.plain));
  const evidence = bm25.size === 0 ? 0 : lexical * Math.max(0, highest(bm25));
  // Where MaxSim tells nothing apart, words decide.
  const byWords = bySense === 0 ? evidence : Math.sqrt(evidence * (share / (1 - share)) * bySense);
  return bySense + byWords === 0 ? 0.5 : bySense / (bySense + byWords);
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

function highest(scores: ReadonlyMap<unknown, number>): number {
  let high = Number.NEGATIVE_INFINITY;
  for (const score of scores.values()) high = Math.max(high, score);
  return high;
}

/** Scores mapped so that `low` is 0 and the highest is 1; all are 1 when they do not differ. */
function scaled<K>(scores: ReadonlyMap<K, number>, low: number): Map<K, number> {
  const range = highest(scores) - low;
  return new Map(
    [...scores].map(([key, score]) => [key, range > 0 ? Math.max(0, (score - low) / range) : 1]),
  );
}
