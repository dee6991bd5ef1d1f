import { missingCharacters, type NamePiece, type PreparedName } from './pieces.ts';
import { holdsWithinOneEdit, withinOneEdit } from './typo.ts';

/** How a name answers a query, from the surest to the least sure. */
export const NAME_MATCHES = [
  'whole',
  'letters',
  'stem',
  'begins',
  'run',
  'pieces',
  'parts',
  'typo',
  'typo-stem',
  'typo-part',
] as const;
export type NameMatchKind = (typeof NAME_MATCHES)[number];

export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface NameComparison {
  /**
   * "whole": the name; "letters": the same letters and digits; "stem": the name without its ending; "begins", "run": a
   * stretch of it, at its beginning or elsewhere; "pieces": every word is a word of it; "parts": every word is in it
   * somewhere; "typo", "typo-stem", "typo-part": the name, its stem or a part of it with one letter wrong.
   */
  readonly kind: NameMatchKind;
  /** Share of the name's letters (its ending apart) that the query has, 0 … 1. */
  readonly covers: number;
  /** The query is a single word, and only a part of a word of the name. */
  readonly fragment: boolean;
  /** UTF-16 ranges of the name that match. */
  readonly ranges: readonly Range[];
}

const LEAST_PREFIX = 3;
const LEAST_RUN = 3;
const LEAST_PART = 4;
const LEAST_TYPO = 4;

/** Compares a query with a name, letter for letter; null when a word of the query is not in the name. */
export function compareName(name: PreparedName, query: PreparedName): NameComparison | null {
  const { length } = query.squashed;
  if (length === 0 || length > name.squashed.length || missingCharacters(query, name) > 0) return null;
  const covers = Math.min(1, query.squashed.length / name.stem.length);
  if (name.squashed === query.squashed) {
    const kind = name.folded === query.folded ? 'whole' : 'letters';
    return { kind, covers: 1, fragment: false, ranges: wholeRange(name) };
  }
  if (name.stem === query.squashed)
    return { kind: 'stem', covers: 1, fragment: false, ranges: rangesOf(name, 0, name.stem.length) };
  const ranges: Range[] = [];
  let parts = false;
  for (const piece of query.pieces) {
    const found = findPiece(name.pieces, piece.text);
    if (found !== null) {
      ranges.push(found.range);
      parts ||= !found.whole;
      continue;
    }
    const at = piece.text.length < LEAST_PART ? -1 : name.squashed.indexOf(piece.text);
    if (at < 0) {
      ranges.length = 0;
      break;
    }
    ranges.push(...rangesOf(name, at, at + piece.text.length));
    parts = true;
  }
  const run = query.squashed.length < LEAST_RUN ? -1 : name.squashed.indexOf(query.squashed);
  if (run >= 0 && (ranges.length === 0 || parts || query.pieces.length > 1))
    return {
      kind: name.folded.startsWith(query.folded) ? 'begins' : 'run',
      covers,
      fragment: query.pieces.length === 1 && !name.pieces.some((piece) => piece.text === query.squashed),
      ranges: rangesOf(name, run, run + query.squashed.length),
    };
  if (ranges.length === 0) return null;
  return {
    kind: parts ? 'parts' : 'pieces',
    covers,
    fragment: parts && query.pieces.length === 1,
    ranges: inOrder(ranges),
  };
}

/** Compares a query with a name, one letter of the query being wrong; null when it is not that. */
export function compareMisspelt(name: PreparedName, query: PreparedName): NameComparison | null {
  // One wrong letter can bring in one character that the name does not have.
  const { length } = query.squashed;
  if (length < LEAST_TYPO || length > name.squashed.length + 1 || missingCharacters(query, name) > 1)
    return null;
  const covers = Math.min(1, query.squashed.length / name.stem.length);
  if (withinOneEdit(name.squashed, query.squashed))
    return { kind: 'typo', covers: 1, fragment: false, ranges: wholeRange(name) };
  if (withinOneEdit(name.stem, query.squashed))
    return { kind: 'typo-stem', covers: 1, fragment: false, ranges: rangesOf(name, 0, name.stem.length) };
  let typos = 0;
  const ranges: Range[] = [];
  for (const piece of query.pieces) {
    const found = findPiece(name.pieces, piece.text);
    if (found !== null) {
      ranges.push(found.range);
      continue;
    }
    const near =
      piece.text.length < LEAST_TYPO
        ? undefined
        : name.pieces.find((candidate) => withinOneEdit(candidate.text, piece.text));
    typos += 1;
    if (near === undefined || typos > 1) {
      typos = 2;
      break;
    }
    ranges.push({ start: near.start, end: near.end });
  }
  if (typos < 2) return { kind: 'typo-part', covers, fragment: false, ranges: inOrder(ranges) };
  // A letter more or less may have joined or parted pieces.
  return query.squashed.length >= 2 * LEAST_TYPO && holdsWithinOneEdit(name.squashed, query.squashed)
    ? { kind: 'typo-part', covers, fragment: false, ranges: wholeRange(name) }
    : null;
}

/** The piece of a name that is the word, or else begins with it. */
export function findPiece(
  pieces: readonly NamePiece[],
  word: string,
): { readonly range: Range; readonly whole: boolean } | null {
  const same = pieces.find((piece) => piece.text === word);
  if (same !== undefined) return { range: { start: same.start, end: same.end }, whole: true };
  if (word.length < LEAST_PREFIX) return null;
  const longer = pieces.find((piece) => piece.text.startsWith(word));
  if (longer === undefined) return null;
  return {
    range: { start: longer.start, end: Math.min(longer.end, longer.start + word.length) },
    whole: false,
  };
}

function wholeRange(name: PreparedName): Range[] {
  const last = name.pieces.at(-1);
  return last === undefined ? [] : [{ start: name.pieces[0]?.start ?? 0, end: last.end }];
}

/** Where squashed[from, to) stands in the name, one range for each piece. */
function rangesOf(name: PreparedName, from: number, to: number): Range[] {
  const ranges: Range[] = [];
  let at = 0;
  for (const piece of name.pieces) {
    const first = Math.max(from, at) - at;
    const last = Math.min(to, at + piece.text.length) - at;
    if (first < last)
      ranges.push({ start: piece.start + first, end: Math.min(piece.end, piece.start + last) });
    at += piece.text.length;
  }
  return ranges;
}

function inOrder(ranges: readonly Range[]): Range[] {
  return ranges.toSorted((a, b) => a.start - b.start);
}
