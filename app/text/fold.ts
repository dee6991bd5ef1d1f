/** A character with combining marks, a run of Hangul parts, or any character that is not ASCII. */
const CLUSTER = /\P{M}\p{M}+|[\u1100-\u11ff]+|[^\0-\x7f]/gu;
const LATIN_OR_GREEK = /^[\p{Script=Latin}\p{Script=Greek}]/u;
/** Typographic ligatures and full-width forms of ASCII: other spellings of the same letters. */
const OTHER_SPELLING = /[\ufb00-\ufb06\uff01-\uff5e]/g;
const SOFT_HYPHEN = /\u00ad/g;

const known = new Map<string, string>();
const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });
/** Text that the segmenter is shown on each side of a span; a word is rarely longer. */
const AROUND = 64;

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
 * the full-text index reads: it folds accents too, but only after it has cut words down to their stems, which
 * differ, so that "résumé" would not be found by "resume".
 */
export function foldWords(text: string): string {
  return text.replace(CLUSTER, foldCluster);
}

/** {@link foldWords} without case, and with plain quotes: "Résumé" and "resume" are one word. */
export function foldCase(text: string): string {
  return foldWords(text)
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"');
}

/** A stretch of a text that is one of the words looked for. */
export interface WordHit {
  /** Position of the word in the list. */
  readonly word: number;
  /** UTF-16 offsets in the text as it is. */
  readonly start: number;
  readonly end: number;
}

/**
 * Where words stand in a text, whole and letter for letter, case and accents apart. A word of several parts
 * ("well-known", "a.b@c") is found where all its parts stand one after the other; punctuation between them is not
 * compared. Of equal words the first is reported.
 */
export function findWords(text: string, words: readonly string[]): WordHit[] {
  const wanted = new Map<string, { word: number; parts: readonly string[] }[]>();
  words.forEach((word, index) => {
    const parts = partsOf(word).map((part) => part.folded);
    const [first] = parts;
    if (first === undefined) return;
    const list = wanted.get(first) ?? [];
    wanted.set(first, list);
    if (!list.some((other) => other.parts.join('\0') === parts.join('\0'))) list.push({ word: index, parts });
  });
  if (text === '' || wanted.size === 0) return [];
  const hits: WordHit[] = [];
  const found = partsOf(text);
  for (const [at, { folded, start }] of found.entries()) {
    for (const { word, parts } of wanted.get(folded) ?? []) {
      const last = found[at + parts.length - 1];
      if (last === undefined || parts.some((part, step) => found[at + step]?.folded !== part)) continue;
      hits.push({ word, start, end: last.end });
    }
  }
  return hits;
}

function partsOf(text: string): { folded: string; start: number; end: number }[] {
  const parts: { folded: string; start: number; end: number }[] = [];
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (isWordLike !== true) continue;
    parts.push({ folded: foldCase(segment), start: index, end: index + segment.length });
  }
  return parts;
}

/** Grows a span to the word or words it touches. */
export function growToWords(text: string, start: number, end: number): { start: number; end: number } {
  const from = Math.max(0, start - AROUND);
  let grownStart = start;
  let grownEnd = end;
  for (const { segment, index, isWordLike } of segmenter.segment(text.slice(from, end + AROUND))) {
    const wordStart = from + index;
    const wordEnd = wordStart + segment.length;
    if (isWordLike !== true || wordEnd <= start || wordStart >= end) continue;
    grownStart = Math.min(grownStart, wordStart);
    grownEnd = Math.max(grownEnd, wordEnd);
  }
  return { start: grownStart, end: grownEnd };
}
