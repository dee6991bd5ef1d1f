import { Binary, type RecordBatch, type Schema, type Table, Uint32, Utf8 } from 'apache-arrow';
import type { CompressedMultivector, VectorShape } from '../contract/index.ts';
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
    required('contentKey', new Utf8()),
    required('multivector', new Binary()),
    required('spans', new Binary()),
    required('dense', halfVectorType(shape.dimension)),
  ]);
}

export const VECTOR_COLUMNS = ['pid', 'tokenCount', 'contentKey', 'multivector', 'spans', 'dense'] as const;

export function vectorTable(rows: readonly NumberedPassage[], shape: VectorShape): Table {
  return arrowTable(vectorSchema(shape), rows.length, [
    uint32Column(rows.map((row) => row.pid)),
    uint32Column(rows.map((row) => row.passage.tokenCount)),
    stringColumn(rows.map((row) => row.passage.contentKey)),
    binaryColumn(rows.map((row) => encodeMultivector(row.passage.multivector))),
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

export function* readVectorRows(batch: RecordBatch, shape: VectorShape): IterableIterator<VectorRow> {
  const pid = numbersOf(batch, 'pid');
  const tokenCount = numbersOf(batch, 'tokenCount');
  const contentKey = stringsOf(batch, 'contentKey');
  const multivector = bytesOf(batch, 'multivector');
  const spans = bytesOf(batch, 'spans');
  const dense = halfVectorsOf(batch, 'dense');
  for (let i = 0; i < batch.numRows; i += 1)
    yield {
      pid: pid[i] ?? 0,
      contentKey: contentKey(i),
      tokenCount: tokenCount[i] ?? 0,
      multivector: decodeMultivector(multivector(i), shape),
      spans: decodeSpans(spans(i)),
      dense: dense(i),
    };
}

/** Only what the multivector index needs. */
export function* readMultivectors(
  batch: RecordBatch,
  shape: VectorShape,
): IterableIterator<{ pid: number; multivector: CompressedMultivector }> {
  const pid = numbersOf(batch, 'pid');
  const multivector = bytesOf(batch, 'multivector');
  for (let i = 0; i < batch.numRows; i += 1)
    yield { pid: pid[i] ?? 0, multivector: decodeMultivector(multivector(i), shape) };
}
