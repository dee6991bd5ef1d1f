import type { Block } from '../contract/document.ts';
import { hashText } from './hash.ts';

/**
 * How good a place for a cut the start of a piece is: a higher rank is a better place. The chunker's choice of
 * boundaries looks at the rank first.
 */
export const CUT_RANK = { block: 4, paragraph: 3, sentence: 2, word: 1, inside: 0 } as const;
export type CutRank = (typeof CUT_RANK)[keyof typeof CUT_RANK];

/** A stretch of the document that is never cut again; [start, end) without surrounding white space. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** Its length in model tokens, at least 1. */
  readonly tokens: number;
  readonly rank: CutRank;
}

/** Measures [start, end) of the document in model tokens; Infinity when it is surely longer than a passage. */
export type Weigh = (start: number, end: number) => number;

type Range = readonly [start: number, end: number];

/** Divides [start, end) of a text; the ranges follow each other and cover all. */
type Cutter = (text: string, start: number, end: number) => Iterable<Range>;

const sentences = new Intl.Segmenter(undefined, { granularity: 'sentence' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Very long stretches are segmented window by window, so that no huge copy is made and work can pause. */
const WINDOW = 1 << 15;
/** Longest run without white space that is taken for one word; above it the segmenter's words count (CJK, Thai). */
const LONGEST_WORD = 64;
/** Words are weighed in runs of at most this many, ended early by content so that runs survive edits. */
const RUN_WORDS = 8;
/** Stride, in UTF-16 units, in which a word that no segmenter divides is cut. */
const HARD_STRIDE = 512;

const SPACE = /\s/;

/** Moves the ends of [start, end) inwards past white space. */
export function trimRange(text: string, start: number, end: number): readonly [number, number] {
  let from = start;
  let to = end;
  while (from < to && SPACE.test(text.charAt(from))) from += 1;
  while (to > from && SPACE.test(text.charAt(to - 1))) to -= 1;
  return [from, to];
}

/** Start of the line of `offset` when only blanks lie between, else `offset`. */
export function lineStart(text: string, offset: number): number {
  let start = offset;
  while (start > 0 && (text[start - 1] === ' ' || text[start - 1] === '\t')) start -= 1;
  return start === 0 || text[start - 1] === '\n' ? start : offset;
}

/** Cuts after every match. The pattern runs on the stretch alone, lest it search the rest of a long document. */
function cutAtMatches(pattern: RegExp): Cutter {
  return function* (text, start, end) {
    let from = start;
    for (const match of text.slice(start, end).matchAll(pattern)) {
      const to = start + match.index + match[0].length;
      yield [from, to];
      from = to;
    }
    yield [from, end];
  };
}

const cutAtBlankLines = cutAtMatches(/\n[^\S\n]*\n\s*/g);
const cutAtLines = cutAtMatches(/\n/g);

/** Lines that are looked at to tell wrapped prose from lines that each stand for themselves (logs, lists). */
const SAMPLED_LINES = 200;
const WRAPPED_SHARE = 0.6;

/**
 * Whether lines were broken to fit a width: on most of them the next line's first word would not have found room.
 */
function isWrapped(text: string): boolean {
  const lines = text.split('\n', SAMPLED_LINES + 1).map((line) => line.trim());
  if (lines.length < 2) return false;
  const lengths = lines.map((line) => line.length).sort((a, b) => a - b);
  const width = lengths[Math.floor(lengths.length * 0.9)] ?? 0;
  let full = 0;
  for (let index = 0; index + 1 < lines.length; index += 1) {
    const next = /^\S*/.exec(lines[index + 1] ?? '')?.[0].length ?? 0;
    if ((lines[index]?.length ?? 0) + 1 + next > width) full += 1;
  }
  return full >= (lines.length - 1) * WRAPPED_SHARE;
}

/** Cuts at lines unless they are wrapped prose, which is left whole. */
const cutAtLooseLines: Cutter = (text, start, end) =>
  isWrapped(text.slice(start, Math.min(end, start + WINDOW))) ? [[start, end]] : cutAtLines(text, start, end);

/**
 * Cuts where a segmenter does. A window's last segment may have been cut short by the window, so the next window
 * begins with it; that also makes the cuts independent of where the windows happen to lie.
 */
function cutAtSegments(segmenter: Intl.Segmenter, prepare: (window: string) => string): Cutter {
  return function* (text, start, end) {
    let from = start;
    while (from < end) {
      let to = Math.min(end, from + WINDOW);
      if (to < end && isInsideCharacter(text, to)) to -= 1;
      const segments = segmenter.segment(prepare(text.slice(from, to)));
      let last: Range = [from, to];
      for (const { index, segment } of segments) {
        if (index > 0) yield last;
        last = [from + index, from + index + segment.length];
      }
      if (to === end || last[0] === from) {
        yield last;
        from = last[1];
      } else {
        from = last[0];
      }
    }
  };
}

/** Sentences by the Unicode rules; line breaks count as spaces, since prose is often wrapped. */
const cutAtSentences = cutAtSegments(sentences, (window) => window.replace(/[\r\n\u0085\u2028\u2029]/g, ' '));

/** Cuts a run without white space where the segmenter sees words (CJK, Thai, long paths). */
const cutLongWord = cutAtSegments(words, (window) => window);

/** Runs of up to {@link RUN_WORDS} words, ended early where a word's hash says so. */
const cutAtWordRuns: Cutter = function* (text, start, end) {
  let from = start;
  let count = 0;
  for (const [wordStart, wordEnd] of cutAtWords(text, start, end)) {
    count += 1;
    if (count < RUN_WORDS && (hashText(text, wordStart, wordEnd) & 3) !== 0) continue;
    yield [from, wordEnd];
    from = wordEnd;
    count = 0;
  }
  yield [from, end];
};

const cutAtWords: Cutter = function* (text, start, end) {
  for (const match of text.slice(start, end).matchAll(/\S+\s*/g)) {
    const from = start + match.index;
    const to = from + match[0].length;
    if (to - from <= LONGEST_WORD) yield [from, to];
    else yield* cutLongWord(text, from, to);
  }
};

/** Cuts what has no words at all (base64, a line of dashes), never inside a character. */
const cutAnywhere: Cutter = function* (text, start, end) {
  let from = start;
  while (from < end) {
    let to = Math.min(end, from + HARD_STRIDE);
    while (to < end && to > from + HARD_STRIDE / 2 && isInsideCharacter(text, to)) to -= 1;
    yield [from, to];
    from = to;
  }
};

const MARK = /[\p{M}\u200d]/u;

/** Whether a cut at `offset` would part a surrogate pair or a letter from its marks. */
function isInsideCharacter(text: string, offset: number): boolean {
  const unit = text.charCodeAt(offset);
  if (unit >= 0xdc00 && unit <= 0xdfff) return true;
  return (
    MARK.test(String.fromCodePoint(text.codePointAt(offset) ?? 0)) || text.charAt(offset - 1) === '\u200d'
  );
}

interface Step {
  readonly cut: Cutter;
  readonly rank: CutRank;
  /** The rank of a cut before `next` where it differs from part to part. */
  readonly rankOf?: (text: string, previous: number, next: number) => CutRank;
}

/** A line that is indented more than the one before belongs to it, as a body to its head. */
function rankOfLine(text: string, previous: number, next: number): CutRank {
  return indentAt(text, next) > indentAt(text, previous) ? CUT_RANK.word : CUT_RANK.sentence;
}

function indentAt(text: string, start: number): number {
  let at = start;
  while (text[at] === ' ' || text[at] === '\t') at += 1;
  return at - start;
}

const WORD_STEPS: readonly Step[] = [
  { cut: cutAtWordRuns, rank: CUT_RANK.word },
  { cut: cutAtWords, rank: CUT_RANK.word },
  { cut: cutLongWord, rank: CUT_RANK.inside },
  { cut: cutAnywhere, rank: CUT_RANK.inside },
];
const PROSE_STEPS: readonly Step[] = [
  { cut: cutAtBlankLines, rank: CUT_RANK.paragraph },
  { cut: cutAtLooseLines, rank: CUT_RANK.sentence },
  { cut: cutAtSentences, rank: CUT_RANK.sentence },
  ...WORD_STEPS,
];
const CODE_STEPS: readonly Step[] = [
  { cut: cutAtBlankLines, rank: CUT_RANK.paragraph },
  { cut: cutAtLines, rank: CUT_RANK.sentence, rankOf: rankOfLine },
  ...WORD_STEPS,
];
const ROW_STEPS: readonly Step[] = [
  { cut: cutAtLines, rank: CUT_RANK.paragraph },
  { cut: cutAtSentences, rank: CUT_RANK.sentence },
  ...WORD_STEPS,
];

function stepsFor(kind: Block['kind']): readonly Step[] {
  if (kind === 'code') return CODE_STEPS;
  if (kind === 'row' || kind === 'entry') return ROW_STEPS;
  return PROSE_STEPS;
}

/**
 * Cuts one block into pieces of at most `limit` tokens: whole if it fits, else at blank lines, sentences (lines
 * in code), words, and inside a word only when that word alone is longer than the limit. Pieces come one by one,
 * so that work on a huge block can pause between them.
 */
export function splitBlock(
  text: string,
  block: Pick<Block, 'start' | 'end' | 'kind'>,
  limit: number,
  weigh: Weigh,
): Generator<Piece> {
  const steps = stepsFor(block.kind);
  return split(block.start, block.end, 0, CUT_RANK.block);

  function* split(start: number, end: number, depth: number, rank: CutRank): Generator<Piece> {
    const [from, to] = trimRange(text, start, end);
    if (from >= to) return;
    const tokens = weigh(from, to);
    const step = steps[depth];
    if (tokens <= limit || (to - from <= 2 && step === undefined)) {
      yield { start: from, end: to, tokens: Math.max(1, tokens), rank };
      return;
    }
    if (step === undefined) {
      const middle = from + ((to - from) >> 1);
      const cut = middle > from + 1 && isInsideCharacter(text, middle) ? middle - 1 : middle;
      yield* split(from, cut, depth, rank);
      yield* split(cut, to, depth, CUT_RANK.inside);
      return;
    }
    let previous: number | null = null;
    for (const [partStart, partEnd] of step.cut(text, lineStart(text, from), to)) {
      const partRank: CutRank =
        previous === null ? rank : (step.rankOf?.(text, previous, partStart) ?? step.rank);
      for (const piece of split(partStart, partEnd, depth + 1, partRank)) {
        yield piece;
        previous = partStart;
      }
    }
  }
}
