import { setImmediate } from 'node:timers/promises';
import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector } from '../contract/passage.ts';
import type {
  Alignment,
  ChanceLevel,
  IndexHit,
  IndexSearchOptions,
  IndexStats,
  MatchedHits,
  MultivectorIndex,
} from '../contract/vectors.ts';
import type { Bits, Codebook } from './codebook.ts';
import {
  checkArray,
  checkCount,
  checkKey,
  checkMultivector,
  checkQuery,
  checkSearchOptions,
  checkWeights,
  refuse,
} from './guard.ts';
import {
  CentroidTable,
  centroidScore,
  maxSimilarities,
  type ScoringContext,
  weightedScore,
} from './maxsim.ts';
import { quantiseQuery } from './query.ts';
import { packedWidth } from './residual.ts';
import { sampleKeys } from './sampling.ts';
import { scaleTables } from './scale-byte.ts';

/** Multiply-adds between two turns of the event loop, a few milliseconds' worth. */
const SLICE = 4_000_000;

/** How many of the best passages by centroids alone are scored exactly. */
function candidateCount(k: number): number {
  return Math.max(512, 32 * k);
}

/** A passage with its key, or with the row that it fills. */
type Entry = readonly [number: number, passage: CompressedMultivector];

interface Scored {
  readonly hit: IndexHit;
  /** Of each query token, its best. */
  readonly similarity: Float32Array;
}

function byRank(a: IndexHit, b: IndexHit): number {
  return b.score - a.score || a.key - b.key;
}

/** The index in plain TypeScript: the same numbers as the native one, for machines where that can't be built. */
export class TypeScriptIndex implements MultivectorIndex {
  readonly #codebook: Codebook;
  readonly #bits: Bits;
  readonly #packedWidth: number;
  readonly #passages = new Map<number, CompressedMultivector>();
  #vectors = 0;
  #closed = false;

  constructor(codebook: Codebook, bits: Bits) {
    this.#codebook = codebook;
    this.#bits = bits;
    this.#packedWidth = packedWidth(codebook.dimension, bits);
  }

  add(key: number, multivector: CompressedMultivector): void {
    this.#checkOpen();
    checkKey(key);
    checkMultivector(multivector, {
      dimension: this.#codebook.dimension,
      packedWidth: this.#packedWidth,
      size: this.#codebook.size,
    });
    this.remove(key);
    this.#vectors += multivector.count;
    this.#passages.set(key, {
      count: multivector.count,
      centroids: multivector.centroids.slice(),
      residuals: multivector.residuals.slice(),
      scales: multivector.scales.slice(),
    });
  }

  remove(key: number): boolean {
    this.#checkOpen();
    const passage = this.#passages.get(checkKey(key));
    if (passage === undefined) return false;
    this.#vectors -= passage.count;
    return this.#passages.delete(key);
  }

  has(key: number): boolean {
    this.#checkOpen();
    return this.#passages.has(checkKey(key));
  }

  async search(query: Float32Array, options: IndexSearchOptions): Promise<IndexHit[]> {
    return (await this.#search(query, options)).map(({ hit }) => hit);
  }

  async searchMatches(query: Float32Array, options: IndexSearchOptions): Promise<MatchedHits> {
    const found = await this.#search(query, options);
    const tokens = query.length / this.#codebook.dimension;
    const matches = new Float32Array(found.length * tokens);
    found.forEach(({ similarity }, i) => {
      matches.set(similarity, i * tokens);
    });
    return { hits: found.map(({ hit }) => hit), matches };
  }

  async #search(query: Float32Array, options: IndexSearchOptions): Promise<Scored[]> {
    this.#checkOpen();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkSearchOptions(options, tokens);
    const { k, exhaustive = false } = options;
    const weights = options.weights?.slice();
    if (options.signal?.aborted) throw new PassimError('cancelled', 'the search was cancelled');
    if (k === 0 || (weights !== undefined && !weights.some((weight) => weight > 0))) return [];
    const context = this.#context(query.slice());
    const entries = this.#entries(options.allow);
    const wanted = candidateCount(k);
    const candidates =
      exhaustive || entries.length <= wanted
        ? entries
        : await this.#byCentroids(entries, context, weights, wanted, options.signal);
    const best = new Uint32Array(tokens);
    const scored: Scored[] = [];
    const perVector = tokens * this.#codebook.dimension;
    await inSlices(candidates, perVector, options.signal, ([key, passage]) => {
      const similarity = new Float32Array(tokens);
      maxSimilarities(passage, context, similarity, best);
      scored.push({ hit: { key, score: weightedScore(similarity, weights) }, similarity });
    });
    return scored.sort((a, b) => byRank(a.hit, b.hit)).slice(0, k);
  }

  score(query: Float32Array, keys: Uint32Array, weights?: Float32Array): Float32Array {
    this.#checkOpen();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    checkWeights(weights, tokens);
    const context = this.#context(query);
    const similarity = new Float32Array(tokens);
    const best = new Uint32Array(tokens);
    return Float32Array.from(keys, (key) => {
      const passage = this.#passages.get(key);
      if (passage === undefined) return Number.NaN;
      maxSimilarities(passage, context, similarity, best);
      return weightedScore(similarity, weights);
    });
  }

  async matches(query: Float32Array, keys: Uint32Array): Promise<Float32Array> {
    this.#checkOpen();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    const context = this.#context(query.slice());
    const matches = new Float32Array(keys.length * tokens).fill(Number.NaN);
    const best = new Uint32Array(tokens);
    const rows = Array.from(keys, (key, row) => ({ row, passage: this.#passages.get(key) }));
    const entries = rows.flatMap(({ row, passage }): Entry[] =>
      passage === undefined ? [] : [[row, passage]],
    );
    await inSlices(entries, query.length, undefined, ([row, passage]) => {
      maxSimilarities(passage, context, matches.subarray(row * tokens, (row + 1) * tokens), best);
    });
    return matches;
  }

  align(query: Float32Array, keys: Uint32Array): (Alignment | null)[] {
    this.#checkOpen();
    const tokens = checkQuery(query, this.#codebook.dimension);
    checkArray(keys, Uint32Array, 'keys');
    const context = this.#context(query);
    return Array.from(keys, (key) => {
      const passage = this.#passages.get(key);
      if (passage === undefined) return null;
      const similarity = new Float32Array(tokens);
      const best = new Uint32Array(tokens);
      maxSimilarities(passage, context, similarity, best);
      return { best, similarity };
    });
  }

  async chance(query: Float32Array, sample: number): Promise<ChanceLevel> {
    this.#checkOpen();
    const tokens = checkQuery(query, this.#codebook.dimension);
    const keys = Uint32Array.from(sampleKeys(this.#passages.keys(), checkCount(sample, 'sample')));
    const context = this.#context(query.slice());
    const similarity = new Float32Array(tokens);
    const best = new Uint32Array(tokens);
    const sum = new Float64Array(tokens);
    const squares = new Float64Array(tokens);
    await inSlices(this.#entries(keys), query.length, undefined, ([, passage]) => {
      maxSimilarities(passage, context, similarity, best);
      similarity.forEach((value, i) => {
        sum[i] = (sum[i] ?? 0) + value;
        squares[i] = (squares[i] ?? 0) + value * value;
      });
    });
    const count = Math.max(1, keys.length);
    const mean = Float32Array.from(sum, (value) => value / count);
    const deviation = Float32Array.from(squares, (value, i) =>
      Math.sqrt(Math.max(0, value / count - ((sum[i] ?? 0) / count) ** 2)),
    );
    return { mean, deviation, sampled: keys.length };
  }

  stats(): IndexStats {
    const perVector = 2 + this.#packedWidth + 1;
    return {
      kind: 'typescript',
      kernel: 'typescript',
      passages: this.#passages.size,
      vectors: this.#vectors,
      bytes: this.#vectors * perVector + this.#codebook.centroids.byteLength,
    };
  }

  close(): void {
    this.#closed = true;
    this.#passages.clear();
    this.#vectors = 0;
  }

  #checkOpen(): void {
    if (this.#closed) throw refuse('index', 'is closed');
  }

  #context(query: Float32Array): ScoringContext {
    const quantised = quantiseQuery(query, this.#codebook.dimension);
    return {
      query: quantised,
      table: new CentroidTable(quantised, this.#codebook),
      bits: this.#bits,
      packedWidth: this.#packedWidth,
      tables: scaleTables(this.#codebook.dimension, this.#bits),
    };
  }

  #entries(allow: Uint32Array | undefined): Entry[] {
    if (allow === undefined) return [...this.#passages];
    const entries: Entry[] = [];
    for (const key of allow) {
      const passage = this.#passages.get(key);
      if (passage !== undefined) entries.push([key, passage]);
    }
    return entries;
  }

  async #byCentroids(
    entries: readonly Entry[],
    context: ScoringContext,
    weights: Float32Array | undefined,
    wanted: number,
    signal: AbortSignal | undefined,
  ): Promise<Entry[]> {
    const { tokens } = context.query;
    const scratch = new Float32Array(tokens);
    const scored: { entry: Entry; score: number }[] = [];
    await inSlices(entries, tokens, signal, (entry) => {
      scored.push({ entry, score: centroidScore(entry[1], context, weights, scratch) });
    });
    scored.sort((a, b) => b.score - a.score);
    return scored.slice(0, wanted).map(({ entry }) => entry);
  }
}

/** Runs `task` over the entries, letting the event loop turn in between. */
async function inSlices(
  entries: readonly Entry[],
  costPerVector: number,
  signal: AbortSignal | undefined,
  task: (entry: Entry) => void,
): Promise<void> {
  let work = 0;
  for (const entry of entries) {
    task(entry);
    work += entry[1].count * costPerVector;
    if (work < SLICE) continue;
    work = 0;
    await setImmediate();
    if (signal?.aborted) throw new PassimError('cancelled', 'the search was cancelled');
  }
}
