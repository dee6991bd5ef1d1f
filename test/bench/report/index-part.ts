/**
 * The native index alone:
 *   index-part.ts resampled HOME QUERIES N    N passages resampled from the index in HOME with measured noise
 *   index-part.ts filters HOME QUERIES        all passages of HOME, with and without filters
 *   index-part.ts tokens HOME                 tokens behind the vectors of HOME, before pooling
 *   index-part.ts peers HOME QUERIES N FOLDER the first N passages of HOME; leaves their float vectors in FOLDER
 * QUERIES is a JSON array of texts. Prints one JSON object. See main.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import type { IndexHit, MultivectorIndex } from '../../../app/contract/vectors.ts';
import { quantile } from '../../../app/eval/metrics.ts';
import { NativeIndex } from '../../../app/index/native-index.ts';
import { createCodec, createIndex } from '../../../app/index/open-index.ts';
import { generator, resampler } from './resample.ts';
import { countTokens, encodeQueries, made, RawFile, storedMultivectors } from './vectors.ts';

const K = 10;
const [phase, home = '', queryFile = '', wanted = '1000', folder = ''] = process.argv.slice(2);
const count = Number(wanted);
const queries = queryFile === '' ? [] : (JSON.parse(readFileSync(queryFile, 'utf8')) as string[]);
const parts = await made(home === '' ? undefined : home);
const { model, codebook, bits } = parts;
const codec = createCodec({ codebook, bits });

/** Lets merging catch up, so that it is not timed as part of a search. */
async function settled(index: MultivectorIndex): Promise<void> {
  if (index instanceof NativeIndex) await index.settle();
}

async function timed(
  index: MultivectorIndex,
  vectors: readonly Float32Array[],
  exhaustive: boolean,
  allow?: Uint32Array,
): Promise<{ p50: number; p95: number; mean: number; hits: IndexHit[][] }> {
  const times: number[] = [];
  const hits: IndexHit[][] = [];
  for (const query of vectors) {
    const from = performance.now();
    hits.push(await index.search(query, { k: K, exhaustive, ...(allow === undefined ? {} : { allow }) }));
    times.push(performance.now() - from);
  }
  const mean = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), mean, hits };
}

function recall(found: readonly IndexHit[][], truth: readonly IndexHit[][]): number {
  let right = 0;
  let all = 0;
  truth.forEach((hits, q) => {
    const keys = new Set(hits.map(({ key }) => key));
    right += (found[q] ?? []).filter(({ key }) => keys.has(key)).length;
    all += keys.size;
  });
  return right / all;
}

async function resample(): Promise<unknown> {
  const { index } = createIndex({ codebook, bits });
  const sources: CompressedMultivector[] = [];
  for await (const { multivector } of storedMultivectors(home, parts, count)) sources.push(multivector);
  const copies = resampler(codebook, codec, bits);
  const random = generator(11);
  const from = performance.now();
  for (let key = 0; key < count; key += 1) {
    const source = sources[key % sources.length];
    if (source === undefined) break;
    index.add(key, key < sources.length ? source : copies.make(source, random));
    if (key % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  await settled(index);
  const addSeconds = (performance.now() - from) / 1000;
  const vectors = await encodeQueries(model, queries);
  await timed(index, vectors.slice(0, 20), false);
  const pruned = await timed(index, vectors, false);
  const sample = vectors.filter((_, i) => i % Math.max(1, Math.floor(vectors.length / 25)) === 0);
  const truth = await timed(index, sample, true);
  const again = await timed(index, sample, false);
  const stats = index.stats();
  index.close();
  return {
    passages: stats.passages,
    vectors: stats.vectors,
    meanCosineOfCopies: copies.meanCosine(sources),
    addSeconds,
    queries: queries.length,
    p50: pruned.p50,
    p95: pruned.p95,
    exhaustiveP50: truth.p50,
    exhaustiveQueries: sample.length,
    recall: recall(again.hits, truth.hits),
    bytes: stats.bytes,
    bytesPerVector: stats.bytes / stats.vectors,
    kernel: stats.kernel,
    peakMemory: process.resourceUsage().maxRSS * 1024,
  };
}

/** Share of the passages that a filter lets through: drawn one by one, or one stretch as a folder is. */
const FILTERS = [0.5, 0.1, 0.01, 0.001];

async function filters(): Promise<unknown> {
  const { index } = createIndex({ codebook, bits });
  const keys: number[] = [];
  for await (const { pid, multivector } of storedMultivectors(home, parts, Number.POSITIVE_INFINITY)) {
    index.add(pid, multivector);
    keys.push(pid);
    if (keys.length % 1000 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  keys.sort((a, b) => a - b);
  await settled(index);
  const vectors = await encodeQueries(model, queries);
  await timed(index, vectors.slice(0, 20), false);
  const told = ({ p50, p95 }: { p50: number; p95: number }) => ({ p50, p95 });
  const none = told(await timed(index, vectors, false));
  const rows: unknown[] = [];
  const random = generator(3);
  for (const share of FILTERS) {
    const count = Math.round(share * keys.length);
    const from = Math.floor((keys.length - count) / 2);
    const kinds = {
      scattered: keys.filter(() => random() < share),
      stretch: keys.slice(from, from + count),
    };
    for (const [kind, allowed] of Object.entries(kinds)) {
      const allow = Uint32Array.from(allowed);
      const pruned = await timed(index, vectors, false, allow);
      const sample = vectors.filter((_, i) => i % Math.max(1, Math.floor(vectors.length / 25)) === 0);
      const truth = await timed(index, sample, true, allow);
      const again = await timed(index, sample, false, allow);
      rows.push({ share, kind, ...told(pruned), recall: recall(again.hits, truth.hits) });
    }
  }
  index.close();
  return { passages: keys.length, none, filters: rows };
}

async function peers(): Promise<unknown> {
  const threads = availableParallelism();
  const one = createIndex({ codebook, bits, threads: 1 }).index;
  const all = createIndex({ codebook, bits, threads }).index;
  const file = await RawFile.create(join(folder, 'vectors.f32'));
  const lengths: number[] = [];
  const order = new Map<number, number>();
  for await (const { pid, multivector } of storedMultivectors(home, parts, count)) {
    order.set(pid, lengths.length);
    one.add(lengths.length, multivector);
    all.add(lengths.length, multivector);
    lengths.push(multivector.count);
    await file.append(codec.decompress(multivector));
  }
  await file.close();
  await settled(one);
  await settled(all);
  const vectors = await encodeQueries(model, queries);
  const queriesOut = await RawFile.create(join(folder, 'queries.f32'));
  for (const query of vectors) await queriesOut.append(query);
  await queriesOut.close();
  const dimension = codebook.dimension;
  for (const index of [one, all]) {
    await timed(index, vectors.slice(0, 20), false);
    await timed(index, vectors.slice(0, 3), true);
  }
  const prunedOne = await timed(one, vectors, false);
  const prunedAll = await timed(all, vectors, false);
  const exactOne = await timed(one, vectors, true);
  const exactAll = await timed(all, vectors, true);
  writeFileSync(
    join(folder, 'peers.json'),
    JSON.stringify({
      dimension,
      lengths,
      queryLengths: vectors.map((query) => query.length / dimension),
      truth: exactAll.hits.map((hits) => hits.map(({ key, score }) => [key, score])),
    }),
  );
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  const queryTokens = vectors.reduce((sum, query) => sum + query.length / dimension, 0) / vectors.length;
  const rate = (ms: number): number => (tokens * queryTokens * dimension) / ms / 1e6;
  const told = ({ p50, p95, mean }: typeof exactOne) => ({ p50, p95, mean });
  const result = {
    passages: lengths.length,
    tokens,
    queryTokens,
    threads,
    kernel: one.stats().kernel,
    pruned: {
      oneThread: told(prunedOne),
      allThreads: told(prunedAll),
      recall: recall(prunedAll.hits, exactAll.hits),
    },
    exhaustive: {
      oneThread: { ...told(exactOne), gmacPerSecond: rate(exactOne.mean) },
      allThreads: { ...told(exactAll), gmacPerSecond: rate(exactAll.mean) },
    },
  };
  one.close();
  all.close();
  return result;
}

const report =
  phase === 'resampled'
    ? await resample()
    : phase === 'tokens'
      ? { tokens: await countTokens(home, parts) }
      : phase === 'filters'
        ? await filters()
        : await peers();
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
