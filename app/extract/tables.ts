import type { Place } from '../contract/document.ts';
import type { DocumentBuilder } from './builder.ts';

/** A cell with text. */
export interface Cell {
  /** Column from 0. */
  readonly column: number;
  /** What a person sees in the cell. */
  readonly text: string;
  /** Whether the text is a word rather than a number, a date or the like. */
  readonly isLabel: boolean;
  readonly place: Place;
}

/** A row with at least one cell; cells in ascending order of column, none without text. */
export interface Row {
  /** Number of the row, from 1; a gap separates tables. */
  readonly number: number;
  readonly cells: readonly Cell[];
}

/** Column labels of a table whose extent the file itself tells. */
export interface KnownTable {
  readonly firstRow: number;
  readonly lastRow: number;
  readonly firstColumn: number;
  readonly lastColumn: number;
  /** Whether the first row holds the labels. */
  readonly hasHeader: boolean;
}

/** Longest label that is repeated in every row, in UTF-16 units. */
const MAX_LABEL = 60;
const CELL_SEPARATOR = ' | ';

function label(text: string): string {
  const clean = text.replace(/\s+/g, ' ').trim().replace(/:$/, '');
  return clean.length > MAX_LABEL ? `${clean.slice(0, MAX_LABEL - 1).trimEnd()}…` : clean;
}

/**
 * Whether a row labels the columns below it: at least two cells, all short words and no two the same, as wide as
 * the next row, and the next row is not of the same kind of words only by chance — it has a cell that is no word,
 * or there are more rows after it.
 */
function isHeader(row: Row, next: Row | undefined, third: Row | undefined): boolean {
  if (row.cells.length < 2 || next === undefined || next.number !== row.number + 1) return false;
  if (!row.cells.every((cell) => cell.isLabel && cell.text.length <= 120)) return false;
  if (new Set(row.cells.map((cell) => cell.text)).size !== row.cells.length) return false;
  const columns = new Set(row.cells.map((cell) => cell.column));
  const covered = next.cells.filter((cell) => columns.has(cell.column)).length;
  if (next.cells.length < 2 && row.cells.length > 3) return false;
  if (covered < next.cells.length / 2) return false;
  return (
    next.cells.some((cell) => !cell.isLabel) || (third !== undefined && third.number === next.number + 1)
  );
}

/** Labels of the columns, by column, for each row that has any. */
type Labels = ReadonlyMap<number, string>;

function labelsOf(row: Row): Labels {
  return new Map(row.cells.map((cell) => [cell.column, label(cell.text)]));
}

function writeRow(builder: DocumentBuilder, row: Row, labels: Labels | null): void {
  builder.begin('row');
  let piece = '';
  row.cells.forEach((cell, index) => {
    const name = labels?.get(cell.column);
    piece += index > 0 ? CELL_SEPARATOR : '';
    piece += name === undefined || name === '' ? cell.text.trim() : `${name}: ${cell.text.trim()}`;
    // Neighbours that stand at one place (a line of a CSV file) share a segment.
    if (row.cells[index + 1]?.place === cell.place) return;
    builder.append(piece, { place: cell.place });
    piece = '';
  });
  builder.end();
}

/**
 * Writes the rows of a sheet as one block each. Below a header row every cell carries its column's label
 * ("Item: Rent | Amount: 900"), so that a row makes sense by itself; a header row stands as it is. Several tables
 * in one sheet, apart by an empty row, are told apart.
 * @param header what is known of the first row: 'guess' looks at the cells
 */
export function writeTable(
  builder: DocumentBuilder,
  rows: readonly Row[],
  options: { readonly header: 'first' | 'none' | 'guess'; readonly known?: readonly KnownTable[] },
): void {
  let labels: Labels | null = null;
  let previous = 0;
  rows.forEach((row, index) => {
    const gap = row.number !== previous + 1;
    previous = row.number;
    const table = options.known?.find((entry) => row.number >= entry.firstRow && row.number <= entry.lastRow);
    const isFirst = index === 0;
    let heads: boolean;
    if (table !== undefined) heads = table.hasHeader && row.number === table.firstRow;
    else if (options.header === 'guess') {
      if (gap && !isFirst) labels = startsTable(rows, index) ? null : labels;
      heads = labels === null && isHeader(row, rows[index + 1], rows[index + 2]);
    } else heads = options.header === 'first' && isFirst;
    if (heads) {
      labels = labelsOf(row);
      writeRow(builder, row, null);
    } else writeRow(builder, row, labels);
  });
}

/** After an empty row: whether another table begins rather than the one above going on. */
function startsTable(rows: readonly Row[], index: number): boolean {
  const row = rows[index];
  if (row === undefined) return false;
  return row.cells.length === 1 || isHeader(row, rows[index + 1], rows[index + 2]);
}

/** 0 → "A", 27 → "AB". */
export function columnName(column: number): string {
  let name = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}

/** "B7" → column 1, row 7; null for anything else. */
export function parseCell(reference: string): { readonly column: number; readonly row: number } | null {
  const match = /^\$?([A-Z]{1,3})\$?(\d{1,7})$/i.exec(reference);
  if (match === null) return null;
  let column = 0;
  for (const letter of (match[1] ?? '').toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return { column: column - 1, row: Number(match[2]) };
}
