import type { FileRecord } from '../../contract/file.ts';
import {
  compareMisspelt,
  compareName,
  findPiece,
  NAME_MATCHES,
  type NameComparison,
  type Range,
} from './match.ts';
import { baseName, namePieces, type PreparedName, prepareName } from './pieces.ts';

export interface NameMatch extends NameComparison {
  readonly fileId: string;
}

interface Entry {
  readonly record: FileRecord;
  readonly name: PreparedName;
}

/** Words of a query that are looked at; longer queries are no names. */
const MAX_PIECES = 24;

/** Names of all files, kept ready between searches. */
export class NameIndex {
  #entries: Entry[] = [];
  #byPath = new Map<string, Entry>();
  /** Of each entry the length and the mask of its name, close together: most names are ruled out by them. */
  #lengths = new Uint32Array(0);
  #masks = new Int32Array(0);
  /** In how many names a piece occurs. */
  #frequency = new Map<string, number>();

  /** Takes up what has changed; names that are known are not prepared again. */
  update(files: Iterable<FileRecord>): void {
    const before = this.#byPath;
    this.#entries = Array.from(files, (record): Entry => {
      const known = before.get(record.path);
      return known?.record === record
        ? known
        : { record, name: known?.name ?? prepareName(baseName(record.path)) };
    });
    this.#byPath = new Map(this.#entries.map((entry) => [entry.record.path, entry]));
    this.#lengths = Uint32Array.from(this.#entries, ({ name }) => name.squashed.length);
    this.#masks = Int32Array.from(this.#entries, ({ name }) => name.mask);
    this.#frequency = new Map();
    for (const { name } of this.#entries)
      for (const text of new Set(name.pieces.map((piece) => piece.text)))
        this.#frequency.set(text, (this.#frequency.get(text) ?? 0) + 1);
  }

  /**
   * Files whose names hold every word of the query; the surest first, then those whose name has the fewest other
   * letters. When there are none, those that would but for one letter.
   */
  search(query: string, accept: ((file: FileRecord) => boolean) | null): NameMatch[] {
    const wanted = prepareName(query);
    if (wanted.squashed === '' || wanted.pieces.length > MAX_PIECES) return [];
    const exact = this.#matches(wanted, accept, compareName, 0);
    return exact.length > 0 ? exact : this.#matches(wanted, accept, compareMisspelt, 1);
  }

  /** @param wrong characters that `compare` lets be in the query alone */
  #matches(
    query: PreparedName,
    accept: ((file: FileRecord) => boolean) | null,
    compare: (name: PreparedName, query: PreparedName) => NameComparison | null,
    wrong: 0 | 1,
  ): NameMatch[] {
    const found: NameMatch[] = [];
    const { length } = query.squashed;
    for (let at = 0; at < this.#lengths.length; at += 1) {
      if (length > (this.#lengths[at] ?? 0) + wrong) continue;
      const missing = query.mask & ~(this.#masks[at] ?? 0);
      if (wrong === 0 ? missing !== 0 : (missing & (missing - 1)) !== 0) continue;
      const entry = this.#entries[at];
      if (entry === undefined) continue;
      const { record, name } = entry;
      const comparison = compare(name, query);
      if (comparison === null || accept?.(record) === false) continue;
      found.push({ fileId: record.fileId, ...comparison });
    }
    return found.sort((a, b) => compareMatches(a, b) || (a.fileId < b.fileId ? -1 : 1));
  }

  /**
   * Tells how much of a query a file's name holds, 0 … 1: each word that is a word of the name counts by its rarity
   * among the names (inverse document frequency), so that "notes" in a folder of notes says little.
   */
  evidence(words: readonly string[]): (file: FileRecord) => number {
    let all = 0;
    const rarities = new Map<string, number>();
    for (const word of words) {
      const rarity = Math.log((this.#entries.length + 1) / ((this.#frequency.get(word) ?? 0) + 0.5));
      if (rarity <= 0) continue;
      all += rarity;
      rarities.set(word, rarity);
    }
    return (file) => {
      if (all === 0) return 0;
      const pieces = this.#byPath.get(file.path)?.name.pieces ?? namePieces(baseName(file.path));
      // Most names hold none of the words.
      if (!pieces.some((piece) => rarities.has(piece.text))) return 0;
      let held = 0;
      for (const [word, rarity] of rarities) if (pieces.some((piece) => piece.text === word)) held += rarity;
      return held / all;
    };
  }
}

/** Negative when `a` is the surer match: by its kind, then by the share of the name that it covers. */
export function compareMatches(a: NameComparison, b: NameComparison): number {
  return NAME_MATCHES.indexOf(a.kind) - NAME_MATCHES.indexOf(b.kind) || b.covers - a.covers;
}

/** What of a name to light for the words of a query, whether or not the name brought the file here. */
export function nameRanges(name: string, words: readonly string[]): Range[] {
  const pieces = namePieces(name);
  return words.flatMap((word) => findPiece(pieces, word)?.range ?? []).toSorted((a, b) => a.start - b.start);
}
