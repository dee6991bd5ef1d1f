import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { IndexCore } from '../../app/engine/core.ts';
import { readSettings } from '../../app/engine/settings.ts';
import { exportVectors, VECTOR_FORMATS } from '../../app/vectors/export.ts';
import { indexFolder, openEngine } from '../helpers/engine.ts';
import { pythonWith } from '../helpers/python.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const TEXTS: Readonly<Record<string, string>> = {
  'lease.md': "# Lease\n\nThe tenant may end the contract with three months' notice.\n",
  'recipe.txt': 'Mix flour, eggs and milk, and fry thin pancakes in hot butter.\n',
  'motor.txt': 'An electric motor turns current into torque at once.\n',
  'garden.txt': 'Planted tomatoes and peppers beside the wall.\n',
  'kündigung.txt': 'Der Mieter kann den Vertrag mit einer Frist von drei Monaten kündigen.\n',
  'train.txt': 'The night train to Vienna leaves at ten past nine.\n',
};
const QUERIES = ['how can I cancel my flat?', 'breakfast from a pan'];

interface Setting {
  readonly core: IndexCore;
  readonly out: string;
  /** For each query the exact scores of the index by passage id, best first. */
  readonly expected: readonly (readonly (readonly [string, number])[])[];
}

async function exported(): Promise<Setting> {
  const base = temporaryFolder('vectors');
  const folder = join(base, 'notes');
  const home = join(base, 'data');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(TEXTS)) writeFileSync(join(folder, name), text);
  const engine = await openEngine(home);
  await indexFolder(engine, folder);
  const core = await IndexCore.open({
    directory: home,
    cache: join(home, 'cache'),
    settings: readSettings(join(home, 'settings.json')),
    mode: 'read',
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  onTestFinished(() => core.close());
  const out = join(base, 'out');
  const result = await exportVectors(core, { directory: out, formats: VECTOR_FORMATS, queries: QUERIES });
  expect(result.passages).toBe(Object.keys(TEXTS).length);
  const expected = await Promise.all(
    QUERIES.map(async (query) => {
      const { vectors } = await core.encoder.encodeQuery(query);
      const hits = await core.index.search(vectors, { k: 100, exhaustive: true });
      return hits.map((hit) => [`p${hit.key}`, hit.score] as const);
    }),
  );
  return { core, out, expected };
}

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as never;
const lines = <T>(path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

/** The ranking of passages by MaxSim, computed plainly. */
function ranking(
  query: readonly number[][],
  passages: readonly { id: string; vectors: number[][] }[],
): [string, number][] {
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
  return passages
    .map(({ id, vectors }): [string, number] => [
      id,
      query.reduce((sum, token) => sum + Math.max(...vectors.map((vector) => dot(token, vector))), 0),
    ])
    .sort((a, b) => b[1] - a[1]);
}

/** The same order, and scores as near as the index computes them. */
function expectSame(
  actual: readonly (readonly [string, number])[] | undefined,
  expected: readonly (readonly [string, number])[] | undefined,
): void {
  expect(actual?.map(([id]) => id)).toEqual(expected?.map(([id]) => id));
  for (const [i, [, score]] of (expected ?? []).entries()) expect(actual?.[i]?.[1]).toBeCloseTo(score, 1);
}

describe('exported vectors', { timeout: 600_000 }, () => {
  it('give the index’s own MaxSim ranking, in every format', async () => {
    const { core, out, expected } = await exported();
    const queries = lines<{ query: string; vectors: number[][]; dense: number[] }>(
      join(out, 'queries.jsonl'),
    );
    expect(queries.map((each) => each.query)).toEqual(QUERIES);
    const rows = (await parquetReadObjects({
      file: await asyncBufferFromFile(join(out, 'parquet', 'passages.parquet')),
    })) as { id: string; path: string; place: string; count: number; vectors: number[][] }[];
    const plain = lines<{ passage: string; vectors: number[][]; text: string }>(
      join(out, 'jsonl', 'passages.jsonl'),
    );
    const qdrant = lines<{ points: { payload: { passage: string }; vector: { tokens: number[][] } }[] }>(
      join(out, 'qdrant', 'points.jsonl'),
    ).flatMap(({ points }) =>
      points.map(({ payload, vector }) => ({ id: payload.passage, vectors: vector.tokens })),
    );
    const vespa = lines<{
      put: string;
      fields: { passage: string; tokens: { blocks: Record<string, number[]> } };
    }>(join(out, 'vespa', 'feed.jsonl')).map(({ fields }) => ({
      id: fields.passage,
      vectors: Object.values(fields.tokens.blocks),
    }));
    for (const [i, query] of queries.entries()) {
      for (const passages of [
        rows,
        plain.map(({ passage, vectors }) => ({ id: passage, vectors })),
        qdrant,
        vespa,
      ])
        expectSame(ranking(query.vectors, passages), expected[i]);
    }
    expect(rows.every((row) => row.vectors.length === row.count)).toBe(true);
    expect(rows.map((row) => row.path)).toContainEqual(expect.stringContaining('kündigung.txt'));

    const { dimension } = core.model.manifest;
    expect(json(join(out, 'manifest.json'))).toMatchObject({
      model: core.model.modelId,
      dimension,
      passages: 6,
    });
    expect(json(join(out, 'qdrant', 'collection.json'))).toMatchObject({
      vectors: { tokens: { size: dimension, multivector_config: { comparator: 'max_sim' } } },
    });
    expect(readFileSync(join(out, 'vespa', 'passim.sd'), 'utf8')).toContain(
      `tensor<float>(token{}, v[${dimension}])`,
    );
    // The dense forms hold the same vectors, whatever they call them.
    const dense = new Map(
      lines<{ passage: string; dense: number[] }>(join(out, 'milvus', 'rows.jsonl')).map((row) => [
        row.passage,
        row.dense,
      ]),
    );
    for (const { properties, vector, id } of lines<{
      id: string;
      vector: number[];
      properties: { passage: string };
    }>(join(out, 'weaviate', 'objects.jsonl'))) {
      expect(vector).toEqual(dense.get(properties.passage));
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    for (const { id, values } of lines<{ id: string; values: number[] }>(
      join(out, 'pinecone', 'vectors.jsonl'),
    ))
      expect(values).toEqual(dense.get(id));
    expect(readdirSync(out).sort()).toEqual(['manifest.json', 'queries.jsonl', ...VECTOR_FORMATS].sort());
    expect(statSync(out).mode & 0o077).toBe(0);
    await expect(
      exportVectors(core, { directory: out, formats: ['jsonl'], queries: [] }),
    ).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining('not empty') });
    await expect(
      exportVectors(core, {
        directory: `${out}-2`,
        formats: ['jsonl'],
        queries: [],
        signal: AbortSignal.abort(),
      }),
    ).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('give the same ranking to pyarrow, numpy and Qdrant', async (context) => {
    const python = await pythonWith(
      ['pyarrow', 'numpy', 'qdrant-client'],
      ['pyarrow', 'numpy', 'qdrant_client'],
    );
    if ('missing' in python) return context.skip(python.missing);
    const { out, expected } = await exported();
    const { stdout } = await promisify(execFile)(
      python.command,
      [resolve('test/integration/vectors_read.py'), out],
      {
        maxBuffer: 1 << 26,
      },
    );
    const read = JSON.parse(stdout) as Record<string, [string, number][][]>;
    expect(Object.keys(read).sort()).toEqual(['jsonl', 'numpy', 'pyarrow', 'qdrant']);
    for (const rankings of Object.values(read))
      for (const [i, found] of rankings.entries()) expectSame(found, expected[i]);
  });
});
