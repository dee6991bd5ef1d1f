import type { QueryWord } from '../contract/search.ts';
import type { ChanceLevel, EncodedQuery } from '../contract/vectors.ts';
import type { ParsedQuery } from '../text/query.ts';
import type { SearchParts } from './parts.ts';

/** Passages sampled to tell what each query token finds by chance. */
const CHANCE_SAMPLE = 256;

/** What each query token finds by chance in the index. */
export function chanceOf(query: EncodedQuery, { index }: Pick<SearchParts, 'index'>): Promise<ChanceLevel> {
  return index.chance(query.vectors, CHANCE_SAMPLE);
}

/** The query's words as chips show them. */
export function queryWords(
  parsed: ParsedQuery,
  weights: Readonly<Record<string, number>> | undefined,
): QueryWord[] {
  return parsed.words.map((word, index) => ({
    index,
    text: word.text,
    start: word.start,
    end: word.end,
    weight: weights?.[String(index)] ?? 1,
    required: word.required,
  }));
}

/** For each query token the word it belongs to; null for special and expansion tokens. */
export function wordOfToken(query: EncodedQuery, parsed: ParsedQuery): (number | null)[] {
  return query.tokens.map((token) => {
    if (token.kind !== 'word') return null;
    const at = parsed.words.findIndex((word) => token.start < word.textEnd && token.end > word.textStart);
    return at < 0 ? null : at;
  });
}

/**
 * One weight per query token; undefined when all are 1. A word's weight goes to each of its tokens. When words are
 * muted so that none is left above zero, special tokens keep the query from being empty.
 */
export function tokenWeights(
  words: readonly QueryWord[],
  wordOf: readonly (number | null)[],
): Float32Array | undefined {
  if (words.every((word) => word.weight === 1)) return undefined;
  return Float32Array.from(wordOf, (word) => (word === null ? 1 : (words[word]?.weight ?? 1)));
}

/** What BM25 is asked for: the words that are neither muted nor negative. */
export function lexicalText(words: readonly QueryWord[]): string {
  return words
    .filter((word) => word.weight > 0)
    .map((word) => word.text)
    .join(' ');
}
