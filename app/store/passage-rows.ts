import type { StoredPassage } from '../contract/index.ts';
import { Binary, type RecordBatch, type Table, Uint32, Utf8 } from './arrow.ts';
import {
  arrowTable,
  binaryColumn,
  bytesOf,
  numbersOf,
  required,
  schemaOf,
  stringColumn,
  stringsOf,
  uint32Column,
} from './columns.ts';
import { decodeSegments, encodeSegments } from './segments-codec.ts';
import type { PassageRow } from './types.ts';
import { type PackedText, unpackText } from './words.ts';

/** A passage on its way into the tables. */
export interface NumberedPassage {
  readonly pid: number;
  readonly fileId: string;
  readonly generation: number;
  readonly passage: StoredPassage;
}

/**
 * Columns of the table `passages`: what a person reads and the word index is made from. It is kept apart from the
 * vectors, ten times as large, because LanceDB rewrites a whole table to bring an index up to date.
 */
export const PASSAGE_SCHEMA = schemaOf([
  required('pid', new Uint32()),
  required('generation', new Uint32()),
  required('ordinal', new Uint32()),
  required('start', new Uint32()),
  required('prefixLength', new Uint32()),
  required('contextLength', new Uint32()),
  required('fileId', new Utf8()),
  required('words', new Utf8()),
  required('edits', new Binary()),
  required('title', new Utf8()),
  required('headings', new Utf8()),
  required('segments', new Binary()),
]);

/** What is read of a passage; the ledger knows the rest, and each column takes a tenth of a millisecond. */
export const PASSAGE_COLUMNS: readonly string[] = PASSAGE_SCHEMA.fields
  .map((field) => field.name)
  .filter((name) => !['generation', 'fileId', 'ordinal'].includes(name));

/** Where a passage stands: its file and its place among that file's passages; undefined when it is gone. */
export type PassagePlace = (pid: number) => Pick<PassageRow, 'fileId' | 'ordinal'> | undefined;

/** @param texts see packText, one a row */
export function passageTable(rows: readonly NumberedPassage[], texts: readonly PackedText[]): Table {
  return arrowTable(PASSAGE_SCHEMA, rows.length, [
    uint32Column(rows.map((row) => row.pid)),
    uint32Column(rows.map((row) => row.generation)),
    uint32Column(rows.map((row) => row.passage.ordinal)),
    uint32Column(rows.map((row) => row.passage.start)),
    uint32Column(texts.map((text) => text.prefixLength)),
    uint32Column(texts.map((text) => text.contextLength)),
    stringColumn(rows.map((row) => row.fileId)),
    stringColumn(texts.map((text) => text.words)),
    binaryColumn(texts.map((text) => text.edits)),
    stringColumn(rows.map((row) => row.passage.title)),
    stringColumn(
      rows.map(({ passage: { headings } }) => (headings.length === 0 ? '' : JSON.stringify(headings))),
    ),
    binaryColumn(rows.map((row) => encodeSegments(row.passage.segments))),
  ]);
}

function parseHeadings(text: string): string[] {
  if (text === '') return [];
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? parsed.map(String) : [];
}

/** The rows of a batch of {@link PASSAGE_COLUMNS}, without those of passages that are gone. */
export function* readPassageRows(batch: RecordBatch, placeOf: PassagePlace): IterableIterator<PassageRow> {
  const pid = numbersOf(batch, 'pid');
  const starts = numbersOf(batch, 'start');
  const prefixLength = numbersOf(batch, 'prefixLength');
  const contextLength = numbersOf(batch, 'contextLength');
  const words = stringsOf(batch, 'words');
  const edits = bytesOf(batch, 'edits');
  const title = stringsOf(batch, 'title');
  const headings = stringsOf(batch, 'headings');
  const segments = bytesOf(batch, 'segments');
  for (let i = 0; i < batch.numRows; i += 1) {
    const place = placeOf(pid[i] ?? 0);
    if (place === undefined) continue;
    const { context, text } = unpackText({
      words: words(i),
      prefixLength: prefixLength[i] ?? 0,
      contextLength: contextLength[i] ?? 0,
      edits: edits(i),
    });
    const start = starts[i] ?? 0;
    yield {
      pid: pid[i] ?? 0,
      ...place,
      text,
      start,
      end: start + text.length,
      title: title(i),
      headings: parseHeadings(headings(i)),
      context,
      segments: decodeSegments(segments(i)),
    };
  }
}
