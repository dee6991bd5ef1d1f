import type { Place } from '../contract/document.ts';
import type { DocumentBuilder } from './builder.ts';

/** Where each line of a source begins. A line ends at \n, \r\n or a lone \r. */
export class LineIndex {
  readonly #starts: Uint32Array;
  readonly source: string;

  constructor(source: string) {
    this.source = source;
    let count = 1;
    const ends = /\r\n?|\n/g;
    for (let match = ends.exec(source); match !== null; match = ends.exec(source)) count += 1;
    this.#starts = new Uint32Array(count);
    let line = 1;
    ends.lastIndex = 0;
    for (let match = ends.exec(source); match !== null; match = ends.exec(source)) {
      this.#starts[line] = match.index + match[0].length;
      line += 1;
    }
  }

  get count(): number {
    return this.#starts.length;
  }

  /** Number of the line (from 1) that holds the UTF-16 offset. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** Offset at which the line (from 1) begins. */
  startOf(line: number): number {
    return this.#starts[line - 1] ?? this.source.length;
  }

  /** Offset at which the line ends, before its line end. */
  endOf(line: number): number {
    let end = this.#starts[line] ?? this.source.length;
    if (line >= this.count) return end;
    if (this.source[end - 1] === '\n') end -= 1;
    if (this.source[end - 1] === '\r') end -= 1;
    return end;
  }

  /** The line without its line end. */
  textOf(line: number): string {
    return this.source.slice(this.startOf(line), this.endOf(line));
  }
}

/** The place of source[from, to), as one line or a range of lines. */
export function linePlace(lines: LineIndex, from: number, to: number): Place {
  const line = lines.lineAt(from);
  const endLine = to > from + 1 ? lines.lineAt(to - 1) : line;
  return endLine > line ? { kind: 'line', line, endLine } : { kind: 'line', line };
}

/**
 * Appends source[from, to) to the builder's open block. Any offset in the text tells its line: a segment spans
 * several lines only where their line ends are the \n of the text. Other line ends become \n, between segments.
 */
export function appendSource(builder: DocumentBuilder, lines: LineIndex, from: number, to: number): void {
  const text = lines.source.slice(from, to);
  let at = 0;
  for (const match of text.matchAll(/\r\n?/g)) {
    appendRun(builder, lines, from + at, from + match.index);
    builder.append('\n');
    at = match.index + match[0].length;
  }
  appendRun(builder, lines, from + at, to);
}

function appendRun(builder: DocumentBuilder, lines: LineIndex, from: number, to: number): void {
  if (to <= from) return;
  builder.append(lines.source.slice(from, to), { place: linePlace(lines, from, to), sourceStart: from });
}

/** How far ahead in the source a character of the value is looked for. */
const WINDOW = 400;
const ENTITY = /&(?:#\d{1,8}|#x[\da-f]{1,7}|[a-z][a-z\d]{1,31});?/iy;

/**
 * Appends `text`, which a parser made of source[from, to) by leaving out markup and resolving escapes and
 * character references. Wherever it runs along with the source it is mapped to it; a character that the source
 * spells otherwise has its line alone.
 */
export function appendAligned(
  builder: DocumentBuilder,
  lines: LineIndex,
  from: number,
  to: number,
  text: string,
): void {
  const { source } = lines;
  const value = text.replace(/\r\n?/g, '\n');
  let at = from;
  let run = 0;
  let runSource = from;
  const flush = (end: number) => {
    if (end > run) {
      const length = end - run;
      builder.append(value.slice(run, end), {
        place: linePlace(lines, runSource, runSource + length),
        sourceStart: runSource,
      });
    }
  };
  let index = 0;
  while (index < value.length) {
    if (at < to && source[at] === value[index]) {
      at += 1;
      index += 1;
      continue;
    }
    flush(index);
    const char = value[index] ?? '';
    if (/\s/.test(char)) {
      builder.append(char);
      index += 1;
      while (at < to && /\s/.test(source[at] ?? '')) at += 1;
    } else {
      const found = at < to ? source.slice(at, Math.min(to, at + WINDOW)).indexOf(char) : -1;
      ENTITY.lastIndex = at;
      const entity = at < to && source[at] === '&' ? ENTITY.exec(source)?.[0] : undefined;
      if (entity === undefined && found !== -1) at += found;
      else {
        const point = String.fromCodePoint(value.codePointAt(index) ?? 0xfffd);
        builder.append(point, { place: linePlace(lines, Math.min(at, to - 1), Math.min(at, to - 1)) });
        index += point.length;
        at += entity?.length ?? 0;
      }
    }
    run = index;
    runSource = at;
  }
  flush(value.length);
}
