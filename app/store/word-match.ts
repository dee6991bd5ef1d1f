import { foldCase } from '../text/fold.ts';

/** Letters and digits as the word index sees them; everything else separates words. */
const WORD = /[\p{Alphabetic}\p{N}]+/gu;

/** Scripts that put no blanks between words: what stands between two blanks there is more than a word. */
const UNSPACED_CLASS =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Bopomofo}';
const UNSPACED = new RegExp(`[${UNSPACED_CLASS}]`, 'v');
/** A letter or digit that a word next to it would run into. */
const JOINING = `[[\\p{Alphabetic}\\p{N}]--[${UNSPACED_CLASS}]]`;
const BETWEEN_WORDS = '[^\\p{Alphabetic}\\p{N}]+';

export function wordsOf(text: string): string[] {
  return text.match(WORD) ?? [];
}

export function isUnspaced(text: string): boolean {
  return UNSPACED.test(text);
}

function escapePart(text: string): string {
  return text
    .replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    .replaceAll("'", "['\u2018\u2019]")
    .replaceAll('"', '["\u201c\u201d]');
}

/**
 * An expression for "holds exactly these words in this order" in text that foldWords has been applied to. Blanks in
 * the phrase stand for anything that separates words; other punctuation in it must be there too. At its ends the
 * phrase must end a word, except in scripts that put no blanks between words. Case and the form of quotes are
 * nothing.
 * @returns null when the phrase is blank
 */
export function phraseExpression(phrase: string): RegExp | null {
  const parts = foldCase(phrase)
    .split(/\s+/)
    .filter((part) => part !== '');
  if (parts.length === 0) return null;
  const joins = (character: string | undefined): boolean =>
    character !== undefined && /[\p{Alphabetic}\p{N}]/u.test(character) && !isUnspaced(character);
  const first = (part: string | undefined): string | undefined => [...(part ?? '')][0];
  const last = (part: string | undefined): string | undefined => [...(part ?? '')].at(-1);
  let pattern = joins(first(parts[0])) ? `(?<!${JOINING})` : '';
  for (const [i, part] of parts.entries()) {
    if (i > 0) pattern += joins(last(parts[i - 1])) && joins(first(part)) ? BETWEEN_WORDS : '\\s*';
    pattern += escapePart(part);
  }
  if (joins(last(parts.at(-1)))) pattern += `(?!${JOINING})`;
  return new RegExp(pattern, 'iv');
}
