import { setImmediate } from 'node:timers/promises';
import type { Logger } from '../../contract/index.ts';
import { messageOf } from '../store-errors.ts';
import { termsOf } from './analyze.ts';
import { buildSegment, type WordedPassage } from './build-segment.ts';
import { mergeSegments } from './merge-segments.ts';
import { holdingAll, holdsAny, scoreWords, type WordScores } from './scores.ts';
import type { WordSegment } from './segment.ts';
import { loadSegments, saveSegments } from './segment-files.ts';

/** Passages that become one segment at a time: some milliseconds of work. */
const PASSAGES_A_TURN = 256;
/** Segments of about the same size that are merged; each size is as many times the one before. */
const MERGED_AT = 8;
/** A segment of which so much went is written anew. */
const GONE_AT = 0.25;
/** Passages that are in no file yet, above which they are written while more are being added. */
const UNSAVED_PASSAGES = 20_000;

/** The passages that there are. */
export interface LivePassages {
  /** Their numbers, ascending. */
  readonly pids: Uint32Array;
  /** See {@link WordedPassage}. */
  readonly tags: Uint32Array;
}

export interface WordIndexOptions {
  /** Belongs to this index alone. */
  readonly directory: string;
  readonly logger: Logger;
  /** Whether files are written: by one process at a time. */
  readonly keeps: boolean;
}

/** Lets everything that waits have its turn. */
const turn = (): Promise<void> => setImmediate();

/**
 * The words of all passages, in segments that never change and are merged as they grow many (a log-structured merge
 * tree, as in Lucene). All of it is derived from the table `passages`: what its files lack is read from there.
 */
export class WordIndex {
  readonly #directory: string;
  readonly #logger: Logger;
  readonly #keeps: boolean;
  #segments: readonly WordSegment[] = [];
  #merging: Promise<void> | null = null;
  #saving: Promise<void> | null = null;
  #closed = false;

  constructor({ directory, logger, keeps }: WordIndexOptions) {
    this.#directory = directory;
    this.#logger = logger;
    this.#keeps = keeps;
  }

  /** Passages that can be found. */
  get passages(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.passages - segment.gone, 0);
  }

  has(pid: number): boolean {
    return this.#segments.some((segment) => segment.placeOf(pid) >= 0);
  }

  /** Takes what the files have; what of it there is no more is for {@link keepOnly} to say. */
  async load(): Promise<void> {
    const found = await loadSegments(this.#directory, (file, error) =>
      this.#logger.log('warn', 'words.damaged', { file, message: messageOf(error) }),
    );
    this.#segments = [...this.#segments, ...found];
  }

  /**
   * Gives up all but these passages.
   * @returns numbers of those that it lacks, ascending
   */
  keepOnly({ pids, tags }: LivePassages): Uint32Array {
    const had = new Uint8Array(pids.length);
    for (const segment of this.#segments) {
      const { parts } = segment;
      let i = 0;
      parts.pids.forEach((pid, place) => {
        if (segment.isGone(place)) return;
        while (i < pids.length && (pids[i] ?? 0) < pid) i += 1;
        if (pids[i] === pid && tags[i] === parts.tags[place] && had[i] === 0) had[i] = 1;
        else segment.remove(pid);
      });
    }
    this.#segments = this.#segments.filter((segment) => segment.gone < segment.passages);
    this.#mergeSoon();
    return pids.filter((_, i) => had[i] === 0);
  }

  /** Passages that it has already are left as they are. When this is fulfilled, the others can be found. */
  async add(passages: readonly WordedPassage[]): Promise<void> {
    for (let from = 0; from < passages.length; from += PASSAGES_A_TURN) {
      if (from > 0) await turn();
      const fresh = passages.slice(from, from + PASSAGES_A_TURN).filter(({ pid }) => !this.has(pid));
      if (fresh.length > 0) this.#segments = [...this.#segments, buildSegment(fresh)];
    }
    this.#mergeSoon();
    if (this.#unsaved() > UNSAVED_PASSAGES) void this.save();
  }

  remove(pids: Iterable<number>): void {
    for (const pid of pids) for (const segment of this.#segments) if (segment.remove(pid)) break;
    this.#mergeSoon();
  }

  /** BM25 of all passages for the words of a text that `foldWords` has been applied to. */
  score(text: string): Promise<WordScores> {
    return scoreWords(this.#segments, termsOf(text), turn);
  }

  /** Whether any passage holds a word of such a text, in any form. */
  holdsAny(text: string): boolean {
    return holdsAny(this.#segments, termsOf(text));
  }

  /** Numbers of the passages that hold all words of such a text, in any form and order, ascending. */
  holding(text: string): number[] {
    return holdingAll(this.#segments, termsOf(text));
  }

  /** Writes what is in no file yet. A failure is logged: what is missing is read from the table at the next start. */
  save(): Promise<void> {
    if (!this.#keeps || this.#unsaved() === 0) return Promise.resolve();
    this.#saving ??= saveSegments(this.#directory, this.#segments)
      .catch((error: unknown) => {
        this.#logger.log('warn', 'words.not-saved', { message: messageOf(error) });
      })
      .finally(() => {
        this.#saving = null;
      });
    return this.#saving;
  }

  /** Ends what is under way and saves. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#merging;
    await this.#saving;
    await this.save();
  }

  #unsaved(): number {
    return this.#segments.reduce((sum, segment) => sum + (segment.file === null ? segment.passages : 0), 0);
  }

  #mergeSoon(): void {
    if (this.#merging !== null || this.#closed) return;
    this.#merging = this.#mergeAll()
      .catch((error: unknown) => {
        this.#logger.log('warn', 'words.not-merged', { message: messageOf(error) });
      })
      .finally(() => {
        this.#merging = null;
      });
  }

  async #mergeAll(): Promise<void> {
    for (;;) {
      const parts = dueForMerge(this.#segments);
      if (parts.length === 0 || this.#closed) return;
      await turn();
      const gone = parts.map((segment) => segment.gone);
      const merged = await mergeSegments(parts, turn, () => this.#closed);
      if (this.#closed) return;
      // What went from the parts meanwhile goes from the whole.
      parts.forEach((segment, i) => {
        if (segment.gone === gone[i] || merged === null) return;
        segment.parts.pids.forEach((pid, place) => {
          if (segment.isGone(place)) merged.remove(pid);
        });
      });
      const others = this.#segments.filter((segment) => !parts.includes(segment));
      this.#segments = merged === null ? others : [...others, merged];
    }
  }
}

/** Segments to be merged now: one with much that went, or enough of about one size. */
function dueForMerge(segments: readonly WordSegment[]): WordSegment[] {
  const worn = segments.filter((segment) => segment.gone > segment.passages * GONE_AT);
  if (worn.length > 0) return worn.slice(0, 1);
  const tiers = new Map<number, WordSegment[]>();
  for (const segment of segments) {
    const tier = Math.floor(Math.log(segment.passages) / Math.log(MERGED_AT));
    tiers.set(tier, [...(tiers.get(tier) ?? []), segment]);
  }
  for (const [, alike] of [...tiers].sort(([a], [b]) => a - b)) if (alike.length >= MERGED_AT) return alike;
  return [];
}
