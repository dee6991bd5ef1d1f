/** A character with combining marks, a run of Hangul parts, or any character that is not ASCII. */
const CLUSTER = /\P{M}\p{M}+|[\u1100-\u11ff]+|[^\0-\x7f]/gu;
const LATIN_OR_GREEK = /^[\p{Script=Latin}\p{Script=Greek}]/u;
/** Typographic ligatures and full-width forms of ASCII: other spellings of the same letters. */
const OTHER_SPELLING = /[\ufb00-\ufb06\uff01-\uff5e]/g;
const SOFT_HYPHEN = /\u00ad/g;

const known = new Map<string, string>();

function foldCluster(cluster: string): string {
  const before = known.get(cluster);
  if (before !== undefined) return before;
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
  if (cluster.length <= 2) known.set(cluster, result);
  return result;
}

/** Whether the UTF-16 units of a text in [start, end) are all ASCII, which folding leaves as it is. */
export function isAscii(text: string, start = 0, end = text.length): boolean {
  for (let at = start; at < end; at += 1) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** A place at which folding changes a text. */
export interface FoldEdit {
  /** UTF-16 offset in the text as it is. */
  readonly index: number;
  readonly before: string;
  readonly after: string;
}

/** What {@link foldWords} changes, in order. */
export function* foldEdits(text: string): Generator<FoldEdit> {
  for (const { 0: before, index } of text.matchAll(CLUSTER)) {
    const after = foldCluster(before);
    if (after !== before) yield { index, before, after };
  }
}

/**
 * One spelling for each word: without accents, soft hyphens, ligatures and full-width forms; case is kept. What
 * the word index reads: "résumé" and "resume" have different stems, so that accents have to go first.
 */
export function foldWords(text: string): string {
  if (isAscii(text)) return text;
  return text.replace(CLUSTER, foldCluster);
}

/** {@link foldWords} without case, and with plain quotes: "Résumé" and "resume" are one word. */
export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  return foldWords(text)
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"');
}
