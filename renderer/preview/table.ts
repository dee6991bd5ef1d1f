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
  readonly labels: Map<number, string>;
  columns: number;
}

/**
 * Puts the sheets of a file together again from its passages: each stretch of text knows its cell. The separator
 * and the column's label that the text carries for the model are taken away.
 */
export function tablesOf(
  passages: readonly PassageDetail[],
  results: ReadonlyMap<string, PassageResult>,
): SheetTable[] {
  const sheets = new Map<string, Draft>();
  for (const passage of passages) {
    const highlights = inPart(results.get(passage.id)?.highlights ?? [], 'text');
    for (const [reference, range] of cellRanges(passage)) {
      const at = cellOf(reference.cell);
      if (at === null) continue;
      let sheet = sheets.get(reference.sheet);
      if (sheet === undefined) {
        sheet = { name: reference.sheet, rows: new Map(), labels: new Map(), columns: 0 };
        sheets.set(reference.sheet, sheet);
      }
      const raw = passage.text.slice(range.start, range.end);
      const separator = /^\s*\|\s/.exec(raw)?.[0].length ?? 0;
      const label = sheet.labels.get(at.column);
      const named =
        label !== undefined && raw.slice(separator).startsWith(`${label}: `) ? label.length + 2 : 0;
      const start = range.start + separator + named;
      const text = passage.text.slice(start, range.end).trimEnd();
      if (text === '') continue;
      if (!sheet.labels.has(at.column)) sheet.labels.set(at.column, text);
      sheet.columns = Math.max(sheet.columns, at.column + 1);
      const row = sheet.rows.get(at.row) ?? { cells: new Map<number, TableCell>(), passage: passage.id };
      row.cells.set(at.column, {
        text,
        highlights: highlights
          .filter((highlight) => highlight.start < range.end && highlight.end > start)
          .map((highlight) => ({
            ...highlight,
            start: Math.max(0, highlight.start - start),
            end: Math.min(text.length, highlight.end - start),
          })),
      });
      sheet.rows.set(at.row, row);
    }
  }
  return [...sheets.values()].map(({ name, rows, columns }) => ({
    name,
    columns,
    rows: [...rows].sort(([a], [b]) => a - b).map(([number, row]) => ({ number, ...row })),
  }));
}

/** Ranges of a passage's text by cell: neighbouring stretches of one cell are one range. */
function cellRanges(
  passage: PassageDetail,
): [{ sheet: string; cell: string }, { start: number; end: number }][] {
  const ranges: [{ sheet: string; cell: string }, { start: number; end: number }][] = [];
  for (const { place, start, end } of passage.segments) {
    if (place.kind !== 'sheet' || place.cell === undefined) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[0].sheet === place.sheet && last[0].cell === place.cell) last[1].end = end;
    else
      ranges.push([
        { sheet: place.sheet, cell: place.cell },
        { start, end },
      ]);
  }
  return ranges;
}
