/*
 * Where words begin and end, as Intl.Segmenter says (Unicode Standard Annex 29 with what the locale changes). Asking it
 * costs microseconds a word, and a page of results has thousands. Most text is letters, digits, blanks and punctuation
 * whose rules are few: those are followed here, and only runs that hold anything else go to the segmenter.
 */

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
/** Text that the segmenter is shown on each side of a span; a word is rarely longer. */
const AROUND = 64;

/** Anything that the rules here say nothing about. */
const OTHER = 0;
/** Always a boundary before and after; never part of a word. */
const BREAK = 1;
const LETTER = 2;
const DIGIT = 3;
/** Joins what is on both sides of it; "_". */
const JOINER = 4;
/** Joins two letters that it stands between, two digits, or both kinds of pairs. */
const BETWEEN_LETTERS = 5;
const BETWEEN_DIGITS = 6;
const BETWEEN_BOTH = 7;
/** Belongs to the letter or digit before it. */
const MARK = 8;
/** A boundary unless it stands between letters of another script: '"' in Hebrew. */
const BREAK_HERE = 9;

/** UTF-16 units from here on are OTHER. */
const TABLE_SIZE = 0x2070;
/** Letters of these scripts need no more than the rules here. */
const SIMPLE_LETTER = /\p{L}(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}])/u;
/** Blanks and the punctuation that texts are full of. */
const PUNCTUATION = /[\0-\x7f\xa0-\xbf\u2010-\u203a](?<=[\p{P}\p{S}\p{Z}\s])/u;

/** What a character is put between to see what the segmenter makes of it. */
const SIDES = ['a', '1', '\u05d0', '\u30ab'] as const;

/**
 * Classes of punctuation, as the segmenter shows them: what stands between letters or digits without ending a word
 * differs between locales (":" in Finnish).
 */
function classesOf(characters: readonly string[]): number[] {
  const probes = characters.flatMap((character) => [
    `a${character}`,
    ...SIDES.map((side) => side + character + side),
  ]);
  /** Of each segment its beginning, and whether it is a word. */
  const segments = new Map<number, boolean>();
  for (const { index, isWordLike } of segmenter.segment(probes.join('\n')))
    segments.set(index, isWordLike === true);
  let probe = 0;
  let at = 0;
  /** Of the next probe: whether it is one word, and whether the character in it is no word and joins nothing. */
  const shown = (): { readonly joins: boolean; readonly breaks: boolean } => {
    const start = at;
    const { length } = probes[probe] ?? '';
    probe += 1;
    at += length + 1;
    const inside = [...Array(length).keys()].filter((offset) => segments.has(start + offset));
    return {
      joins: inside.length === 1 && segments.get(start) === true,
      breaks: inside.length === length && segments.get(start + 1) === false,
    };
  };
  return characters.map((character) => {
    const before = shown();
    const [letters, digits, hebrew, kana] = [shown(), shown(), shown(), shown()];
    if (before.joins) return character === '_' && letters.joins && digits.joins ? JOINER : OTHER;
    if (letters.joins && digits.joins) return BETWEEN_BOTH;
    if (letters.joins) return BETWEEN_LETTERS;
    if (digits.joins) return BETWEEN_DIGITS;
    // A joiner glues symbols that are pictures ("©") to what stands before.
    if (/\p{Extended_Pictographic}/u.test(character)) return OTHER;
    if (!letters.breaks || !digits.breaks) return OTHER;
    return hebrew.breaks && kana.breaks ? BREAK : BREAK_HERE;
  });
}

/** Class of each UTF-16 unit below {@link TABLE_SIZE}. */
function classes(): Uint8Array {
  const table = new Uint8Array(TABLE_SIZE);
  const punctuation: string[] = [];
  for (let unit = 0; unit < TABLE_SIZE; unit += 1) {
    const character = String.fromCharCode(unit);
    if (unit >= 0x30 && unit <= 0x39) table[unit] = DIGIT;
    else if (unit >= 0x300 && unit <= 0x36f) table[unit] = MARK;
    else if (PUNCTUATION.test(character)) punctuation.push(character);
    else if ((unit < 0x530 || unit >= 0x1e00) && SIMPLE_LETTER.test(character)) table[unit] = LETTER;
  }
  classesOf(punctuation).forEach((kind, i) => {
    table[punctuation[i]?.charCodeAt(0) ?? 0] = kind;
  });
  return table;
}

let known: Uint8Array | undefined;

/** Class of the unit at a place in a text; beyond its ends there is a boundary. */
function classAt(table: Uint8Array, text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (unit >= TABLE_SIZE) return OTHER;
  const kind = table[unit] ?? BREAK;
  if (kind !== BREAK_HERE) return kind;
  return isForeign(table, text, at - 1) && isForeign(table, text, at + 1) ? OTHER : BREAK;
}

function isForeign(table: Uint8Array, text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= TABLE_SIZE || table[unit] === OTHER || table[unit] === MARK;
}

/** The words of a text, in order. */
export class Segmentation {
  readonly text: string;
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** Stretches that the segmenter was asked about, as start, end, start, end … */
  readonly #asked: number[] = [];

  constructor(text: string) {
    this.text = text;
    known ??= classes();
    const table = known;
    for (let at = 0; at < text.length; ) {
      if (classAt(table, text, at) === BREAK) at += 1;
      else at = this.#run(table, at);
    }
  }

  /** How many words there are. */
  get count(): number {
    return this.#starts.length;
  }

  /** UTF-16 offset at which a word begins. */
  start(word: number): number {
    return this.#starts[word] ?? 0;
  }

  /** UTF-16 offset behind a word. */
  end(word: number): number {
    return this.#ends[word] ?? 0;
  }

  /**
   * Grows a span to the word or words it touches. The segmenter is shown no more than the neighbourhood, so that in
   * scripts without blanks a word can be another than in the whole text.
   */
  grow(start: number, end: number): { start: number; end: number } {
    for (let at = 0; at < this.#asked.length; at += 2)
      if ((this.#asked[at] ?? 0) < end && start < (this.#asked[at + 1] ?? 0)) return this.#ask(start, end);
    let grownStart = start;
    let grownEnd = end;
    for (let word = this.#firstEndingAfter(start); word < this.count && this.start(word) < end; word += 1) {
      grownStart = Math.min(grownStart, this.start(word));
      grownEnd = Math.max(grownEnd, this.end(word));
    }
    if (start - grownStart > AROUND || grownEnd - end > AROUND) return this.#ask(start, end);
    return { start: grownStart, end: grownEnd };
  }

  #ask(start: number, end: number): { start: number; end: number } {
    const from = Math.max(0, start - AROUND);
    let grownStart = start;
    let grownEnd = end;
    for (const { segment, index, isWordLike } of segmenter.segment(this.text.slice(from, end + AROUND))) {
      const wordStart = from + index;
      const wordEnd = wordStart + segment.length;
      if (isWordLike !== true || wordEnd <= start || wordStart >= end) continue;
      grownStart = Math.min(grownStart, wordStart);
      grownEnd = Math.max(grownEnd, wordEnd);
    }
    return { start: grownStart, end: grownEnd };
  }

  #firstEndingAfter(offset: number): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.end(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Cuts a stretch without a BREAK into its words.
   * @returns where it ends
   */
  #run(table: Uint8Array, from: number): number {
    const text = this.text;
    const before = this.#starts.length;
    /** Where the word began, -1 between words. */
    let word = -1;
    let previous = BREAK;
    let at = from;
    let simple = true;
    let joinersOnly = false;
    for (; at < text.length; at += 1) {
      const kind = classAt(table, text, at);
      if (kind === LETTER || kind === DIGIT) {
        if (word < 0) word = at;
        joinersOnly = false;
        previous = kind;
        continue;
      }
      if (kind === BREAK) break;
      if (kind === OTHER) simple = false;
      if (!simple) continue;
      if (kind === MARK) {
        // After anything but a letter or digit the rules are the segmenter's to follow.
        if (previous !== LETTER && previous !== DIGIT) simple = false;
        continue;
      }
      if (kind >= BETWEEN_LETTERS) {
        const next = classAt(table, text, at + 1);
        if (next === MARK) simple = false;
        const joins =
          (kind !== BETWEEN_DIGITS && previous === LETTER && next === LETTER) ||
          (kind !== BETWEEN_LETTERS && previous === DIGIT && next === DIGIT);
        if (!joins) {
          if (word >= 0) this.#push(word, at);
          if (joinersOnly) simple = false;
          word = -1;
          joinersOnly = false;
        }
        previous = kind;
        continue;
      }
      if (word < 0) {
        word = at;
        joinersOnly = true;
      }
      previous = kind;
    }
    if (word >= 0) this.#push(word, at);
    if (simple && !joinersOnly) return at;
    this.#starts.length = before;
    this.#ends.length = before;
    this.#asked.push(from, at);
    for (const { segment, index, isWordLike } of segmenter.segment(text.slice(from, at)))
      if (isWordLike === true) this.#push(from + index, from + index + segment.length);
    return at;
  }

  #push(start: number, end: number): void {
    this.#starts.push(start);
    this.#ends.push(end);
  }
}
