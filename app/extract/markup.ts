/** What the readers of light markup languages share: lines with indentation, and inline markup left out of the text. */
import type { Block } from '../contract/document.ts';
import type { DocumentBuilder } from './builder.ts';
import { appendSource, type LineIndex } from './lines.ts';

const MAX_INLINE_DEPTH = 4;

/** Appends source[from, to) without the indentation of its further lines. */
function appendUnindented(builder: DocumentBuilder, lines: LineIndex, from: number, to: number): void {
  const text = lines.source.slice(from, to);
  let at = 0;
  for (const match of text.matchAll(/(\r\n?|\n)([ \t]+)/g)) {
    const indent = match.index + (match[1]?.length ?? 0);
    appendSource(builder, lines, from + at, from + indent);
    at = match.index + match[0].length;
  }
  appendSource(builder, lines, from + at, to);
}

/**
 * Appends source[from, to) and leaves inline markup out.
 * @param markup with the flags d and g; of each match the first group that took part is kept, the rest dropped
 */
export function appendInline(
  builder: DocumentBuilder,
  lines: LineIndex,
  from: number,
  to: number,
  markup: RegExp,
  depth = 0,
): void {
  let at = from;
  if (depth < MAX_INLINE_DEPTH) {
    for (const match of lines.source.slice(from, to).matchAll(markup)) {
      appendUnindented(builder, lines, at, from + match.index);
      const kept = match.indices?.slice(1).find((range) => range !== undefined);
      if (kept !== undefined) appendInline(builder, lines, from + kept[0], from + kept[1], markup, depth + 1);
      at = from + match.index + match[0].length;
    }
  }
  appendUnindented(builder, lines, at, to);
}

/** A source by its lines, for readers that go line by line. Line numbers count from 1. */
export class MarkupSource {
  readonly builder: DocumentBuilder;
  readonly lines: LineIndex;
  readonly #inline: RegExp;

  constructor(builder: DocumentBuilder, lines: LineIndex, inline: RegExp) {
    this.builder = builder;
    this.lines = lines;
    this.#inline = inline;
  }

  get last(): number {
    return this.lines.count;
  }

  text(line: number): string {
    return line >= 1 && line <= this.lines.count ? this.lines.textOf(line) : '';
  }

  isBlank(line: number): boolean {
    return this.text(line).trim() === '';
  }

  /** Columns of white space before the text; a tab goes to the next multiple of 8. */
  indent(line: number): number {
    let column = 0;
    for (const char of this.text(line)) {
      if (char === '\t') column += 8 - (column % 8);
      else if (char === ' ') column += 1;
      else break;
    }
    return column;
  }

  /** Offset of the first character of the line that is no white space. */
  contentStart(line: number): number {
    const text = this.text(line);
    return this.lines.startOf(line) + (text.length - text.trimStart().length);
  }

  /** Adds source[from, to) as a block, without inline markup. */
  block(kind: Block['kind'], from: number, to: number, level?: number): void {
    if (this.lines.source.slice(from, to).trim() === '') return;
    this.builder.begin(kind, level);
    appendInline(this.builder, this.lines, from, to, this.#inline);
    this.builder.end();
  }

  /** Adds several stretches as one block, with a separator between them. */
  joined(
    kind: Block['kind'],
    stretches: readonly (readonly [from: number, to: number])[],
    separator: string,
  ): void {
    const filled = stretches.filter(([from, to]) => this.lines.source.slice(from, to).trim() !== '');
    if (filled.length === 0) return;
    this.builder.begin(kind);
    filled.forEach(([from, to], index) => {
      if (index > 0) this.builder.append(separator);
      appendInline(this.builder, this.lines, from, to, this.#inline);
    });
    this.builder.end();
  }

  /** Adds whole lines as they are, without the indentation that all of them have. */
  code(first: number, last: number): void {
    let from = first;
    let to = last;
    while (from <= to && this.isBlank(from)) from += 1;
    while (to >= from && this.isBlank(to)) to -= 1;
    if (from > to) return;
    let common = Number.POSITIVE_INFINITY;
    for (let line = from; line <= to; line++) {
      if (!this.isBlank(line)) common = Math.min(common, this.text(line).search(/\S/));
    }
    this.builder.begin('code');
    for (let line = from; line <= to; line++) {
      const start = Math.min(this.lines.startOf(line) + common, this.lines.endOf(line));
      appendSource(this.builder, this.lines, start, this.lines.endOf(line));
      if (line < to) this.builder.append('\n');
    }
    this.builder.end();
  }

  /** Text of source[from, to) without inline markup, on one line. */
  plain(from: number, to: number): string {
    return this.lines.source
      .slice(from, to)
      .replace(this.#inline, (...groups: unknown[]) => {
        const kept = groups.slice(1, -2).find((group) => typeof group === 'string');
        return typeof kept === 'string' ? kept : '';
      })
      .replace(/\s+/g, ' ')
      .trim();
  }

  /** Cells between bars in source[from, to), as stretches without surrounding white space. */
  cells(from: number, to: number, bar = '|'): (readonly [number, number])[] {
    const text = this.lines.source.slice(from, to);
    const cells: (readonly [number, number])[] = [];
    let start = 0;
    for (let at = 0; at <= text.length; at++) {
      if (at < text.length && text[at] !== bar) continue;
      const cell = text.slice(start, at);
      const lead = cell.length - cell.trimStart().length;
      if (cell.trim() !== '') cells.push([from + start + lead, from + start + lead + cell.trim().length]);
      start = at + 1;
    }
    return cells;
  }
}
