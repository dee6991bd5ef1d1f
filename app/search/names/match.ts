import { missingCharacters, type NamePiece, type PreparedName } from './pieces.ts';
import { holdsWithinOneEdit, withinOneEdit } from './typo.ts';

/** How a name answers a query, from the surest to the least sure. */
export const NAME_MATCHES = ['whole', 'stem', 'run', 'pieces', 'parts', 'typo'] as const;
export type NameMatchKind = (typeof NAME_MATCHES)[number];

export interface Range {
  readonly start: number;
  readonly end: number;
}

export interface NameComparison {
  /**
   * "whole": the name; "stem": the name without its ending; "run": a stretch of it; "pieces": every word is a word of
   * it; "parts": every word is in it somewhere; "typo": one of these with one letter wrong.
   */
  readonly kind: NameMatchKind;
  /** Share of the name's letters (its ending apart) that the query has, 0 … 1. */
  readonly covers: number;
  /** UTF-16 ranges of the name that match. */
  readonly ranges: readonly Range[];
}

const LEAST_PREFIX = 3;
const LEAST_RUN = 3;
const LEAST_PART = 4;
const LEAST_TYPO = 4;

/** Compares a query with a name, letter for letter; null when a word of the query is not in the name. */
export function compareName(name: PreparedName, query: PreparedName): NameComparison | null {
  if (query.squashed === '' || missingCharacters(query, name) > 0) return null;
  const covers = Math.min(1, query.squashed.length / name.stem.length);
  if (name.folded === query.folded || name.squashed === query.squashed)
    return { kind: 'whole', covers: 1, ranges: wholeRange(name) };
  if (name.stem === query.squashed)
    return { kind: 'stem', covers: 1, ranges: rangesOf(name, 0, name.stem.length) };
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
    return { kind: 'run', covers, ranges: rangesOf(name, run, run + query.squashed.length) };
  if (ranges.length === 0) return null;
  return { kind: parts ? 'parts' : 'pieces', covers, ranges: inOrder(ranges) };
}

/** Compares a query with a name, one letter of the query being wrong; null when it is not that. */
export function compareMisspelt(name: PreparedName, query: PreparedName): NameComparison | null {
  // One wrong letter can bring in one character that the name does not have.
  if (query.squashed.length < LEAST_TYPO || missingCharacters(query, name) > 1) return null;
  const covers = Math.min(1, query.squashed.length / name.stem.length);
  if (withinOneEdit(name.squashed, query.squashed) || withinOneEdit(name.stem, query.squashed))
    return { kind: 'typo', covers: 1, ranges: wholeRange(name) };
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
  if (typos < 2) return { kind: 'typo', covers, ranges: inOrder(ranges) };
  // A letter more or less may have joined or parted pieces.
  return query.squashed.length >= 2 * LEAST_TYPO && holdsWithinOneEdit(name.squashed, query.squashed)
    ? { kind: 'typo', covers, ranges: wholeRange(name) }
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
