import type { Block, ExtractedDocument, Place, Segment } from '../contract/document.ts';

interface AppendOptions {
  readonly place?: Place;
  /** UTF-16 offset of the piece in the decoded source. */
  readonly sourceStart?: number;
}

/**
 * Builds an extracted document piece by piece, keeping text, source map and blocks in step. Extractors call
 * `heading` and `block`; offsets never have to be computed by hand.
 */
export class DocumentBuilder {
  readonly #format: string;
  readonly #family: ExtractedDocument['family'];
  readonly #pieces: string[] = [];
  readonly #blocks: Block[] = [];
  readonly #segments: Segment[] = [];
  readonly #path: { level: number; text: string }[] = [];
  #headings: string[] | null = null;
  #length = 0;
  #open: { start: number; piece: number; kind: Block['kind']; headings: string[]; level?: number } | null =
    null;
  title: string | undefined;
  readonly metadata: Record<string, string> = {};
  readonly warnings: string[] = [];

  constructor(format: string, family: ExtractedDocument['family']) {
    this.#format = format;
    this.#family = family;
  }

  /** Length of the text so far, in UTF-16 units. */
  get length(): number {
    return this.#length;
  }

  /** Headings above what comes next, outermost first; blocks under one path share one list. */
  get headings(): string[] {
    this.#headings ??= this.#path.map((entry) => entry.text);
    return this.#headings;
  }

  /** Replaces the heading path, for formats that know it whole (code symbols, cells). */
  setHeadings(headings: readonly string[]): void {
    this.#headings = null;
    this.#path.length = 0;
    headings.forEach((text, depth) => {
      this.#path.push({ level: depth + 1, text });
    });
  }

  /**
   * Adds a heading as a block of its own and puts it on the path; deeper and equal ones leave the path. A heading
   * that repeats the document's title stays off the path, which begins below the title.
   */
  heading(level: number, text: string, options: AppendOptions = {}): void {
    if (text.trim() === '') return;
    this.begin('heading', level);
    this.append(text, options);
    this.end();
  }

  /** Takes headings of this level and deeper off the path: what they head has ended. */
  leave(level: number): void {
    this.end();
    this.#popTo(level);
  }

  /** Adds a whole block. */
  block(kind: Block['kind'], text: string, options: AppendOptions = {}): void {
    if (text.trim() === '') return;
    this.begin(kind);
    this.append(text, options);
    this.end();
  }

  /**
   * Opens a block; pieces appended until `end` belong to it. An open block is closed first. A heading opened here
   * goes on the path as one from `heading` does.
   */
  begin(kind: Block['kind'], level?: number): void {
    this.end();
    if (kind === 'heading') this.#popTo(level ?? 1);
    if (this.#length > 0 && !this.#endsWithNewline()) this.#push('\n');
    this.#open = {
      start: this.#length,
      piece: this.#pieces.length,
      kind,
      headings: this.headings,
      ...(level === undefined ? {} : { level }),
    };
  }

  /** Appends text to the open block, with its place in the source. */
  append(text: string, options: AppendOptions = {}): void {
    if (text === '') return;
    const start = this.#length;
    this.#push(text);
    if (options.place === undefined) return;
    this.#segments.push({
      start,
      end: this.#length,
      place: options.place,
      ...(options.sourceStart === undefined ? {} : { sourceStart: options.sourceStart }),
    });
  }

  /** Closes the open block; a block without text leaves no trace. */
  end(): void {
    const open = this.#open;
    this.#open = null;
    if (open === null || open.start >= this.#length) return;
    if (open.kind === 'heading') this.#enter(open.level ?? 1, this.#pieces.slice(open.piece).join(''));
    this.#blocks.push({
      start: open.start,
      end: this.#length,
      kind: open.kind,
      headings: open.headings,
      ...(open.level === undefined ? {} : { level: open.level }),
    });
  }

  build(): ExtractedDocument {
    this.end();
    return {
      format: this.#format,
      family: this.#family,
      ...(this.title === undefined || this.title.trim() === ''
        ? {}
        : { title: this.title.replace(/\s+/g, ' ').trim() }),
      text: this.#pieces.join(''),
      blocks: this.#blocks,
      segments: this.#segments,
      metadata: this.metadata,
      warnings: this.warnings,
    };
  }

  #enter(level: number, text: string): void {
    const clean = text.replace(/\s+/g, ' ').trim();
    if (clean === '' || (this.#path.length === 0 && sameWords(clean, this.title ?? ''))) return;
    this.#path.push({ level, text: clean });
    this.#headings = null;
  }

  #popTo(level: number): void {
    while ((this.#path.at(-1)?.level ?? 0) >= level) {
      this.#path.pop();
      this.#headings = null;
    }
  }

  #push(text: string): void {
    this.#pieces.push(text);
    this.#length += text.length;
  }

  #endsWithNewline(): boolean {
    return this.#pieces.at(-1)?.endsWith('\n') ?? false;
  }
}

/** Whether two titles differ in nothing but case, spacing, punctuation and marks of footnotes. */
function sameWords(a: string, b: string): boolean {
  const letters = (text: string) =>
    text
      .normalize('NFKC')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}]+/gu, '');
  return letters(a) !== '' && letters(a) === letters(b);
}
