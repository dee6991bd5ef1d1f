/**
 * The native index by itself: query times by stage, recall against exhaustive search, work with filters, and the
 * snapshot on the disk, over passages resampled from those that cache-vectors.ts has encoded.
 *
 *   node scripts/with-node.mjs test/bench/index.ts CACHE COLLECTION... [--passages 100000] [--bits 3] [--pooling 1.4] [--queries 60]
 *     [--noise 0.3] [--threads 1] [--k 10,200] [--recalls 0.99,0.97]
 *
 * A resampled passage is a real one whose token vectors are moved by noise of that length and brought back to
 * length 1, so that passages keep their structure and no two are equal. The first passages are the real ones.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { mean, quantile } from '../../app/eval/metrics.ts';
import { loadAddon, type SearchWork } from '../../app/index/addon.ts';
import { type Bits, readCodebook } from '../../app/index/codebook.ts';
import { NativeIndex } from '../../app/index/native-index.ts';
import { createCodec } from '../../app/index/open-index.ts';
import { IndexSnapshot } from '../../app/index/snapshot.ts';
import { readCached } from './cached.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    passages: { type: 'string', default: '100000' },
    bits: { type: 'string', default: '3' },
    pooling: { type: 'string', default: '1.4' },
    queries: { type: 'string', default: '60' },
    noise: { type: 'string', default: '0.3' },
    threads: { type: 'string', default: '1' },
    k: { type: 'string', default: '10,200' },
    recalls: { type: 'string', default: '' },
  },
});
const [cache = '', ...collections] = positionals;
const bits = Number(values.bits) as Bits;
const pooling = Number(values.pooling);
const total = Number(values.passages);
const BATCH = 64;
const model = await loadModelPackage(defaultModelFolder());
const codebook = await readCodebook(model.codebookFile ?? '');
const codec = createCodec({ codebook, bits });
const { addon } = loadAddon();
if (addon === null) throw new Error('the native index is not built');

const real: Float32Array[] = [];
const queries: Float32Array[] = [];
for (const name of collections) {
  const cached = readCached(join(cache, name));
  for (const { vectors } of cached.passages) real.push(vectors);
  for (const { vectors } of cached.queries) queries.push(vectors);
}

let state = 1;
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
};
function moved(vectors: Float32Array, noise: number): Float32Array {
  const { dimension } = codebook;
  const out = new Float32Array(vectors.length);
  // Uniform noise of this standard deviation a dimension; its sum over the dimensions is close to normal.
  const width = (noise / Math.sqrt(dimension)) * Math.sqrt(12);
  for (let at = 0; at < vectors.length; at += dimension) {
    let squared = 0;
    for (let d = at; d < at + dimension; d += 1) {
      out[d] = (vectors[d] ?? 0) + (random() - 0.5) * width;
      squared += (out[d] ?? 0) ** 2;
    }
    const inverse = 1 / Math.sqrt(squared);
    for (let d = at; d < at + dimension; d += 1) out[d] = (out[d] ?? 0) * inverse;
  }
  return out;
}

const index = new NativeIndex(addon, codebook, bits, {
  threads: Number(values.threads),
});
const checksums = new Uint32Array(total);
/** Vectors before pooling. */
let before = 0;
for (let at = 0; at < total; at += BATCH) {
  const batch = Array.from({ length: Math.min(BATCH, total - at) }, (_, i) => {
    const source = real[(at + i) % real.length] ?? new Float32Array(0);
    const vectors = at + i < real.length ? source : moved(source, Number(values.noise));
    return { vectors, count: vectors.length / codebook.dimension };
  });
  const pooled = pooling === 1 ? batch : await codec.poolBatch(batch, pooling);
  before += batch.reduce((sum, { count }) => sum + count, 0);
  (await codec.compressBatch(pooled)).forEach((multivector, i) => {
    checksums[at + i] = at + i;
    index.add(at + i, multivector, at + i);
  });
}
await index.settle();
const built = index.stats();
console.log(
  `${built.passages} passages, ${built.vectors} vectors of ${before} at ${bits} bits, ${(built.bytes / built.vectors).toFixed(1)} bytes each in memory, kernel ${built.kernel}`,
);

// The snapshot.
const folder = mkdtempSync(join(tmpdir(), 'passim-bench-snapshot-'));
const snapshot = new IndexSnapshot(index, folder);
let from = performance.now();
await snapshot.save();
const saveMs = performance.now() - from;
const bytes = await snapshot.bytes();
const again = new NativeIndex(addon, codebook, bits, { threads: Number(values.threads) });
from = performance.now();
const { missing } = await new IndexSnapshot(again, folder).load({
  pids: Uint32Array.from({ length: total }, (_, i) => i),
  checksums,
});
console.log(
  `snapshot: ${(bytes / built.vectors).toFixed(2)} bytes a vector, ${(bytes / before).toFixed(2)} before pooling, saved in ${saveMs.toFixed(0)} ms, mapped in ${(performance.now() - from).toFixed(0)} ms (${missing.length} missing), ${(again.stats().bytes / built.vectors).toFixed(2)} bytes a vector left in memory`,
);
again.close();

const step = Math.max(1, Math.floor(queries.length / Number(values.queries)));
const asked = queries.filter((_, i) => i % step === 0).slice(0, Number(values.queries));
for (const query of asked.slice(0, 5)) await index.search(query, { k: 10 });
const truths: number[][] = [];
const exhaustive: number[] = [];
for (const query of asked) {
  from = performance.now();
  truths.push((await index.search(query, { k: 200, exhaustive: true })).map((hit) => hit.key));
  exhaustive.push(performance.now() - from);
}
console.log(`exhaustive: p50 ${quantile(exhaustive, 0.5).toFixed(1)} ms`);

async function measure(name: string, k: number, allow?: Uint32Array, recall?: number): Promise<void> {
  const times: number[] = [];
  const works: SearchWork[] = [];
  const recalls: number[] = [];
  const tops: number[] = [];
  for (const [i, query] of asked.entries()) {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < 3; round += 1) {
      from = performance.now();
      const { hits, work } = await index.searchMeasured(query, {
        k,
        ...(allow === undefined ? {} : { allow }),
        ...(recall === undefined ? {} : { recall }),
      });
      const took = performance.now() - from;
      if (took < best) {
        best = took;
        works[i] = work;
      }
      if (round > 0 || allow !== undefined) continue;
      const found = new Set(hits.map((hit) => hit.key));
      const share = (depth: number): number =>
        (truths[i] ?? []).slice(0, depth).filter((key) => found.has(key)).length / depth;
      recalls.push(share(k));
      tops.push(share(10));
    }
    times.push(best);
  }
  const middle = (of: (work: SearchWork) => number): string =>
    quantile(works.map(of), 0.5).toFixed(name === '' ? 0 : 1);
  console.log(
    `${name}, k ${k}: p50 ${quantile(times, 0.5).toFixed(1)} p95 ${quantile(times, 0.95).toFixed(1)} ms` +
      (recalls.length === 0
        ? ''
        : `, recall@${k} ${mean(recalls).toFixed(4)}, of the first ten ${mean(tops).toFixed(4)}`) +
      `; table ${middle((w) => w.table)} lists ${middle((w) => w.lists)} estimate ${middle((w) => w.estimate)} score ${middle((w) => w.score)} ms` +
      `; ${middle((w) => w.postings)} postings, ${middle((w) => w.estimated)} estimated, ${middle((w) => w.scored)} scored`,
  );
}
for (const k of values.k.split(',').map(Number)) await measure('all passages', k);
for (const recall of values.recalls.split(',').filter(Boolean).map(Number))
  await measure(`all passages, wanting ${recall}`, 200, undefined, recall);
for (const share of [0.5, 0.1, 0.01])
  await measure(
    `a filter that keeps ${share}`,
    200,
    Uint32Array.from({ length: total }, (_, i) => i).filter(() => random() < share),
  );
index.close();
rmSync(folder, { recursive: true, force: true });
process.exit(0);
