import type { FileRecord } from '../contract/file.ts';
import { foldCase } from '../text/fold.ts';

export interface NameMatch {
  readonly fileId: string;
  /** Share of the query's letters that the name matches, 0 … 1. */
  readonly score: number;
  readonly ranges: readonly { readonly start: number; readonly end: number }[];
}

/** "2024-03 lease_agreement.pdf" → its parts in lower case with their places; letters, digits and case changes part them. */
export function namePieces(name: string): { text: string; start: number; end: number }[] {
  const pieces: { text: string; start: number; end: number }[] = [];
  for (const match of name.matchAll(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{L}\p{M}]+/gu)) {
    pieces.push({ text: foldCase(match[0]), start: match.index, end: match.index + match[0].length });
  }
  return pieces;
}

/** Last part of a path, whichever separator it uses. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/**
 * How well a file's name answers the words of a query: a word counts when it is a piece of the name or begins one
 * (three letters or more).
 */
export function matchName(name: string, words: readonly string[]): Omit<NameMatch, 'fileId'> {
  const pieces = namePieces(name);
  const ranges: { start: number; end: number }[] = [];
  let matched = 0;
  let letters = 0;
  for (const word of words) {
    letters += word.length;
    const hit =
      pieces.find((piece) => piece.text === word) ??
      (word.length < 3 ? undefined : pieces.find((piece) => piece.text.startsWith(word)));
    if (hit === undefined) continue;
    matched += word.length;
    ranges.push({ start: hit.start, end: hit.start + Math.min(word.length, hit.end - hit.start) });
  }
  return {
    score: letters === 0 ? 0 : matched / letters,
    ranges: ranges.toSorted((a, b) => a.start - b.start),
  };
}

/** Files whose names hold every word of the query, best first: names with the fewest other letters lead. */
export function searchNames(
  files: Iterable<FileRecord>,
  query: string,
  limit: number,
  accept: ((file: FileRecord) => boolean) | null,
): NameMatch[] {
  const words = namePieces(query).map((piece) => piece.text);
  if (words.length === 0) return [];
  const whole = foldCase(query.trim());
  const found: (NameMatch & { readonly spare: number })[] = [];
  for (const file of files) {
    const name = baseName(file.path);
    const match = matchName(name, words);
    if (match.score < 1 || accept?.(file) === false) continue;
    const spare = foldCase(name) === whole ? -1 : name.length - words.join('').length;
    found.push({ fileId: file.fileId, ...match, spare });
  }
  return found.toSorted((a, b) => a.spare - b.spare || (a.fileId < b.fileId ? -1 : 1)).slice(0, limit);
}
