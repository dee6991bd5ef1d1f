import { createHash } from 'node:crypto';
import type { Block, ExtractedDocument } from '../contract/document.ts';
import type { PassageDraft } from '../contract/passage.ts';
import { groupPieces, type PassageLimits } from './boundaries.ts';
import { composeContext, squeeze } from './context.ts';
import { SegmentSlicer } from './place.ts';
import { type Section, sectionsOf } from './sections.ts';
import { CUT_RANK, lineStart, type Piece, splitBlock } from './split.ts';

export interface ChunkOptions {
  /** Length of a text in model tokens, special tokens not counted. */
  readonly measure: (text: string) => number;
  /** Passage lengths in model tokens; the context is not counted. */
  readonly target?: number;
  readonly min?: number;
  readonly max?: number;
  /** Longest context (title and heading path) in model tokens. */
  readonly contextTokens?: number;
}

export const DEFAULT_LIMITS = { target: 140, min: 60, max: 200 } as const;
const DEFAULT_CONTEXT_TOKENS = 40;
/**
 * A character counts as at least a tenth of a token, whatever the tokenizer says: one that reads a long word as
 * a single unknown token must not make a passage of megabytes.
 */
const CHARS_PER_TOKEN = 10;
/** Characters measured in one step. */
const STEP_CHARS = 1 << 15;

/**
 * Cuts a document into passages along its structure: a heading starts a passage and is joined to what follows;
 * paragraphs, list items, rows and lines of code are joined to about `target` tokens; blocks above `max` are cut
 * at blank lines, sentences, words. Passages are in order and together cover every character that is not white
 * space exactly once. Linear in the length of the text.
 */
export function chunkDocument(document: ExtractedDocument, options: ChunkOptions): PassageDraft[] {
  const chunker = chunkerFor(document, options);
  for (const _ of chunker.steps());
  return chunker.passages;
}

/**
 * The same as {@link chunkDocument}, in steps of some milliseconds.
 * @param pause waited for between steps, to let other work on the thread go on
 */
export async function chunkInSteps(
  document: ExtractedDocument,
  options: ChunkOptions,
  pause: () => Promise<void>,
): Promise<PassageDraft[]> {
  const chunker = chunkerFor(document, options);
  for (const _ of chunker.steps()) await pause();
  return chunker.passages;
}

function chunkerFor(document: ExtractedDocument, options: ChunkOptions): Chunker {
  const limits: PassageLimits = {
    target: options.target ?? DEFAULT_LIMITS.target,
    min: options.min ?? DEFAULT_LIMITS.min,
    max: options.max ?? DEFAULT_LIMITS.max,
  };
  return new Chunker(document, options, limits);
}

/**
 * Name of what the model reads: passages with equal keys have equal multivectors.
 * @returns sha256 in lower-case hex
 */
export function contentKey(modelId: string, context: string, text: string): string {
  const hash = createHash('sha256');
  for (const part of [modelId, context, text]) hash.update(`${part.length}:`).update(part);
  return hash.digest('hex');
}

class Chunker {
  readonly #text: string;
  readonly #title: string;
  readonly #document: ExtractedDocument;
  readonly #measure: (text: string) => number;
  readonly #limits: PassageLimits;
  readonly #contextTokens: number;
  readonly #slicer: SegmentSlicer;
  readonly #contexts = new Map<string, string>();
  readonly passages: PassageDraft[] = [];
  /** Characters measured since the last pause. */
  #measured = 0;

  constructor(document: ExtractedDocument, options: ChunkOptions, limits: PassageLimits) {
    this.#document = document;
    this.#text = document.text;
    this.#title = squeeze(document.title ?? '');
    this.#measure = options.measure;
    this.#limits = limits;
    this.#contextTokens = options.contextTokens ?? DEFAULT_CONTEXT_TOKENS;
    this.#slicer = new SegmentSlicer(document.text, document.segments);
  }

  /** Makes the passages; each step is a short while of work. */
  *steps(): Generator<void> {
    const { min, target, max } = this.#limits;
    for (const section of sectionsOf(this.#document, { min, target, max, weigh: this.#weigh })) {
      yield* this.#section(section);
    }
  }

  /** Whether it is time for a pause. */
  #isStepDone(): boolean {
    if (this.#measured < STEP_CHARS) return false;
    this.#measured = 0;
    return true;
  }

  readonly #weigh = (start: number, end: number): number => {
    const atLeast = Math.ceil((end - start) / CHARS_PER_TOKEN);
    if (atLeast > this.#limits.max) return Number.POSITIVE_INFINITY;
    this.#measured += end - start;
    return Math.max(1, atLeast, this.#measure(this.#text.slice(start, end)));
  };

  *#section(section: Section): Generator<void> {
    const { max } = this.#limits;
    const pieces: Piece[] = [];
    let heading: Piece | null = null;
    for (const { start, end } of section.headings) {
      const piece: Piece = { start, end, tokens: this.#weigh(start, end), rank: CUT_RANK.block };
      heading = heading === null ? piece : joined(heading, piece);
    }
    for (const block of section.blocks) {
      for (const piece of splitBlock(this.#text, block, max - (heading?.tokens ?? 0), this.#weigh)) {
        pieces.push(heading === null ? piece : joined(heading, piece));
        heading = null;
        if (this.#isStepDone()) yield;
      }
    }
    if (heading !== null) pieces.push(heading);
    for (const [from, to] of groupPieces(this.#text, pieces, this.#limits)) {
      this.#fit(section, pieces, from, to);
      if (this.#isStepDone()) yield;
    }
  }

  /** Emits pieces [from, to) as one passage, or as two when the whole is longer than its pieces say. */
  #fit(section: Section, pieces: readonly Piece[], from: number, to: number): void {
    const first = pieces[from];
    const last = pieces[to - 1];
    if (first === undefined || last === undefined) return;
    let sum = 0;
    for (let index = from; index < to; index += 1) sum += pieces[index]?.tokens ?? 0;
    // A join adds at most one token (a space or line break of its own); nothing to check where that fits.
    if (to - from > 1 && sum + to - from > this.#limits.max) {
      if (this.#weigh(first.start, last.end) > this.#limits.max) {
        const middle = (from + to) >> 1;
        this.#fit(section, pieces, from, middle);
        this.#fit(section, pieces, middle, to);
        return;
      }
    }
    this.#emit(section, first.start, last.end, from === 0);
  }

  #emit(section: Section, from: number, end: number, first: boolean): void {
    const start = section.keepIndent ? lineStart(this.#text, from) : from;
    const path = this.#withoutTitle(section.path);
    const encoded = first && section.headings.length > 0 ? this.#withoutTitle(section.outerPath) : path;
    const titleInText = first && section.headings.some((block) => this.#isTitle(block));
    this.passages.push({
      ordinal: this.passages.length,
      text: this.#text.slice(start, end),
      start,
      end,
      title: this.#title,
      headings: path,
      context: this.#context(titleInText ? '' : this.#title, encoded),
      segments: this.#slicer.slice(start, end),
    });
  }

  #isTitle(block: Pick<Block, 'start' | 'end'>): boolean {
    return squeeze(this.#text.slice(block.start, block.end)) === this.#title;
  }

  /** The path without a first heading that only repeats the title. */
  #withoutTitle(path: readonly string[]): string[] {
    const clean = path.map(squeeze).filter((heading) => heading !== '');
    return clean[0] === this.#title ? clean.slice(1) : clean;
  }

  #context(title: string, path: readonly string[]): string {
    const key = JSON.stringify([title, path]);
    let context = this.#contexts.get(key);
    if (context === undefined) {
      context = composeContext(title, path, this.#measure, this.#contextTokens);
      this.#contexts.set(key, context);
    }
    return context;
  }
}

function joined(before: Piece, after: Piece): Piece {
  return { start: before.start, end: after.end, tokens: before.tokens + after.tokens, rank: before.rank };
}
