import { ByteWriter } from '../varint.ts';
import { termsOf } from './analyze.ts';
import { type SegmentParts, WordSegment } from './segment.ts';
import { termHash } from './term-hash.ts';

/** A passage whose words are to be found. */
export interface WordedPassage {
  readonly pid: number;
  /** Tells this content from another one under the same number, in 32 bits. */
  readonly tag: number;
  /** Folded: see `foldWords`. */
  readonly words: string;
}

const MOST_LENGTH = 0xffff;

/** Writes the columns of a segment term by term. */
export class SegmentWriter {
  readonly #terms: number[] = [];
  readonly #frequencies: number[] = [];
  readonly #starts: number[] = [0];
  readonly #postings = new ByteWriter();
  #last = -1;
  #count = 0;

  /** The next passage of the term at hand; places ascend. */
  posting(place: number, occurrences: number): void {
    const step = place - this.#last;
    this.#postings.unsigned(2 * step + (occurrences === 1 ? 1 : 0));
    if (occurrences !== 1) this.#postings.unsigned(occurrences);
    this.#last = place;
    this.#count += 1;
  }

  /** Ends the term at hand; one without postings is left out. Terms ascend. */
  endTerm(term: number): void {
    if (this.#count > 0) {
      this.#terms.push(term);
      this.#frequencies.push(this.#count);
      this.#starts.push(this.#postings.length);
    }
    this.#last = -1;
    this.#count = 0;
  }

  finish(passages: Pick<SegmentParts, 'pids' | 'tags' | 'lengths'>): WordSegment {
    return new WordSegment({
      ...passages,
      terms: Float64Array.from(this.#terms),
      frequencies: Uint32Array.from(this.#frequencies),
      starts: Uint32Array.from(this.#starts),
      postings: this.#postings.finish(),
    });
  }
}

/** @param passages of different numbers, in any order */
export function buildSegment(passages: readonly WordedPassage[]): WordSegment {
  const sorted = passages.toSorted((a, b) => a.pid - b.pid);
  /** For each term place and occurrences of each passage, one after the other. */
  const postings = new Map<number, number[]>();
  const lengths = new Uint16Array(sorted.length);
  sorted.forEach(({ words }, place) => {
    const terms = termsOf(words);
    lengths[place] = Math.min(MOST_LENGTH, terms.length);
    for (const term of terms) {
      const hash = termHash(term);
      const list = postings.get(hash);
      if (list === undefined) postings.set(hash, [place, 1]);
      else if (list[list.length - 2] === place) list[list.length - 1] = (list[list.length - 1] ?? 0) + 1;
      else list.push(place, 1);
    }
  });
  const writer = new SegmentWriter();
  for (const term of Float64Array.from(postings.keys()).sort()) {
    const list = postings.get(term) ?? [];
    for (let i = 0; i < list.length; i += 2) writer.posting(list[i] ?? 0, list[i + 1] ?? 0);
    writer.endTerm(term);
  }
  return writer.finish({
    pids: Uint32Array.from(sorted, ({ pid }) => pid),
    tags: Uint32Array.from(sorted, ({ tag }) => tag),
    lengths,
  });
}
