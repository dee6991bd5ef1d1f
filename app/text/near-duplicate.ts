import { isAscii } from './fold.ts';
import { hashText } from './hash.ts';

/** Least share of common shingles (Jaccard) from which two texts count as nearly the same. */
export const NEAR_DUPLICATE_SHARE = 0.8;
/** Words in a shingle. */
const SHINGLE_WORDS = 3;
/** Lowest hashes of a text under which it is looked up. Two texts that share 80 % of their shingles have one in common but in rarest cases. */
const SKETCH_SIZE = 16;

/** What of a text is compared; see {@link sketchOf}. */
export interface Sketch {
  /** Hashes of the shingles, ascending, each once. */
  readonly shingles: Uint32Array;
  /** Numbers in the text in order: two invoices that differ in nothing else are two invoices. */
  readonly numbers: string;
}

/**
 * Finds texts that are nearly the same among those added: overlap of word shingles (Broder, "On the resemblance
 * and containment of documents", 1997), candidates by their lowest hashes. Case, accents written as marks, spacing
 * and punctuation do not count.
 */
export class NearDuplicates<T> {
  readonly #known: { readonly sketch: Sketch; readonly value: T }[] = [];
  readonly #byHash = new Map<number, number[]>();

  /** The value of the first text added that is nearly the same, undefined when there is none. */
  find(sketch: Sketch): T | undefined {
    const candidates = new Set<number>();
    for (const hash of sketch.shingles.subarray(0, SKETCH_SIZE))
      for (const index of this.#byHash.get(hash) ?? []) candidates.add(index);
    for (const index of [...candidates].sort((a, b) => a - b)) {
      const known = this.#known[index];
      if (known !== undefined && isNear(known.sketch, sketch)) return known.value;
    }
    return undefined;
  }

  add(sketch: Sketch, value: T): void {
    const index = this.#known.push({ sketch, value }) - 1;
    for (const hash of sketch.shingles.subarray(0, SKETCH_SIZE)) {
      const list = this.#byHash.get(hash);
      if (list === undefined) this.#byHash.set(hash, [index]);
      else list.push(index);
    }
  }
}

function isNear(a: Sketch, b: Sketch): boolean {
  return a.numbers === b.numbers && jaccard(a.shingles, b.shingles) >= NEAR_DUPLICATE_SHARE;
}

/** Common members of two ascending lists, as a share of all. */
function jaccard(a: Uint32Array, b: Uint32Array): number {
  let common = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const x = a[i] ?? 0;
    const y = b[j] ?? 0;
    if (x === y) common += 1;
    if (x <= y) i += 1;
    if (y <= x) j += 1;
  }
  const union = a.length + b.length - common;
  return union === 0 ? 1 : common / union;
}

/** What {@link NearDuplicates} compares of a text. */
export function sketchOf(text: string): Sketch {
  const { words, numbers } = wordsOf(text);
  const joined = words.join(' ');
  const count = Math.max(1, words.length - SHINGLE_WORDS + 1);
  const hashes = new Uint32Array(count);
  let start = 0;
  let end = words.slice(0, SHINGLE_WORDS).join(' ').length;
  for (let at = 0; at < count; at += 1) {
    hashes[at] = hashText(joined, start, end);
    start += (words[at]?.length ?? 0) + 1;
    end += (words[at + SHINGLE_WORDS]?.length ?? 0) + 1;
  }
  hashes.sort();
  return { shingles: withoutRepeats(hashes), numbers: numbers.join(' ') };
}

/** Words without case and accents, and those among them that hold a number. */
function wordsOf(text: string): { readonly words: readonly string[]; readonly numbers: readonly string[] } {
  if (isAscii(text)) {
    const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    return { words, numbers: words.filter((word) => /[0-9]/.test(word)) };
  }
  const normal = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = normal.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu) ?? [];
  return { words, numbers: words.filter((word) => /\p{N}/u.test(word)) };
}

/** An ascending list with each of its values once; changes the one given. */
function withoutRepeats(sorted: Uint32Array): Uint32Array {
  let count = 0;
  for (const value of sorted) {
    if (count > 0 && value === sorted[count - 1]) continue;
    sorted[count] = value;
    count += 1;
  }
  return sorted.subarray(0, count);
}
