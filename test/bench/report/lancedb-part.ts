/**
 * LanceDB's own multivector search over the vectors that index-part.ts left in FOLDER: flat, and with IVF_PQ.
 *   lancedb-part.ts FOLDER [--queries 20] [--no-index]
 * Prints one JSON object.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect, Index, type Table } from '@lancedb/lancedb';
import {
  Field,
  FixedSizeList,
  Float32,
  List,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  Uint32,
} from 'apache-arrow';
import { quantile } from '../../../app/eval/metrics.ts';

const K = 10;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { queries: { type: 'string', default: '20' }, index: { type: 'boolean', default: true } },
  allowNegative: true,
});
const [folder = ''] = positionals;
const described = JSON.parse(readFileSync(join(folder, 'peers.json'), 'utf8')) as {
  dimension: number;
  lengths: number[];
  queryLengths: number[];
  truth: [number, number][][];
};
const { dimension, lengths } = described;
const floats = (name: string): Float32Array => {
  const bytes = readFileSync(join(folder, name));
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
};
const vectors = floats('vectors.f32');
const queryValues = floats('queries.f32');
const step = Math.max(1, Math.floor(described.queryLengths.length / Number(values.queries)));

/** The vectors of one query as LanceDB takes them. */
function queryOf(number: number): number[][] {
  const before = described.queryLengths.slice(0, number).reduce((sum, n) => sum + n, 0);
  return Array.from({ length: described.queryLengths[number] ?? 0 }, (_, row) =>
    Array.from(queryValues.subarray((before + row) * dimension, (before + row + 1) * dimension)),
  );
}

/** Passages [from, to) as one batch. */
function batch(from: number, to: number): RecordBatch {
  const start = lengths.slice(0, from).reduce((sum, n) => sum + n, 0);
  const offsets = new Int32Array(to - from + 1);
  for (let i = from; i < to; i += 1) offsets[i - from + 1] = (offsets[i - from] ?? 0) + (lengths[i] ?? 0);
  const rows = offsets[to - from] ?? 0;
  const item = new FixedSizeList(dimension, new Field('item', new Float32(), true));
  const type = new List(new Field('item', item, true));
  const leaf = makeData({
    type: new Float32(),
    data: vectors.slice(start * dimension, (start + rows) * dimension),
  });
  const inner = makeData({ type: item, length: rows, child: leaf });
  const list = makeData({ type, length: to - from, valueOffsets: offsets, child: inner });
  const keys = makeData({
    type: new Uint32(),
    data: Uint32Array.from({ length: to - from }, (_, i) => from + i),
  });
  const schema = new Schema([new Field('key', new Uint32(), false), new Field('vector', type, false)]);
  return new RecordBatch(
    schema,
    makeData({ type: new Struct(schema.fields), length: to - from, children: [keys, list] }),
  );
}

async function search(table: Table, refine: { nprobes: number; refineFactor: number } | null) {
  const times: number[] = [];
  let right = 0;
  let all = 0;
  for (let number = 0; number < described.queryLengths.length; number += step) {
    const query = table
      .vectorSearch(queryOf(number))
      .distanceType('cosine')
      .select(['key', '_distance'])
      .limit(K);
    const from = performance.now();
    const rows = await (refine === null
      ? query.bypassVectorIndex()
      : query.nprobes(refine.nprobes).refineFactor(refine.refineFactor)
    ).toArray();
    times.push(performance.now() - from);
    const truth = new Set((described.truth[number] ?? []).map(([key]) => key));
    right += rows.filter((row: { key: number }) => truth.has(row.key)).length;
    all += truth.size;
  }
  return {
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    queries: times.length,
    recall: right / all,
  };
}

const place = mkdtempSync(join(tmpdir(), 'passim-bench-lance-'));
try {
  const database = await connect(place);
  const SLICE = 1000;
  const batches: RecordBatch[] = [];
  for (let from = 0; from < lengths.length; from += SLICE)
    batches.push(batch(from, Math.min(lengths.length, from + SLICE)));
  const { Table: ArrowTable } = await import('apache-arrow');
  const table = await database.createTable('vectors', new ArrowTable(batches));
  const flat = await search(table, null);
  let indexed: unknown = null;
  if (values.index) {
    const from = performance.now();
    await table.createIndex('vector', {
      config: Index.ivfPq({ distanceType: 'cosine', numSubVectors: dimension / 4 }),
      waitTimeoutSeconds: 3600,
    });
    const buildSeconds = (performance.now() - from) / 1000;
    const settings = [
      { nprobes: 10, refineFactor: 5 },
      { nprobes: 20, refineFactor: 20 },
      { nprobes: 50, refineFactor: 50 },
    ];
    const rows = [];
    for (const setting of settings) rows.push({ ...setting, ...(await search(table, setting)) });
    indexed = { buildSeconds, settings: rows };
  }
  process.stdout.write(`${JSON.stringify({ flat, ivfPq: indexed })}\n`);
} finally {
  rmSync(place, { recursive: true, force: true });
}
