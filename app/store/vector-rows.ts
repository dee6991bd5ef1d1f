import { crc32 } from 'node:zlib';
import type { CompressedMultivector, TokenSpans, VectorShape } from '../contract/index.ts';
import { Binary, type RecordBatch, type Schema, type Table, Uint32, Utf8 } from './arrow.ts';
import {
  arrowTable,
  binaryColumn,
  bytesOf,
  halfVectorColumn,
  halfVectorsOf,
  halfVectorType,
  numbersOf,
  required,
  schemaOf,
  stringColumn,
  stringsOf,
  uint32Column,
} from './columns.ts';
import { decodeMultivector, encodeMultivector } from './multivector-codec.ts';
import type { NumberedPassage } from './passage-rows.ts';
import { decodeSpans, encodeSpans } from './spans-codec.ts';
import type { PassageVectors } from './types.ts';

/** Columns of the table `vectors`: what the model made of each passage. */
export function vectorSchema(shape: VectorShape): Schema {
  return schemaOf([
    required('pid', new Uint32()),
    required('tokenCount', new Uint32()),
    required('checksum', new Uint32()),
    required('contentKey', new Utf8()),
    required('multivector', new Binary()),
    required('spans', new Binary()),
    required('dense', halfVectorType(shape.dimension)),
  ]);
}

export const VECTOR_COLUMNS = [
  'pid',
  'tokenCount',
  'checksum',
  'contentKey',
  'multivector',
  'spans',
  'dense',
] as const;
export const MULTIVECTOR_COLUMNS = ['pid', 'checksum', 'multivector'] as const;
export const SPAN_COLUMNS = ['pid', 'spans'] as const;

/** Checksum of a multivector in its stored form. */
export function multivectorChecksum(multivector: CompressedMultivector): number {
  return crc32(encodeMultivector(multivector));
}

export function vectorTable(rows: readonly NumberedPassage[], shape: VectorShape): Table {
  const multivectors = rows.map((row) => encodeMultivector(row.passage.multivector));
  return arrowTable(vectorSchema(shape), rows.length, [
    uint32Column(rows.map((row) => row.pid)),
    uint32Column(rows.map((row) => row.passage.tokenCount)),
    uint32Column(multivectors.map((bytes) => crc32(bytes))),
    stringColumn(rows.map((row) => row.passage.contentKey)),
    binaryColumn(multivectors),
    binaryColumn(rows.map((row) => encodeSpans(row.passage.spans))),
    halfVectorColumn(
      rows.map((row) => row.passage.dense),
      shape.dimension,
    ),
  ]);
}

export interface VectorRow extends PassageVectors {
  readonly pid: number;
  readonly contentKey: string;
}

/** Called with the number of a row whose multivector is not the one that was written; the row is left out. */
export type OnDamaged = (pid: number) => void;

export function* readVectorRows(
  batch: RecordBatch,
  shape: VectorShape,
  onDamaged: OnDamaged,
): IterableIterator<VectorRow> {
  const tokenCount = numbersOf(batch, 'tokenCount');
  const contentKey = stringsOf(batch, 'contentKey');
  const spans = bytesOf(batch, 'spans');
  const dense = halfVectorsOf(batch, 'dense');
  for (const { row, pid, multivector } of readMultivectors(batch, shape, onDamaged))
    yield {
      pid,
      contentKey: contentKey(row),
      tokenCount: tokenCount[row] ?? 0,
      multivector,
      spans: decodeSpans(spans(row)),
      dense: dense(row),
    };
}

/** Only what the multivector index needs. */
export function* readMultivectors(
  batch: RecordBatch,
  shape: VectorShape,
  onDamaged: OnDamaged,
): IterableIterator<{ row: number; pid: number; checksum: number; multivector: CompressedMultivector }> {
  const pids = numbersOf(batch, 'pid');
  const checksum = numbersOf(batch, 'checksum');
  const multivector = bytesOf(batch, 'multivector');
  for (let row = 0; row < batch.numRows; row += 1) {
    const pid = pids[row] ?? 0;
    const bytes = multivector(row);
    // LanceDB's files have no checksums: a block gone bad would only show as odd scores.
    const actual = crc32(bytes);
    if (actual === checksum[row])
      yield { row, pid, checksum: actual, multivector: decodeMultivector(bytes, shape) };
    else onDamaged(pid);
  }
}

/** Only what explaining needs. */
export function* readSpanRows(batch: RecordBatch): IterableIterator<{ pid: number; spans: TokenSpans }> {
  const pid = numbersOf(batch, 'pid');
  const spans = bytesOf(batch, 'spans');
  for (let row = 0; row < batch.numRows; row += 1)
    yield { pid: pid[row] ?? 0, spans: decodeSpans(spans(row)) };
}
