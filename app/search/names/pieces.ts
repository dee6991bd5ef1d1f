import { foldCase } from '../../text/fold.ts';

/** A run of letters or of digits in a name, folded, with its UTF-16 place in the name. */
export interface NamePiece {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** "2024-03 lease_agreement.pdf" → its parts in lower case with their places; letters, digits and case changes part them. */
export function namePieces(name: string): NamePiece[] {
  const pieces: NamePiece[] = [];
  for (const match of name.matchAll(/\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+|[\p{L}\p{M}]+/gu)) {
    pieces.push({ text: foldCase(match[0]), start: match.index, end: match.index + match[0].length });
  }
  return pieces;
}

/** Last part of a path, whichever separator it uses. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** A name made ready for comparing. */
export interface PreparedName {
  /** As it is, without case, accents and blanks around it. */
  readonly folded: string;
  readonly pieces: readonly NamePiece[];
  /** Letters and digits alone. */
  readonly squashed: string;
  /** The same without the ending; equal to `squashed` where there is none. */
  readonly stem: string;
  /** One bit for each letter or digit that occurs; see {@link missingCharacters}. */
  readonly mask: number;
}

/** Endings are short: what follows the last dot of "Meeting 3.11 minutes" is none. */
const ENDING = /(?!^)\.[\p{L}\p{N}]{1,8}$/u;

export function prepareName(name: string): PreparedName {
  const pieces = namePieces(name);
  const squash = (list: readonly NamePiece[]): string => list.map((piece) => piece.text).join('');
  const ending = ENDING.exec(name);
  const squashed = squash(pieces);
  const stem = ending === null ? squashed : squash(pieces.filter((piece) => piece.end <= ending.index));
  return {
    folded: foldCase(name.trim()),
    pieces,
    squashed,
    stem: stem === '' ? squashed : stem,
    mask: characterMask(squashed),
  };
}

/** a–z and the rest in 26 bits, digits in 5: enough to rule most names out without looking at them. */
function characterMask(text: string): number {
  let mask = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    mask |= code >= 48 && code <= 57 ? 1 << (26 + (code % 5)) : 1 << (code % 26);
  }
  return mask;
}

/** At least so many kinds of characters of `query` are not in `name`. */
export function missingCharacters(query: PreparedName, name: PreparedName): number {
  let bits = query.mask & ~name.mask;
  let count = 0;
  for (; bits !== 0; bits &= bits - 1) count += 1;
  return count;
}
