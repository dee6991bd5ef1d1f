import { hashText } from './hash.ts';

/** Least share of common shingles (Jaccard) from which two texts count as nearly the same. */
export const NEAR_DUPLICATE_SHARE = 0.8;
/** Words in a shingle. */
const SHINGLE_WORDS = 3;
/** Lowest hashes of a text under which it is looked up. Two texts that share 80 % of their shingles have one in common but in rarest cases. */
const SKETCH_SIZE = 16;

interface Sketch {
  readonly shingles: ReadonlySet<number>;
  readonly lowest: readonly number[];
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
  find(text: string): T | undefined {
    const sketch = sketchOf(text);
    const candidates = new Set(sketch.lowest.flatMap((hash) => this.#byHash.get(hash) ?? []));
    for (const index of [...candidates].sort((a, b) => a - b)) {
      const known = this.#known[index];
      if (known !== undefined && isNear(known.sketch, sketch)) return known.value;
    }
    return undefined;
  }

  add(text: string, value: T): void {
    const sketch = sketchOf(text);
    const index = this.#known.push({ sketch, value }) - 1;
    for (const hash of sketch.lowest) {
      const list = this.#byHash.get(hash);
      if (list === undefined) this.#byHash.set(hash, [index]);
      else list.push(index);
    }
  }
}

function isNear(a: Sketch, b: Sketch): boolean {
  return a.numbers === b.numbers && jaccard(a.shingles, b.shingles) >= NEAR_DUPLICATE_SHARE;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let common = 0;
  for (const shingle of a) if (b.has(shingle)) common += 1;
  const union = a.size + b.size - common;
  return union === 0 ? 1 : common / union;
}

function sketchOf(text: string): Sketch {
  const normal = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = normal.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]|[\p{L}\p{N}]+/gu) ?? [];
  const shingles = new Set<number>();
  const last = Math.max(0, words.length - SHINGLE_WORDS);
  for (let at = 0; at <= last; at += 1) shingles.add(hashText(words.slice(at, at + SHINGLE_WORDS).join(' ')));
  return {
    shingles,
    lowest: [...shingles].sort((a, b) => a - b).slice(0, SKETCH_SIZE),
    numbers: words.filter((word) => /\p{N}/u.test(word)).join(' '),
  };
}
