import type { FileRecord } from '../../contract/file.ts';
import type { SearchParts } from '../parts.ts';
import { NameIndex, type NameMatch } from './name-index.ts';
import { namePieces } from './pieces.ts';

/** From this share of a name's letters on, who types them means the name. */
const MEANT_COVERAGE = 0.5;
/** The same for a word that is only the beginning of a word there: "lease" does not mean "leasehold". */
const MEANT_FRAGMENT = 0.7;
/** Files put first by words that are in their name among others: with more, the words are no name. */
const MAX_WEAK = 3;
/** A name that is typed with its signs: "lease_2024.pdf", "setup.py". */
const LOOKS_LIKE_NAME = /[\p{L}\p{N}][._-][\p{L}\p{N}]/u;

/** With the revision of the ledger that the names are of. */
const indexes = new WeakMap<object, { readonly index: NameIndex; readonly revision: number }>();

/** The names of a ledger's files, up to date. */
function nameIndexOf(ledger: SearchParts['store']['ledger']): NameIndex {
  const { revision } = ledger;
  const known = indexes.get(ledger);
  if (known !== undefined && known.revision === revision) return known.index;
  const index = known?.index ?? new NameIndex();
  index.update(ledger.allFiles());
  indexes.set(ledger, { index, revision });
  return index;
}

/**
 * Files that the query names: who types a file's name, or a good part of it, wants that file first. A name with one
 * letter wrong counts when the query can't be meant otherwise: it is written like a name, or one of its words is in
 * no text.
 * @returns the surest first, at most `limit`
 */
export async function findNamed(
  query: string,
  parts: Pick<SearchParts, 'store'>,
  accept: ((file: FileRecord) => boolean) | null,
  limit: number,
): Promise<NameMatch[]> {
  const matches = nameIndexOf(parts.store.ledger).search(query, accept);
  if (matches.length === 0) return [];
  const misspelt = matches[0]?.kind.startsWith('typo') === true;
  const sure = misspelt ? [] : matches.filter(isMeant);
  if (sure.length > 0) return sure.slice(0, limit);
  const unknown = async () =>
    (LOOKS_LIKE_NAME.test(query) && matches[0]?.covers === 1) || (await hasUnknownWord(query, parts));
  if (misspelt) return (await unknown()) ? matches.slice(0, limit) : [];
  const weak = matches.filter((match) => match.kind === 'pieces');
  return (await unknown()) ? matches.slice(0, limit) : weak.slice(0, Math.min(limit, MAX_WEAK));
}

function isMeant(match: NameMatch): boolean {
  if (['whole', 'letters', 'stem'].includes(match.kind)) return true;
  return match.covers >= (match.fragment ? MEANT_FRAGMENT : MEANT_COVERAGE);
}

/** Whether some word of the query is in no text at all: then it is a part of a name, or misspelt. */
async function hasUnknownWord(query: string, { store }: Pick<SearchParts, 'store'>): Promise<boolean> {
  const words = [...new Set(namePieces(query).map((piece) => piece.text))].filter((word) => word.length > 2);
  const held = await Promise.all(words.map((word) => store.holdsWord(word)));
  return held.includes(false);
}

/** Tells how much of a query a file's name holds; see {@link NameIndex.evidence}. */
export function nameEvidence(
  query: string,
  { store }: Pick<SearchParts, 'store'>,
): (file: FileRecord) => number {
  const words = [...new Set(namePieces(query).map((piece) => piece.text))];
  return nameIndexOf(store.ledger).evidence(words);
}
