import { foldCase, isAscii } from './fold.ts';
import { Segmentation } from './segment.ts';

/** A stretch of a text that is one of the words looked for. */
export interface WordHit {
  /** Position of the word in the list. */
  readonly word: number;
  /** UTF-16 offsets in the text as it is. */
  readonly start: number;
  readonly end: number;
}

interface Wanted {
  readonly word: number;
  readonly parts: readonly string[];
}

/** Lengths from here on share a bit. */
const LONGEST = 31;

/**
 * Tells where words stand in texts, whole and letter for letter, case and accents apart. A word of several parts
 * ("well-known", "a.b@c") is found where all its parts stand one after the other; punctuation between them is not
 * compared. Of equal words the first is reported.
 */
export class WordFinder {
  /** By their folded first part. */
  readonly #wanted = new Map<string, Wanted[]>();
  /** By the first letter of a first part, where that is ASCII, its lengths as bits. */
  readonly #lengths = new Uint32Array(0x80);

  constructor(words: readonly string[]) {
    words.forEach((text, word) => {
      const segmentation = new Segmentation(text);
      const parts = Array.from({ length: segmentation.count }, (_, at) =>
        foldCase(text.slice(segmentation.start(at), segmentation.end(at))),
      );
      const [first] = parts;
      if (first === undefined) return;
      const list = this.#wanted.get(first) ?? [];
      this.#wanted.set(first, list);
      if (list.some((other) => other.parts.join('\0') === parts.join('\0'))) return;
      list.push({ word, parts });
      const unit = first.charCodeAt(0);
      if (unit < 0x80)
        this.#lengths[unit] = (this.#lengths[unit] ?? 0) | (1 << Math.min(first.length, LONGEST));
    });
  }

  /** @returns in the order of the text */
  find(segmentation: Segmentation): WordHit[] {
    const hits: WordHit[] = [];
    if (this.#wanted.size === 0) return hits;
    const { text } = segmentation;
    const folded = (at: number): string => foldCase(text.slice(segmentation.start(at), segmentation.end(at)));
    for (let at = 0; at < segmentation.count; at += 1) {
      if (!this.#canBegin(text, segmentation.start(at), segmentation.end(at))) continue;
      for (const { word, parts } of this.#wanted.get(folded(at)) ?? []) {
        const last = at + parts.length - 1;
        if (last >= segmentation.count || parts.some((part, step) => step > 0 && folded(at + step) !== part))
          continue;
        hits.push({ word, start: segmentation.start(at), end: segmentation.end(last) });
      }
    }
    return hits;
  }

  /** False when the word at [start, end) is certainly no first part: folding ASCII changes nothing but the case. */
  #canBegin(text: string, start: number, end: number): boolean {
    const unit = text.charCodeAt(start);
    if (unit >= 0x80) return true;
    const lower = unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
    const lengths = this.#lengths[lower] ?? 0;
    if (lengths === 0) return false;
    return (lengths & (1 << Math.min(end - start, LONGEST))) !== 0 || !isAscii(text, start, end);
  }
}
