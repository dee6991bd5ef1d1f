import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { LineFile, NpyFile } from './files.ts';
import { numbersOf, rowsOf } from './passages.ts';
import { payloadOf, type SinkFactory } from './sink.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

const list = (name: string, element: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'REQUIRED', converted_type: 'LIST', num_children: 1 },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];
const float: SchemaElement = { name: 'element', type: 'FLOAT', repetition_type: 'REQUIRED' };
const text = (name: string): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  converted_type: 'UTF8',
  repetition_type: 'REQUIRED',
});
const integer = (name: string): SchemaElement => ({ name, type: 'INT32', repetition_type: 'REQUIRED' });

/** Parquet columns in their order; `vectors` is a list of lists of 32-bit floats. */
const COLUMNS = [
  'id',
  'path',
  'title',
  'headings',
  'place',
  'text',
  'start',
  'end',
  'count',
  'dense',
  'vectors',
] as const;
const PARQUET_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...['id', 'path', 'title', 'headings', 'place', 'text'].map(text),
  ...['start', 'end', 'count'].map(integer),
  ...list('dense', [float]),
  ...list('vectors', list('element', [float])),
];

/** `passages.parquet`: one row for a passage, row groups of one batch each. */
export const parquetSink: SinkFactory = async ({ directory, dimension, modelId }) => {
  const file = join(directory, 'passages.parquet');
  const writer = new ParquetWriter({
    writer: fileWriter(file),
    schema: PARQUET_SCHEMA,
    kvMetadata: [
      { key: 'passim.model', value: modelId },
      { key: 'passim.dimension', value: String(dimension) },
    ],
  });
  return {
    async write(passages) {
      if (passages.length === 0) return;
      const rows = passages.map((passage) => ({
        ...passage,
        dense: [...passage.dense],
        vectors: rowsOf(passage.vectors, dimension),
      }));
      await writer.write({
        columnData: COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) })),
        rowGroupSize: rows.length,
      });
    },
    async close() {
      await writer.finish();
      await chmod(file, 0o600);
    },
  };
};

/**
 * `vectors.npy` (all token vectors), `offsets.npy` (passage i has rows offsets[i] … offsets[i + 1]), `dense.npy`, and
 * `passages.jsonl` with the i-th passage in line i.
 */
export const npySink: SinkFactory = async ({ directory, dimension }) => {
  const vectors = await NpyFile.create(join(directory, 'vectors.npy'), '<f4', dimension);
  const offsets = await NpyFile.create(join(directory, 'offsets.npy'), '<i8', null);
  const dense = await NpyFile.create(join(directory, 'dense.npy'), '<f4', dimension);
  const lines = await LineFile.create(join(directory, 'passages.jsonl'));
  let rows = 0n;
  await offsets.write(BigInt64Array.of(0n));
  return {
    async write(passages) {
      for (const passage of passages) {
        rows += BigInt(passage.count);
        await vectors.write(passage.vectors);
        await offsets.write(BigInt64Array.of(rows));
        await dense.write(passage.dense);
        await lines.write(payloadOf(passage));
      }
    },
    async close() {
      for (const file of [vectors, offsets, dense, lines]) await file.close();
    },
  };
};

/** `passages.jsonl`: an object a line, vectors as lists of lists. */
export const jsonlSink: SinkFactory = async ({ directory, dimension }) => {
  const lines = await LineFile.create(join(directory, 'passages.jsonl'));
  return {
    async write(passages) {
      for (const passage of passages)
        await lines.write({
          ...payloadOf(passage),
          dense: numbersOf(passage.dense),
          vectors: rowsOf(passage.vectors, dimension),
        });
    },
    close: () => lines.close(),
  };
};
