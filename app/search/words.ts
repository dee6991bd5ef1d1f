import type { QueryWord } from '../contract/search.ts';

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
/** Context that the segmenter is shown on each side of a span; a word is rarely longer. */
const AROUND = 64;

/** Grows a span to the word or words it touches. */
export function growToWords(text: string, start: number, end: number): { start: number; end: number } {
  const from = Math.max(0, start - AROUND);
  const window = text.slice(from, end + AROUND);
  let grownStart = start;
  let grownEnd = end;
  for (const { segment, index, isWordLike } of segmenter.segment(window)) {
    const wordStart = from + index;
    const wordEnd = wordStart + segment.length;
    if (isWordLike !== true || wordEnd <= start || wordStart >= end) continue;
    grownStart = Math.min(grownStart, wordStart);
    grownEnd = Math.max(grownEnd, wordEnd);
  }
  return { start: grownStart, end: grownEnd };
}

function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Words of a text that are words of the query, case and accents apart. */
export function exactMatches(
  text: string,
  words: readonly QueryWord[],
): { word: number; start: number; end: number }[] {
  if (text === '' || words.length === 0) return [];
  const wanted = new Map<string, number>();
  for (const word of words) {
    for (const { segment, isWordLike } of segmenter.segment(word.text)) {
      if (isWordLike === true && !wanted.has(folded(segment))) wanted.set(folded(segment), word.index);
    }
  }
  const found: { word: number; start: number; end: number }[] = [];
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true) continue;
    const word = wanted.get(folded(segment));
    if (word !== undefined) found.push({ word, start: index, end: index + segment.length });
  }
  return found;
}
