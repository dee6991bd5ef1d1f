import { makeFilter, OPERATORS, type Operator, type QueryFilter } from './query-filters.ts';

export { type FileFacts, filterMatcher, type QueryFilter } from './query-filters.ts';

/** A word of the query that the model reads. */
export interface ParsedWord {
  readonly text: string;
  /** UTF-16 offsets in the query as typed. */
  readonly start: number;
  readonly end: number;
  /** UTF-16 offsets in {@link ParsedQuery.text}. */
  readonly textStart: number;
  readonly textEnd: number;
  /** Whether a passage must have the word, letter for letter. */
  readonly required: boolean;
  /** Position in {@link ParsedQuery.phrases}, null outside phrases. */
  readonly phrase: number | null;
}

export interface ParsedQuery {
  /** What the model reads: the query without operators, signs, quotes and excluded words. */
  readonly text: string;
  readonly words: readonly ParsedWord[];
  /** Texts that a passage must have as a phrase. */
  readonly phrases: readonly string[];
  /** Words that a passage must have. */
  readonly required: readonly string[];
  /** Words and phrases that a passage must not have. */
  readonly excluded: readonly string[];
  readonly filters: readonly QueryFilter[];
}

export interface ParseOptions {
  /** Names of the formats that `type:` may name besides the families; without them any name is taken. */
  readonly types?: ReadonlySet<string>;
  /** Nothing is syntax: every sign, quote and operator is part of the words. What programs and test collections ask. */
  readonly literal?: boolean;
}

const QUOTES = new Set(['"', '“', '”', '„', '«', '»']);
/** Punctuation around a word that is not part of it; inside a word ("C++", "a.b@c") it stays. */
const AROUND = new Set('()[]{}<>‘’`\'¿¡,.;:!?…–—-"“”„«»');
/** Scripts that are written without spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Reads the query syntax: words, `"exact phrase"`, `+word`, `-word`, `path:`, `ext:`, `type:`, `modified:`,
 * `size:` (negated with `-`, several values with commas, quoted values). What looks like an operator and is none
 * (`https://…`, `std::vector`, `12:30`, `C:\…`) is words. A quote that is never closed is left out.
 *
 * @throws PassimError 'query-syntax' for an operator whose value is wrong; its subject is the operator
 */
export function parseQuery(query: string, options: ParseOptions = {}): ParsedQuery {
  return new QueryParser(query, options).parse();
}

class QueryParser {
  readonly #query: string;
  readonly #options: ParseOptions;
  #at = 0;
  #text = '';
  readonly #words: ParsedWord[] = [];
  readonly #phrases: string[] = [];
  readonly #required: string[] = [];
  readonly #excluded: string[] = [];
  readonly #filters: QueryFilter[] = [];

  constructor(query: string, options: ParseOptions) {
    this.#query = query;
    this.#options = options;
  }

  parse(): ParsedQuery {
    for (this.#skipSpace(); this.#at < this.#query.length; this.#skipSpace()) this.#item();
    return {
      text: this.#text,
      words: this.#words,
      phrases: this.#phrases,
      required: this.#required,
      excluded: this.#excluded,
      filters: this.#filters,
    };
  }

  #skipSpace(): void {
    while (this.#at < this.#query.length && /\s/.test(this.#query.charAt(this.#at))) this.#at += 1;
  }

  #item(): void {
    if (this.#options.literal === true) {
      this.#word(this.#at, '');
      return;
    }
    const first = this.#query.charAt(this.#at);
    const second = this.#query.charAt(this.#at + 1);
    const signed = (first === '+' || first === '-') && !/^[\s+-]?$/.test(second);
    const sign = signed ? first : '';
    const start = this.#at + sign.length;
    if (QUOTES.has(this.#query.charAt(start))) this.#quoted(start, sign);
    else if (!this.#operator(start, sign)) this.#word(start, sign);
  }

  #quoted(start: number, sign: string): void {
    let end = start + 1;
    while (end < this.#query.length && !QUOTES.has(this.#query.charAt(end))) end += 1;
    this.#at = end + 1;
    if (end >= this.#query.length) {
      this.#at = start + 1;
      return;
    }
    const phrase = this.#query
      .slice(start + 1, end)
      .replace(/\s+/g, ' ')
      .trim();
    if (phrase === '') return;
    if (sign === '-') {
      this.#excluded.push(phrase);
      return;
    }
    this.#phrases.push(phrase);
    for (const match of this.#query.slice(start + 1, end).matchAll(/\S+/g)) {
      const from = start + 1 + match.index;
      this.#read(from, from + match[0].length, { required: true, phrase: this.#phrases.length - 1 });
    }
  }

  /** Reads `name:value,"value"` at `start`; false when there is no operator of that name. */
  #operator(start: number, sign: string): boolean {
    const name = /^([A-Za-z]+):(?!:)/.exec(this.#query.slice(start, start + 16))?.[1];
    const operator = OPERATORS.find((known) => known === name?.toLowerCase());
    if (name === undefined || operator === undefined) return false;
    this.#at = start + name.length + 1;
    this.#filters.push(makeFilter(operator, this.#values(operator), sign === '-', this.#options.types));
    return true;
  }

  #values(operator: Operator): string[] {
    const values: string[] = [];
    let value = '';
    let quote = false;
    for (; this.#at < this.#query.length; this.#at += 1) {
      const char = this.#query.charAt(this.#at);
      if (QUOTES.has(char)) {
        quote = !quote;
      } else if (!quote && /\s/.test(char)) {
        break;
      } else if (!quote && char === ',') {
        values.push(value);
        value = '';
      } else {
        value += char;
      }
    }
    // "modified:last week" is what people type; no other operator has values of two words.
    const next = /^\s+(week|month|year)(?=\s|$)/i.exec(this.#query.slice(this.#at, this.#at + 64));
    if (operator === 'modified' && /^[<>]?=?(this|last)$/i.test(value) && next !== null) {
      value += ` ${next[1] ?? ''}`;
      this.#at += next[0].length;
    }
    values.push(value);
    return values;
  }

  #word(start: number, sign: string): void {
    let end = start;
    while (end < this.#query.length && !/\s/.test(this.#query.charAt(end))) end += 1;
    this.#at = end;
    if (sign === '-') {
      const word = trimWord(this.#query, start, end);
      if (word !== null) this.#excluded.push(this.#query.slice(word[0], word[1]));
      return;
    }
    const before = this.#words.length;
    this.#read(start, end, { required: sign === '+', phrase: null });
    if (sign === '+') for (const word of this.#words.slice(before)) this.#required.push(word.text);
  }

  /** Adds query[start, end) to the text and its words to the words. */
  #read(start: number, end: number, how: Pick<ParsedWord, 'required' | 'phrase'>): void {
    if (this.#text !== '') this.#text += ' ';
    const shift = this.#text.length - start;
    this.#text += this.#query.slice(start, end);
    const word = trimWord(this.#query, start, end);
    if (word === null) return;
    for (const [from, to] of wordsWithin(this.#query, word[0], word[1])) {
      this.#words.push({
        text: this.#query.slice(from, to),
        start: from,
        end: to,
        textStart: from + shift,
        textEnd: to + shift,
        ...how,
      });
    }
  }
}

/** [start, end) without the punctuation around a word; null when nothing but punctuation is there. */
function trimWord(query: string, start: number, end: number): readonly [number, number] | null {
  let from = start;
  let to = end;
  while (to > from && AROUND.has(query.charAt(to - 1))) to -= 1;
  while (from < to && AROUND.has(query.charAt(from))) from += 1;
  // ".NET" and ".gitignore" keep their dot; "...and" does not.
  if (from === start + 1 && query.charAt(start) === '.') from = start;
  return from < to ? [from, to] : null;
}

/** One word, or those that the segmenter sees in a script that has no spaces. */
function wordsWithin(query: string, start: number, end: number): (readonly [number, number])[] {
  const word = query.slice(start, end);
  if (!UNSPACED.test(word)) return [[start, end]];
  const parts: (readonly [number, number])[] = [];
  for (const { index, segment, isWordLike } of segmenter.segment(word)) {
    if (isWordLike === true) parts.push([start + index, start + index + segment.length]);
  }
  return parts.length === 0 ? [[start, end]] : parts;
}
