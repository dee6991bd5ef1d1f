import { stem } from 'porter2';
import { isAscii } from '../../text/fold.ts';
import { isUnspaced, wordsOf } from '../word-match.ts';

/** Words longer than this are not in the index; hashes and encoded blobs need no word search. UTF-16 units. */
export const MAX_WORD_LENGTH = 128;

/** Letters that no decomposition turns into plain ones. */
const PLAIN_LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ł: 'l',
  ħ: 'h',
  ı: 'i',
  ŋ: 'n',
  ŧ: 't',
};
const SPECIAL = new RegExp(`[${Object.keys(PLAIN_LETTERS).join('')}]`, 'gu');

let segmenter: Intl.Segmenter | null = null;

/**
 * The terms of a text that `foldWords` has been applied to, as they follow one another: letters and digits between
 * anything else, in lower case, cut to their English stem (Porter 2); Chinese, Japanese, Thai and the like divided
 * into words. Stop words stay: "to be or not to be" is a phrase that people look for, and their weight in BM25 is
 * next to nothing.
 */
export function termsOf(text: string): string[] {
  const terms: string[] = [];
  for (const word of wordsOf(text)) {
    if (isUnspaced(word)) terms.push(...divided(word));
    else if (word.length < MAX_WORD_LENGTH) terms.push(termOf(word));
  }
  return terms;
}

function termOf(word: string): string {
  const lower = word.toLowerCase();
  const plain = isAscii(lower)
    ? lower
    : lower.normalize('NFKC').replace(SPECIAL, (letter) => PLAIN_LETTERS[letter] ?? letter);
  return stem(plain);
}

function divided(run: string): string[] {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const terms: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(run))
    if (isWordLike === true && segment.length < MAX_WORD_LENGTH) terms.push(termOf(segment));
  return terms;
}
