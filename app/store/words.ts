import type { PassageDraft } from '../contract/index.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/** A character with combining marks, a run of Hangul parts, or any character that is not ASCII. */
const CLUSTER = /\P{M}\p{M}+|[\u1100-\u11ff]+|[^\0-\x7f]/gu;
const LATIN_OR_GREEK = /^[\p{Script=Latin}\p{Script=Greek}]/u;
/** Typographic ligatures and full-width forms of ASCII: other spellings of the same letters. */
const OTHER_SPELLING = /[\ufb00-\ufb06\uff01-\uff5e]/g;
const SOFT_HYPHEN = /\u00ad/g;

const folded = new Map<string, string>();

function foldCluster(cluster: string): string {
  const known = folded.get(cluster);
  if (known !== undefined) return known;
  const decomposed = cluster
    .replace(SOFT_HYPHEN, '')
    .replace(OTHER_SPELLING, (character) => character.normalize('NFKC'))
    .normalize('NFD');
  // Marks of other scripts tell letters apart: only the Russian ё is written e as a matter of course.
  const bare =
    LATIN_OR_GREEK.test(decomposed) || /^[\u0435\u0415]\u0308/.test(decomposed)
      ? decomposed.replace(/[\u0300-\u036f]/g, '')
      : decomposed;
  const result = bare.normalize('NFC');
  if (cluster.length <= 2) folded.set(cluster, result);
  return result;
}

/**
 * Text as the full-text index reads it: one spelling for each word, without accents, soft hyphens, ligatures and
 * full-width forms. The index folds accents too, but only after it has cut words down to their stems, which differ:
 * "résumé" would not be found by "resume". Case is kept; the index folds that.
 */
export function foldWords(text: string): string {
  return text.replace(CLUSTER, foldCluster);
}

/** How `words` and what the model read are kept together: text is stored once, with a list of differences. */
export interface PackedText {
  /** Title and headings that the context lacks, then context, then text; folded. */
  readonly words: string;
  /** UTF-16 offset in `words` at which context and text begin. */
  readonly prefixLength: number;
  /** UTF-16 length of the context before folding. */
  readonly contextLength: number;
  /** What folding changed: for each place the gap since the last, the folded length and what stood there. */
  readonly edits: Uint8Array;
}

export function packText(passage: PassageDraft): PackedText {
  const { context, text, title, headings } = passage;
  const missing = [title, ...headings].filter((part) => part !== '' && !context.includes(part));
  const prefix = foldWords(missing.length === 0 ? '' : `${missing.join('\n')}\n`);
  const raw = (context + text).toWellFormed();
  const edits = new ByteWriter();
  let body = '';
  let rest = 0;
  let lastEnd = 0;
  for (const match of raw.matchAll(CLUSTER)) {
    const replacement = foldCluster(match[0]);
    if (replacement === match[0]) continue;
    body += raw.slice(rest, match.index);
    edits.unsigned(body.length - lastEnd);
    edits.unsigned(replacement.length);
    edits.string(match[0]);
    body += replacement;
    lastEnd = body.length;
    rest = match.index + match[0].length;
  }
  body += raw.slice(rest);
  return {
    words: prefix + body,
    prefixLength: prefix.length,
    contextLength: context.length,
    edits: edits.finish(),
  };
}

/** @throws RangeError when the edits do not fit the words */
export function unpackText(packed: PackedText): { context: string; text: string } {
  const body = packed.words.slice(packed.prefixLength);
  const edits = new ByteReader(packed.edits);
  let raw = '';
  let at = 0;
  while (!edits.done) {
    const start = at + edits.unsigned();
    const end = start + edits.unsigned();
    if (end > body.length) throw new RangeError('an edit lies past the end of the text');
    raw += body.slice(at, start) + edits.string();
    at = end;
  }
  raw += body.slice(at);
  return { context: raw.slice(0, packed.contextLength), text: raw.slice(packed.contextLength) };
}
