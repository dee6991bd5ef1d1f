import type { FileRecord } from '../../contract/file.ts';
import {
  compareMisspelt,
  compareName,
  findPiece,
  NAME_MATCHES,
  type NameComparison,
  type Range,
} from './match.ts';
import { baseName, type PreparedName, prepareName } from './pieces.ts';

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
  /** In how many names a piece occurs. */
  #frequency = new Map<string, number>();

  /** Takes up what has changed; names that are known are not prepared again. */
  update(files: Iterable<FileRecord>): void {
    let at = 0;
    let changed = false;
    for (const record of files) {
      const known = this.#entries[at];
      if (known?.record.path !== record.path) {
        this.#entries[at] = { record, name: prepareName(baseName(record.path)) };
        changed = true;
      } else if (known.record !== record) this.#entries[at] = { record, name: known.name };
      at += 1;
    }
    changed ||= at !== this.#entries.length;
    this.#entries.length = at;
    if (!changed) return;
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
    const exact = this.#matches(wanted, accept, compareName);
    return exact.length > 0 ? exact : this.#matches(wanted, accept, compareMisspelt);
  }

  #matches(
    query: PreparedName,
    accept: ((file: FileRecord) => boolean) | null,
    compare: (name: PreparedName, query: PreparedName) => NameComparison | null,
  ): NameMatch[] {
    const found: NameMatch[] = [];
    for (const { record, name } of this.#entries) {
      const comparison = compare(name, query);
      if (comparison === null || accept?.(record) === false) continue;
      found.push({ fileId: record.fileId, ...comparison });
    }
    return found.sort((a, b) => compareMatches(a, b) || (a.fileId < b.fileId ? -1 : 1));
  }

  /**
   * How much of a query a name holds, 0 … 1: each word that is a word of the name counts by its rarity among the
   * names (inverse document frequency), so that "notes" in a folder of notes says little.
   */
  evidence(file: FileRecord, words: readonly string[]): number {
    const { pieces } = prepareName(baseName(file.path));
    let held = 0;
    let all = 0;
    for (const word of words) {
      const rarity = Math.log((this.#entries.length + 1) / ((this.#frequency.get(word) ?? 0) + 0.5));
      if (rarity <= 0) continue;
      all += rarity;
      if (pieces.some((piece) => piece.text === word)) held += rarity;
    }
    return all === 0 ? 0 : held / all;
  }
}

/** Negative when `a` is the surer match: by its kind, then by the share of the name that it covers. */
export function compareMatches(a: NameComparison, b: NameComparison): number {
  return NAME_MATCHES.indexOf(a.kind) - NAME_MATCHES.indexOf(b.kind) || b.covers - a.covers;
}

/** What of a name to light for the words of a query, whether or not the name brought the file here. */
export function nameRanges(name: string, words: readonly string[]): Range[] {
  const { pieces } = prepareName(name);
  return words.flatMap((word) => findPiece(pieces, word)?.range ?? []).toSorted((a, b) => a.start - b.start);
}
