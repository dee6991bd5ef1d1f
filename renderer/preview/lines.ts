import { type HeatRun, heatRuns } from '../search/heat.ts';
import type { ColourRun } from './code-colours.ts';
import type { SourceHighlight } from './source-map.ts';

/** Longest line that is drawn as one row; longer ones (minified files) are cut into several. */
const MAX_ROW = 2000;

/** A row of the source: a line, or a piece of a very long one. */
export interface SourceRow {
  readonly start: number;
  readonly end: number;
  /** Line number from 1; null for the later pieces of a long line. */
  readonly line: number | null;
}

export function sourceRows(source: string): SourceRow[] {
  const rows: SourceRow[] = [];
  let line = 1;
  let start = 0;
  while (start <= source.length) {
    const newline = source.indexOf('\n', start);
    const end = newline < 0 ? source.length : newline;
    const shown = source[end - 1] === '\r' ? end - 1 : end;
    rows.push({ start, end: Math.min(Math.max(start, shown), start + MAX_ROW), line });
    for (let from = start + MAX_ROW; from < shown; from += MAX_ROW) {
      rows.push({ start: from, end: Math.min(shown, from + MAX_ROW), line: null });
    }
    line += 1;
    if (newline < 0) break;
    start = end + 1;
  }
  return rows;
}

/** Index of the row that holds an offset. */
export function rowAt(rows: readonly SourceRow[], offset: number): number {
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((rows[middle]?.start ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A stretch of a row with one look. */
export interface RowPiece {
  readonly text: string;
  readonly start: number;
  readonly className: string;
}

export interface RowRun {
  readonly heat: HeatRun;
  readonly pieces: readonly RowPiece[];
}

/** First index in a list sorted by start whose end lies behind `offset`. */
function firstBehind(runs: readonly { end: number }[], offset: number): number {
  let low = 0;
  let high = runs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((runs[middle]?.end ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A row cut by heat, and within heat by syntax colour. */
export function rowRuns(
  source: string,
  row: SourceRow,
  highlights: readonly SourceHighlight[],
  colours: readonly ColourRun[],
): RowRun[] {
  const near = highlights.filter((highlight) => highlight.end > row.start && highlight.start < row.end);
  return heatRuns(near, row.start, row.end).map((heat) => {
    const pieces: RowPiece[] = [];
    let at = heat.start;
    for (let index = firstBehind(colours, heat.start); index < colours.length; index += 1) {
      const colour = colours[index];
      if (colour === undefined || colour.start >= heat.end) break;
      const start = Math.max(colour.start, heat.start);
      const end = Math.min(colour.end, heat.end);
      if (start > at) pieces.push({ text: source.slice(at, start), start: at, className: '' });
      pieces.push({ text: source.slice(start, end), start, className: colour.className });
      at = end;
    }
    if (at < heat.end) pieces.push({ text: source.slice(at, heat.end), start: at, className: '' });
    return { heat, pieces };
  });
}
