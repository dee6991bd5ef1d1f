import type { PassageDetail } from '../../app/contract/engine.ts';
import type { Highlight, PassageResult } from '../../app/contract/search.ts';
import { inPart } from '../search/heat.ts';

/** Highlights of a cell, in its own text. */
type CellHighlight = Pick<Highlight, 'start' | 'end' | 'heat' | 'words' | 'exact'>;

export interface TableCell {
  readonly text: string;
  readonly highlights: readonly CellHighlight[];
}

export interface TableRow {
  readonly number: number;
  readonly cells: ReadonlyMap<number, TableCell>;
  readonly passage: string;
}

export interface SheetTable {
  readonly name: string;
  readonly columns: number;
  /** Characters of each column's longest cell, within bounds; the same for every row, so that columns line up. */
  readonly widths: readonly number[];
  readonly rows: readonly TableRow[];
}

/** "B7" → column 1, row 7. */
export function cellOf(reference: string): { column: number; row: number } | null {
  const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/i.exec(reference);
  if (match === null) return null;
  let column = 0;
  for (const letter of (match[1] ?? '').toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return { column: column - 1, row: Number(match[2]) };
}

export function columnName(column: number): string {
  let name = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

interface Draft {
  readonly name: string;
  readonly rows: Map<number, { cells: Map<number, TableCell>; passage: string }>;
  /** Texts of each column so far: one of them may be the label that cells below carry. */
  readonly labels: Map<number, Set<string>>;
  readonly widths: Map<number, number>;
  columns: number;
}

/** Bounds of a column's width, in characters. */
const MIN_WIDTH = 8;
const MAX_WIDTH = 40;

/** A stretch of a passage's text that is one cell; `column` is null where only its label tells it. */
interface CellRange {
  readonly sheet: string;
  readonly row: number;
  readonly column: number | null;
  readonly start: number;
  end: number;
}

/** Stands between a cell and a remark on it. */
const REMARK = ' — ';

/** How the text parts the cells of a row. */
const SEPARATOR = ' | ';

/**
 * Puts the sheets of a file together again from its passages: each stretch of text knows its cell, or its line. The
 * separator and the column's label that the text carries for the model are taken away.
 */
export function tablesOf(
  passages: readonly PassageDetail[],
  results: ReadonlyMap<string, PassageResult>,
): SheetTable[] {
  const sheets = new Map<string, Draft>();
  for (const passage of passages) {
    const result = results.get(passage.id);
    const highlights = result === undefined ? [] : inPart(result, 'text');
    for (const range of cellRanges(passage)) {
      let sheet = sheets.get(range.sheet);
      if (sheet === undefined) {
        sheet = { name: range.sheet, rows: new Map(), labels: new Map(), widths: new Map(), columns: 0 };
        sheets.set(range.sheet, sheet);
      }
      addCell(sheet, passage, range, highlights);
    }
  }
  return [...sheets.values()].map(({ name, rows, columns, widths }) => ({
    name,
    columns,
    widths: Array.from({ length: columns }, (_, column) => widths.get(column) ?? MIN_WIDTH),
    rows: [...rows].sort(([a], [b]) => a - b).map(([number, row]) => ({ number, ...row })),
  }));
}

function addCell(
  sheet: Draft,
  passage: PassageDetail,
  range: CellRange,
  highlights: readonly Highlight[],
): void {
  const row = sheet.rows.get(range.row) ?? { cells: new Map<number, TableCell>(), passage: passage.id };
  const raw = passage.text.slice(range.start, range.end);
  const separator = raw.startsWith(SEPARATOR) ? SEPARATOR.length : /^\|\s/.test(raw) ? 2 : 0;
  const rest = raw.slice(separator);
  const label = labelOf(sheet, range, rest);
  const column = range.column ?? label?.column ?? row.cells.size;
  const start = range.start + separator + (label === null ? 0 : label.text.length + 2);
  const text = passage.text.slice(start, range.end).trimEnd();
  if (text === '') return;
  sheet.labels.set(column, (sheet.labels.get(column) ?? new Set()).add(text));
  sheet.columns = Math.max(sheet.columns, column + 1);
  const width = Math.min(MAX_WIDTH, Math.max(sheet.widths.get(column) ?? MIN_WIDTH, text.length));
  sheet.widths.set(column, width);
  // A second stretch of the same cell is a remark on it.
  const before = row.cells.get(column);
  const lead = before === undefined ? '' : `${before.text}${REMARK}`;
  const shift = lead.length - start;
  row.cells.set(column, {
    text: lead + text,
    highlights: [
      ...(before?.highlights ?? []),
      ...highlights
        .filter((highlight) => highlight.start < range.end && highlight.end > start)
        .map((highlight) => ({
          ...highlight,
          start: Math.max(lead.length, highlight.start + shift),
          end: Math.min(lead.length + text.length, highlight.end + shift),
        })),
    ],
  });
  sheet.rows.set(range.row, row);
}

/** The column's label at the beginning of a cell's text, where the text carries one: a cell that stood above it. */
function labelOf(sheet: Draft, range: CellRange, text: string): { column: number; text: string } | null {
  for (let colon = text.indexOf(': '); colon > 0; colon = text.indexOf(': ', colon + 1)) {
    const label = text.slice(0, colon);
    for (const [column, texts] of sheet.labels) {
      if ((range.column === null || range.column === column) && texts.has(label))
        return { column, text: label };
    }
  }
  return null;
}

/** Cells of a passage: neighbouring stretches of one cell are one; a line is parted at its separators. */
function cellRanges(passage: PassageDetail): CellRange[] {
  const ranges: CellRange[] = [];
  for (const { place, start, end } of passage.segments) {
    if (place.kind === 'sheet' && place.cell !== undefined) {
      const at = cellOf(place.cell);
      if (at === null) continue;
      const last = ranges.at(-1);
      const same = last?.sheet === place.sheet && last.row === at.row && last.column === at.column;
      if (same) last.end = end;
      else ranges.push({ sheet: place.sheet, row: at.row, column: at.column, start, end });
    } else if (place.kind === 'line') {
      let from = start;
      for (const piece of passage.text.slice(start, end).split(SEPARATOR)) {
        ranges.push({ sheet: '', row: place.line, column: null, start: from, end: from + piece.length });
        from += piece.length + SEPARATOR.length;
      }
    }
  }
  return ranges;
}
