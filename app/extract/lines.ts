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

/**
 * Appends source[from, to) to the builder's open block with one segment per line, so that any offset in the
 * text tells its line. Line ends become \n and white space before them is dropped.
 */
export function appendSource(builder: DocumentBuilder, lines: LineIndex, from: number, to: number): void {
  let line = lines.lineAt(from);
  for (let at = from; at < to; line += 1) {
    const end = Math.min(to, lines.endOf(line));
    const text = lines.source.slice(at, end).trimEnd();
    builder.append(text, { place: { kind: 'line', line }, sourceStart: at });
    const next = lines.startOf(line + 1);
    if (next < to) builder.append('\n');
    at = next;
  }
}
