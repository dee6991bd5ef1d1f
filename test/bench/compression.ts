/**
 * What the bits of a residual and the pooling of tokens cost: nDCG@10 beside float32, and bytes of vectors for each
 * token vector before pooling, over collections that cache-vectors.ts has encoded.
 *
 *   node scripts/with-node.mjs test/bench/compression.ts CACHE --data FOLDER --steps 4x1,2x1,2x1.5 COLLECTION...
 *   … --steps 3x1x1,3x1.4x1 --train FOLDER [--queries 1500]
 *
 * CACHE holds a folder for each COLLECTION, FOLDER the collection itself in the BEIR layout. A step is BITSxPOOLING, or
 * BITSxPOOLINGxWINS: then only tokens are kept that are the best match of their passage for so many of the tokens of
 * training queries, or without --train for so many of the codebook's centroids.
 * Every step is the codec and the index of the engine, searched exhaustively; the document's score is its best
 * passage's. The float figures are kept in CACHE.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { type Dataset, readDataset } from '../../app/eval/dataset.ts';
import { mean, ndcg } from '../../app/eval/metrics.ts';
import { type Bits, readCodebook } from '../../app/index/codebook.ts';
import { createCodec, createIndex } from '../../app/index/open-index.ts';
import { fillIndex, readCached } from './cached.ts';
import { trainingQueryTokens, WinCounter, winning } from './dropping.ts';
import { FloatReference } from './float-reference.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    steps: { type: 'string', default: '4x1,2x1,2x1.5,2x2' },
    model: { type: 'string' },
    train: { type: 'string', default: '' },
    queries: { type: 'string', default: '1500' },
  },
});
const [cache = '', ...collections] = positionals;
const DEPTH = 10;
const BATCH = 64;
const steps = values.steps.split(',').map((step) => {
  const [bits = 4, pooling = 1, wins = 0] = step.split('x').map(Number);
  return { bits: bits as Bits, pooling, wins };
});
const model = await loadModelPackage(values.model ?? defaultModelFolder());
const codebook = await readCodebook(model.codebookFile ?? '');

function quality(data: Dataset, ids: readonly string[], rankings: readonly (readonly string[])[]): number {
  return mean(ids.map((id, i) => ndcg([...(rankings[i] ?? [])], data.qrels.get(id) ?? new Map(), DEPTH)));
}

const counter = steps.some(({ wins }) => wins > 0)
  ? await WinCounter.create(
      codebook.dimension,
      values.train === ''
        ? codebook.centroids
        : await trainingQueryTokens(model, values.train, Number(values.queries)),
    )
  : null;

const losses = new Map<string, number[]>();
for (const name of collections) {
  const folder = join(cache, name);
  const data = readDataset(join(values.data ?? '', name));
  const cached = readCached(folder);
  const { dimension } = cached;
  const passages = cached.passages.map((passage) => passage.vectors);
  const queries = cached.queries.map((query) => query.vectors);
  const ids = cached.queries.map((query) => query.id);
  const floatFile = join(folder, 'float.json');
  if (!existsSync(floatFile)) {
    const reference = await FloatReference.create(dimension);
    reference.setQueries(queries);
    for (let at = 0; at < passages.length; at += BATCH)
      await reference.add(
        passages
          .slice(at, at + BATCH)
          .map((vectors, i) => ({ id: cached.passages[at + i]?.document ?? '', vectors })),
      );
    writeFileSync(
      floatFile,
      JSON.stringify(
        quality(
          data,
          ids,
          queries.map((_, i) => reference.ranking(i, DEPTH)),
        ),
      ),
    );
  }
  const float = JSON.parse(readFileSync(floatFile, 'utf8')) as number;
  const total = passages.reduce((sum, vectors) => sum + vectors.length / dimension, 0);
  const tokens = cached.passages.reduce((sum, passage) => sum + passage.tokens, 0);
  console.log(
    `${name}: ${passages.length} passages, ${total} vectors of ${tokens} tokens, float nDCG@10 ${float.toFixed(4)}`,
  );
  const won: Uint32Array[] = [];
  if (counter !== null) for (const vectors of passages) won.push(await counter.count(vectors));
  for (const { bits, pooling, wins } of steps) {
    const codec = createCodec({ codebook, bits });
    const { index } = createIndex({ codebook, bits, threads: 1 });
    const left =
      wins === 0
        ? cached.passages
        : cached.passages.map((passage, i) => ({
            ...passage,
            vectors: winning(passage.vectors, won[i] ?? new Uint32Array(0), wins),
          }));
    const unpooled = left.reduce((sum, { vectors }) => sum + vectors.length / dimension, 0);
    const kept = await fillIndex(index, codec, { passages: left, dimension }, pooling);
    const rankings: string[][] = [];
    for (const query of queries) {
      const hits = await index.search(query, { k: 200, exhaustive: true });
      rankings.push(
        [...new Set(hits.map((hit) => cached.passages[hit.key]?.document ?? ''))].slice(0, DEPTH),
      );
    }
    index.close();
    const found = quality(data, ids, rankings);
    const bytes = (kept * ((dimension * bits) / 8 + 3)) / total;
    const dropped =
      wins === 0 ? '' : `, ${wins} wins (${((100 * (total - unpooled)) / total).toFixed(1)} % dropped)`;
    const step = `${bits} bits, pooling ${pooling}${wins === 0 ? '' : `, ${wins} wins`}`;
    losses.set(step, [...(losses.get(step) ?? []), float - found]);
    console.log(
      `  ${step}${dropped}: nDCG@10 ${found.toFixed(4)}, lost ${(100 * (float - found)).toFixed(2)} points, ${bytes.toFixed(1)} bytes a vector before pooling`,
    );
  }
}
for (const [step, lost] of losses)
  console.log(`${step}: lost ${(100 * mean(lost)).toFixed(2)} points on average`);
