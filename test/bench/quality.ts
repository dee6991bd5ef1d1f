/**
 * Retrieval quality through the engine, beside an exhaustive reference in float32 of the same model over the same
 * passages (a document scores as its best passage).
 *
 *   node scripts/with-node.mjs test/bench/quality.ts COLLECTION... [--json] [--keep FOLDER] [--model FOLDER] [--bits 2|4] [--pooling 1]
 *
 * COLLECTION is a folder in the BEIR layout, plain or gzipped.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { SearchRequest } from '../../app/contract/search.ts';
import { settingsSchema } from '../../app/contract/settings.ts';
import { createEncoder } from '../../app/encode/encoder.ts';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { type Dataset, readDataset } from '../../app/eval/dataset.ts';
import { measureRun } from '../../app/eval/evaluate.ts';
import { mean, quantile } from '../../app/eval/metrics.ts';
import type { Run, ScoredDocument } from '../../app/eval/trec.ts';
import { Retriever } from '../../app/index.ts';
import { asExtracted } from '../../app/retriever/documents.ts';
import { encodeWhole } from '../../app/search/encode-query.ts';
import { chunkDocument } from '../../app/text/chunk.ts';
import { FloatReference } from './float-reference.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    keep: { type: 'string' },
    model: { type: 'string' },
    bits: { type: 'string' },
    pooling: { type: 'string' },
    'no-reference': { type: 'boolean', default: false },
  },
});

interface Figures {
  'ndcg@10': number;
  'mrr@10': number;
  'recall@10': number;
  'recall@100': number;
  p50ms?: number;
  p95ms?: number;
}

const DEPTH = 100;

function figures(data: Dataset, rankings: Run, times: readonly number[]): Figures {
  const values = measureRun(data, rankings);
  return {
    'ndcg@10': mean(values['ndcg@10']),
    'mrr@10': mean(values['mrr@10']),
    'recall@10': mean(values['recall@10']),
    'recall@100': mean(values['recall@100']),
    ...(times.length === 0 ? {} : { p50ms: quantile(times, 0.5), p95ms: quantile(times, 0.95) }),
  };
}

async function run(
  retriever: Retriever,
  data: Dataset,
  ranker: SearchRequest['ranker'],
  exhaustive: boolean,
): Promise<Figures> {
  const rankings = new Map<string, readonly ScoredDocument[]>();
  const times: number[] = [];
  for (const query of data.queries) {
    const from = performance.now();
    rankings.set(query.id, await retriever.rank(query.text, DEPTH, { ranker, exhaustive, literal: true }));
    times.push(performance.now() - from);
  }
  return figures(data, rankings, times);
}

/** The same passages, encoded in float32 and scored exhaustively. */
async function reference(data: Dataset, modelFolder: string): Promise<Figures> {
  const model = await loadModelPackage(modelFolder);
  const encoder = await createEncoder({ package: model });
  const scorer = await FloatReference.create(encoder.dimension);
  const queries = [];
  for (const query of data.queries) queries.push((await encodeWhole(query.text.trim(), encoder)).vectors);
  scorer.setQueries(queries);
  const SLICE = 64;
  for (let at = 0; at < data.documents.length; at += SLICE) {
    const drafts = data.documents.slice(at, at + SLICE).flatMap((document) =>
      chunkDocument(asExtracted({ id: document.id, title: document.title, content: document.text }), {
        measure: (text) => encoder.countTokens(text),
      }).map((draft) => ({ id: document.id, text: draft.context + draft.text })),
    );
    const encoded = await encoder.encodePassages(drafts.map((draft) => draft.text));
    await scorer.add(
      drafts.map((draft, i) => ({ id: draft.id, vectors: encoded[i]?.vectors ?? new Float32Array(0) })),
    );
  }
  const rankings = new Map(
    data.queries.map((query, i) => [
      query.id,
      scorer.ranking(i, DEPTH).map((id, place) => ({ id, score: -place })),
    ]),
  );
  await encoder.close();
  return figures(data, rankings, []);
}

const setting = settingsSchema.parse({
  ...(values.bits === undefined ? {} : { bits: Number(values.bits) }),
  ...(values.pooling === undefined ? {} : { pooling: Number(values.pooling) }),
});
const report: Record<string, unknown> = {};
for (const folder of positionals) {
  const data = readDataset(folder);
  const directory =
    values.keep === undefined
      ? mkdtempSync(join(tmpdir(), 'passim-quality-'))
      : join(values.keep, basename(folder));
  const modelFolder = values.model ?? defaultModelFolder();
  const retriever = await Retriever.open({
    directory,
    model: modelFolder,
    bits: setting.bits,
    pooling: setting.pooling,
  });
  const from = performance.now();
  await retriever.add(
    data.documents.map((document) => ({ id: document.id, title: document.title, content: document.text })),
  );
  const indexSeconds = (performance.now() - from) / 1000;
  const result = {
    documents: data.documents.length,
    queries: data.queries.length,
    indexSeconds,
    maxsim: await run(retriever, data, 'maxsim', false),
    exhaustive: await run(retriever, data, 'maxsim', true),
    bm25: await run(retriever, data, 'bm25', false),
    dense: await run(retriever, data, 'dense', false),
    fused: await run(retriever, data, 'fused', false),
    ...(values['no-reference'] ? {} : { float: await reference(data, modelFolder) }),
  };
  await retriever.close();
  if (values.keep === undefined) rmSync(directory, { recursive: true, force: true });
  report[basename(folder)] = result;
  if (!values.json) {
    console.log(
      `${basename(folder)}: ${result.documents} documents, ${result.queries} queries, indexed in ${indexSeconds.toFixed(1)} s`,
    );
    for (const name of ['float', 'exhaustive', 'maxsim', 'bm25', 'dense', 'fused'] as const) {
      const row = result[name as keyof typeof result] as Figures | undefined;
      if (row === undefined) continue;
      const cells = Object.entries(row).map(
        ([key, value]) => `${key} ${value.toFixed(key.endsWith('ms') ? 1 : 4)}`,
      );
      console.log(`  ${name.padEnd(11)} ${cells.join('  ')}`);
    }
  }
}
if (values.json) console.log(JSON.stringify(report, null, 2));
process.exit(0);
