import { foldCase } from '../text/fold.ts';

/** Letters and digits as the full-text index's tokenizer sees them; everything else separates words. */
const WORD = /[\p{Alphabetic}\p{N}]+/gu;

/** Scripts that put no blanks between words: what the index holds of them is whole runs, not words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Bopomofo}]/u;

export function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

export function isUnspaced(text: string): boolean {
  return UNSPACED.test(text);
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/**
 * A test for "holds exactly these words in this order". Blanks in the phrase stand for anything that separates
 * words; other punctuation in it must be there too. At its ends the phrase must end a word, except in scripts that
 * put no blanks between words.
 * @returns null when the phrase is blank
 */
export function phraseMatcher(phrase: string): ((text: string) => boolean) | null {
  const folded = foldCase(phrase).trim();
  const parts = folded.split(/\s+/).filter((part) => part !== '');
  if (parts.length === 0) return null;
  const last = parts.at(-1) ?? '';
  const wordAt = (text: string, end: 'start' | 'end'): boolean => {
    const characters = [...text];
    const character = (end === 'start' ? characters[0] : characters.at(-1)) ?? '';
    return /[\p{Alphabetic}\p{N}]/u.test(character) && !isUnspaced(character);
  };
  let pattern = wordAt(parts[0] ?? '', 'start') ? '(?<![\\p{Alphabetic}\\p{N}])' : '';
  for (const [i, part] of parts.entries()) {
    if (i > 0) {
      const between = wordAt(parts[i - 1] ?? '', 'end') && wordAt(part, 'start');
      pattern += between ? '[^\\p{Alphabetic}\\p{N}]+' : '\\s*';
    }
    pattern += escapeRegExp(part);
  }
  if (wordAt(last, 'end')) pattern += '(?![\\p{Alphabetic}\\p{N}])';
  const expression = new RegExp(pattern, 'u');
  return (text) => expression.test(foldCase(text));
}
