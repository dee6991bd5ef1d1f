import type { ScoredPid } from '../types.ts';
import { Postings, type WordSegment } from './segment.ts';
import { termHash } from './term-hash.ts';

/** Robertson and Zaragoza 2009, as everybody sets them. */
const K1 = 1.2;
const B = 0.75;
/** Postings after which other work gets its turn: a millisecond. */
const POSTINGS_A_TURN = 100_000;

interface Scored {
  readonly segment: WordSegment;
  /** BM25 by place; 0 where no word of the query stands. */
  readonly scores: Float32Array;
}

/** BM25 of all passages for one query. */
export class WordScores {
  readonly #scored: readonly Scored[];
  readonly #passages: number;

  constructor(scored: readonly Scored[]) {
    this.#scored = scored;
    this.#passages = scored.reduce((sum, { segment }) => sum + segment.passages, 0);
  }

  /** @returns null when the passage holds no word of the query, or went */
  of(pid: number): number | null {
    for (const { segment, scores } of this.#scored) {
      const place = segment.placeOf(pid);
      if (place >= 0) return scores[place] || null;
    }
    return null;
  }

  /**
   * The passages that hold a word of the query, best first; of equal ones the lower number.
   * @param allow numbers that may be given, ascending; all when absent
   */
  best(limit: number, allow?: Uint32Array): ScoredPid[] {
    const best = new Best(Math.max(0, Math.min(limit, this.#passages)));
    for (const { segment, scores } of this.#scored) {
      const { pids } = segment.parts;
      if (allow === undefined) {
        for (let place = 0; place < pids.length; place += 1) {
          const score = scores[place] ?? 0;
          if (score > 0 && score >= best.threshold && !segment.isGone(place))
            best.offer(pids[place] ?? 0, score);
        }
        continue;
      }
      for (let place = 0, i = 0; place < pids.length && i < allow.length; ) {
        const pid = pids[place] ?? 0;
        const allowed = allow[i] ?? 0;
        if (pid === allowed) {
          const score = scores[place] ?? 0;
          if (score > 0 && score >= best.threshold && !segment.isGone(place)) best.offer(pid, score);
        }
        if (pid <= allowed) place += 1;
        if (allowed <= pid) i += 1;
      }
    }
    return best.finish();
  }
}

/** The best of what it is offered, in a heap with the worst of them on top. */
class Best {
  readonly #limit: number;
  readonly #pids: Uint32Array;
  readonly #scores: Float32Array;
  #count = 0;
  /** What scores less is not among them. */
  threshold = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#pids = new Uint32Array(limit);
    this.#scores = new Float32Array(limit);
  }

  offer(pid: number, score: number): void {
    if (this.#count < this.#limit) {
      this.#rise(this.#count, pid, score);
      this.#count += 1;
    } else if (this.#worse(0, pid, score)) this.#sink(pid, score);
    if (this.#count === this.#limit) this.threshold = this.#scores[0] ?? 0;
  }

  /** Whether the entry at a place is worse than this one. */
  #worse(at: number, pid: number, score: number): boolean {
    const there = this.#scores[at] ?? 0;
    return there < score || (there === score && (this.#pids[at] ?? 0) > pid);
  }

  #put(at: number, pid: number, score: number): void {
    this.#pids[at] = pid;
    this.#scores[at] = score;
  }

  #rise(from: number, pid: number, score: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#worse(above, pid, score)) break;
      this.#put(at, this.#pids[above] ?? 0, this.#scores[above] ?? 0);
      at = above;
    }
    this.#put(at, pid, score);
  }

  #sink(pid: number, score: number): void {
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#count) break;
      const other = below + 1;
      if (other < this.#count && this.#worse(other, this.#pids[below] ?? 0, this.#scores[below] ?? 0))
        below = other;
      if (!this.#worse(below, pid, score)) break;
      this.#put(at, this.#pids[below] ?? 0, this.#scores[below] ?? 0);
      at = below;
    }
    this.#put(at, pid, score);
  }

  finish(): ScoredPid[] {
    const found: ScoredPid[] = [];
    for (let i = 0; i < this.#count; i += 1)
      found.push({ pid: this.#pids[i] ?? 0, score: this.#scores[i] ?? 0 });
    return found.sort((a, b) => b.score - a.score || a.pid - b.pid);
  }
}

/**
 * BM25 (Robertson and Zaragoza 2009; the inverse document frequency of Lucene, which is never negative) of every
 * passage. Passages that went still count as text until their segment is merged.
 * @param terms of the query; one that stands there twice counts twice
 * @param turn lets other work have its turn
 */
export async function scoreWords(
  segments: readonly WordSegment[],
  terms: readonly string[],
  turn: () => Promise<void>,
): Promise<WordScores> {
  const passages = segments.reduce((sum, segment) => sum + segment.passages, 0);
  const words = segments.reduce((sum, segment) => sum + segment.words, 0);
  const average = Math.max(1, words / Math.max(1, passages));
  const times = new Map<number, number>();
  for (const term of terms) {
    const hash = termHash(term);
    times.set(hash, (times.get(hash) ?? 0) + 1);
  }
  const scored = segments.map((segment) => ({ segment, scores: new Float32Array(segment.passages) }));
  const postings = new Postings();
  let sinceTurn = 0;
  for (const [term, weight] of times) {
    const holders = scored.flatMap((entry) => {
      const at = entry.segment.termAt(term);
      return at < 0 ? [] : [{ ...entry, at, frequency: entry.segment.parts.frequencies[at] ?? 0 }];
    });
    const frequency = holders.reduce((sum, holder) => sum + holder.frequency, 0);
    const rarity = Math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5));
    for (const { segment, scores, at } of holders) {
      postings.open(segment.parts, at);
      while (postings.next()) {
        accumulate(postings, segment.parts.lengths, scores, weight * rarity * (K1 + 1), average);
        sinceTurn += postings.count;
        if (sinceTurn < POSTINGS_A_TURN) continue;
        sinceTurn = 0;
        await turn();
      }
    }
  }
  return new WordScores(scored);
}

function accumulate(
  { places, occurrences, count }: Postings,
  lengths: Uint16Array,
  scores: Float32Array,
  weight: number,
  average: number,
): void {
  const fixed = K1 * (1 - B);
  const perWord = (K1 * B) / average;
  for (let i = 0; i < count; i += 1) {
    const place = places[i] ?? 0;
    const often = occurrences[i] ?? 0;
    const norm = fixed + perWord * (lengths[place] ?? 0);
    scores[place] = (scores[place] ?? 0) + (weight * often) / (often + norm);
  }
}

/** Whether a passage that is there holds one of the terms. */
export function holdsAny(segments: readonly WordSegment[], terms: readonly string[]): boolean {
  const postings = new Postings();
  return terms.map(termHash).some((term) =>
    segments.some((segment) => {
      const at = segment.termAt(term);
      if (at < 0) return false;
      if ((segment.parts.frequencies[at] ?? 0) > segment.gone) return true;
      postings.open(segment.parts, at);
      while (postings.next())
        if (postings.places.subarray(0, postings.count).some((place) => !segment.isGone(place))) return true;
      return false;
    }),
  );
}

/** Numbers of the passages that hold every one of the terms, ascending. */
export function holdingAll(segments: readonly WordSegment[], terms: readonly string[]): number[] {
  const wanted = [...new Set(terms.map(termHash))];
  const postings = new Postings();
  const found: number[] = [];
  for (const segment of segments) {
    const at = wanted.map((term) => segment.termAt(term));
    if (wanted.length === 0 || at.includes(-1)) continue;
    const held = new Uint16Array(segment.passages);
    at.forEach((term, step) => {
      postings.open(segment.parts, term);
      while (postings.next())
        for (let i = 0; i < postings.count; i += 1) {
          const place = postings.places[i] ?? 0;
          if (held[place] === step) held[place] = step + 1;
        }
    });
    held.forEach((count, place) => {
      if (count === wanted.length && !segment.isGone(place)) found.push(segment.parts.pids[place] ?? 0);
    });
  }
  return found.sort((a, b) => a - b);
}
