/**
 * How many centroids: codebooks of several sizes, fitted to one sample, on one corpus.
 *
 *   node scripts/with-node.mjs test/bench/centroids.ts fit HOME OUT --sizes 8192,16384,32768,65536 --sample 2000000
 *   node scripts/with-node.mjs test/bench/centroids.ts compress HOME OUT --sizes …
 *   node scripts/with-node.mjs test/bench/centroids.ts search OUT QUERIES --sizes … --passages 100000,1000000
 *
 * HOME is one that the benchmark has indexed (its vectors are what is compressed again), OUT a folder for codebooks and
 * multivectors, QUERIES a JSON array of texts. `fit` and `compress` may run on a busy machine; `search` times searches.
 * Prints a JSON object a size. Passages beyond the corpus are resampled as in the benchmark.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { CompressedMultivector } from '../../app/contract/passage.ts';
import type { MultivectorIndex } from '../../app/contract/vectors.ts';
import { quantile } from '../../app/eval/metrics.ts';
import { type Codebook, readCodebook, serializeCodebook } from '../../app/index/codebook.ts';
import { fitCodebook } from '../../app/index/fit-codebook.ts';
import { NativeIndex } from '../../app/index/native-index.ts';
import { createCodec, createIndex } from '../../app/index/open-index.ts';
import { generator, resampler } from './report/resample.ts';
import { encodeQueries, made, RawFile, storedMultivectors } from './report/vectors.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sizes: { type: 'string', default: '8192,16384,32768,65536' },
    sample: { type: 'string', default: '2000000' },
    iterations: { type: 'string', default: '5' },
    passages: { type: 'string', default: '100000,1000000' },
  },
});
const [phase, first = '', second = ''] = positionals;
const sizes = values.sizes.split(',').map(Number);
const BATCH = 256;
const K = 10;
/** What a search of the app asks for. */
const CANDIDATES = { k: 100 };
const WARM = 20;
const EXHAUSTIVE = 100;

const codebookFile = (out: string, size: number): string => join(out, `codebook-${size}.safetensors`);

/** What is stored is of length 1 only within the steps of its scale. */
function normalised(vectors: Float32Array, dimension: number): Float32Array {
  for (let from = 0; from < vectors.length; from += dimension) {
    const row = vectors.subarray(from, from + dimension);
    const length = Math.hypot(...row);
    row.forEach((value, d) => {
      row[d] = value / length;
    });
  }
  return vectors;
}

async function fitAll(home: string, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const parts = await made(home);
  const codec = createCodec(parts);
  const { dimension } = parts.codebook;
  const count = Number(values.sample);
  const sample = new Float32Array(count * dimension);
  const random = generator(5);
  let taken = 0;
  const all: CompressedMultivector[] = [];
  let vectors = 0;
  for await (const { multivector } of storedMultivectors(home, parts, Number.POSITIVE_INFINITY)) {
    all.push(multivector);
    vectors += multivector.count;
  }
  // Passages are taken whole, as many as it needs of all alike.
  for (const multivector of all) {
    if (random() > (1.02 * count) / vectors || taken + multivector.count > count) continue;
    sample.set(normalised(codec.decompress(multivector), dimension), taken * dimension);
    taken += multivector.count;
  }
  for (const size of sizes) {
    if (existsSync(codebookFile(out, size))) continue;
    const from = performance.now();
    const codebook = await fitCodebook(sample.subarray(0, taken * dimension), {
      dimension,
      size,
      iterations: Number(values.iterations),
    });
    writeFileSync(codebookFile(out, size), serializeCodebook(codebook));
    console.log(
      JSON.stringify({ size, sample: taken, seconds: Math.round((performance.now() - from) / 1000) }),
    );
  }
}

/** Compresses the vectors of HOME anew with each codebook; one file a size: count, centroids, residuals, scales of each. */
async function compress(home: string, out: string): Promise<void> {
  const parts = await made(home);
  const source = createCodec(parts);
  for (const size of sizes) {
    const codebook = await readCodebook(codebookFile(out, size));
    const codec = createCodec({ codebook, bits: parts.bits });
    const file = await RawFile.create(join(out, `multivectors-${size}.bin`));
    let vectors = 0;
    let cosine = 0;
    let compared = 0;
    let batch: { vectors: Float32Array; count: number }[] = [];
    const flush = async (): Promise<void> => {
      const compressed = await codec.compressBatch(batch);
      for (const [i, multivector] of compressed.entries()) {
        await file.append(packed(multivector));
        vectors += multivector.count;
        if (i > 0) continue;
        const again = codec.decompress(multivector);
        batch[0]?.vectors.forEach((value, at) => {
          cosine += value * (again[at] ?? 0);
        });
        compared += multivector.count;
      }
      batch = [];
    };
    for await (const { multivector } of storedMultivectors(home, parts, Number.POSITIVE_INFINITY)) {
      const vectors = normalised(source.decompress(multivector), codebook.dimension);
      batch.push({ vectors, count: multivector.count });
      if (batch.length === BATCH) await flush();
    }
    if (batch.length > 0) await flush();
    await file.close();
    console.log(JSON.stringify({ size, vectors, meanCosine: cosine / compared }));
  }
}

function packed({ count, centroids, residuals, scales }: CompressedMultivector): Uint32Array {
  const bytes = 8 + 2 * count + residuals.length + count;
  const words = new Uint32Array(Math.ceil(bytes / 4));
  words[0] = count;
  words[1] = residuals.length;
  const target = new Uint8Array(words.buffer);
  target.set(new Uint8Array(centroids.buffer, centroids.byteOffset, 2 * count), 8);
  target.set(residuals, 8 + 2 * count);
  target.set(scales, 8 + 2 * count + residuals.length);
  return words;
}

function unpacked(file: string): CompressedMultivector[] {
  const bytes = readFileSync(file);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const all: CompressedMultivector[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = view.getUint32(at, true);
    const width = view.getUint32(at + 4, true);
    const residualsAt = at + 8 + 2 * count;
    all.push({
      count,
      centroids: new Uint16Array(
        bytes.buffer.slice(bytes.byteOffset + at + 8, bytes.byteOffset + residualsAt),
      ),
      residuals: bytes.subarray(residualsAt, residualsAt + width),
      scales: bytes.subarray(residualsAt + width, residualsAt + width + count),
    });
    at += 4 * Math.ceil((8 + 3 * count + width) / 4);
  }
  return all;
}

async function fill(
  index: MultivectorIndex,
  codebook: Codebook,
  bits: 2 | 3 | 4,
  sources: readonly CompressedMultivector[],
  passages: number,
): Promise<void> {
  const copies = resampler(codebook, createCodec({ codebook, bits }), bits);
  const random = generator(11);
  for (let key = 0; key < passages; key += 1) {
    const source = sources[key % sources.length];
    if (source === undefined) break;
    index.add(key, key < sources.length ? source : copies.make(source, random));
    if (key % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  if (index instanceof NativeIndex) await index.settle();
}

/** Vectors that one thread compresses a second; most of it is the search for the nearest centroid. */
async function compressionRate(
  codebook: Codebook,
  bits: 2 | 3 | 4,
  sources: readonly CompressedMultivector[],
): Promise<number> {
  const codec = createCodec({ codebook, bits });
  const batch = sources.slice(0, BATCH).map((source) => ({
    vectors: normalised(codec.decompress(source), codebook.dimension),
    count: source.count,
  }));
  const vectors = batch.reduce((sum, { count }) => sum + count, 0);
  const times: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const from = performance.now();
    await codec.compressBatch(batch);
    times.push(performance.now() - from);
  }
  return Math.round((1000 * vectors) / quantile(times, 0.5));
}

async function search(out: string, queryFile: string): Promise<void> {
  const { model, bits } = await made();
  const queries = await encodeQueries(model, JSON.parse(readFileSync(queryFile, 'utf8')) as string[]);
  for (const size of sizes) {
    const codebook = await readCodebook(codebookFile(out, size));
    const sources = unpacked(join(out, `multivectors-${size}.bin`));
    for (const passages of values.passages.split(',').map(Number)) {
      const { index } = createIndex({ codebook, bits });
      await fill(index, codebook, bits, sources, passages);
      const timed = async (wanted: { k: number }): Promise<Record<string, number>> => {
        for (const query of queries.slice(0, WARM)) await index.search(query, wanted);
        const times: number[] = [];
        for (const query of queries) {
          const from = performance.now();
          await index.search(query, wanted);
          times.push(performance.now() - from);
        }
        let found = 0;
        let right = 0;
        const step = Math.max(1, Math.floor(queries.length / EXHAUSTIVE));
        for (let q = 0; q < queries.length; q += step) {
          const query = queries[q] ?? new Float32Array(0);
          const truth = await index.search(query, { k: K, exhaustive: true });
          const keys = new Set((await index.search(query, wanted)).slice(0, K).map(({ key }) => key));
          right += truth.length;
          found += truth.filter(({ key }) => keys.has(key)).length;
        }
        return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), recall: found / right };
      };
      const ten = await timed({ k: K });
      const candidates = await timed(CANDIDATES);
      const stats = index.stats();
      index.close();
      console.log(
        JSON.stringify({
          size,
          passages: stats.passages,
          bytesPerVector: stats.bytes / stats.vectors,
          compressedPerSecond: await compressionRate(codebook, bits, sources),
          ten,
          candidates,
        }),
      );
    }
  }
}

if (phase === 'fit') await fitAll(first, second);
else if (phase === 'compress') await compress(first, second);
else if (phase === 'search') await search(first, second);
else throw new Error('give fit, compress or search');
