import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { createEncoder } from '../../app/encode/encoder.ts';
import { makeNode } from '../../app/encode/onnx-proto.ts';
import type { ModelPackage } from '../../app/encode/package.ts';
import { openGraph } from './graph.ts';
import { readJsonl } from './report/corpus.ts';

/** Vectors of query tokens from training pairs, row-major, as many queries from each source. */
export async function trainingQueryTokens(
  model: ModelPackage,
  folder: string,
  queries: number,
): Promise<Float32Array> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl.gz'))
    .toSorted();
  const encoder = await createEncoder({ package: model, threads: 1 });
  const rows: Float32Array[] = [];
  for (const name of files) {
    const pairs = readJsonl<{ query: string }>(join(folder, name));
    const wanted = Math.ceil(queries / files.length);
    const step = Math.max(1, Math.floor(pairs.length / wanted));
    for (let at = 0; at < pairs.length && at < wanted * step; at += step)
      rows.push((await encoder.encodeQuery(pairs[at]?.query ?? '')).vectors);
  }
  await encoder.close();
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}

/**
 * Counts how often each token vector of a passage is the best match of a query token: those that never are could be
 * left out without any of these queries noticing (Lassance et al. 2021 prune by such statistics).
 */
export class WinCounter {
  readonly #dimension: number;
  readonly #session: InferenceSession;
  readonly #queries: Tensor;

  private constructor(dimension: number, session: InferenceSession, queries: Tensor) {
    this.#dimension = dimension;
    this.#session = session;
    this.#queries = queries;
  }

  /** @param queryTokens row-major tokens × dimension */
  static async create(dimension: number, queryTokens: Float32Array): Promise<WinCounter> {
    const session = await openGraph(
      [
        makeNode('Transpose', ['passage'], ['columns']),
        makeNode('MatMul', ['queries', 'columns'], ['products']),
        makeNode('TopK', ['products', 'one'], ['best', 'winners']),
      ],
      [
        ['queries', 'float', ['q', dimension]],
        ['passage', 'float', ['t', dimension]],
        ['one', 'int64', [1]],
      ],
      [['winners', 'int64', ['q', 1]]],
    );
    const queries = new Tensor('float32', queryTokens, [queryTokens.length / dimension, dimension]);
    return new WinCounter(dimension, session, queries);
  }

  /** @param vectors of a passage, row-major tokens × dimension */
  async count(vectors: Float32Array): Promise<Uint32Array> {
    const tokens = vectors.length / this.#dimension;
    const { winners } = await this.#session.run({
      queries: this.#queries,
      passage: new Tensor('float32', vectors, [tokens, this.#dimension]),
      one: new Tensor('int64', BigInt64Array.of(1n), [1]),
    });
    const wins = new Uint32Array(tokens);
    for (const token of (winners?.data ?? []) as BigInt64Array) {
      const at = Number(token);
      wins[at] = (wins[at] ?? 0) + 1;
    }
    winners?.dispose();
    return wins;
  }
}

/** The vectors that won `least` times or more; the most winning one where none did. */
export function winning(vectors: Float32Array, wins: Uint32Array, least: number): Float32Array {
  const dimension = vectors.length / wins.length;
  const kept = [...wins.keys()].filter((token) => (wins[token] ?? 0) >= least);
  if (kept.length === 0) kept.push(wins.indexOf(Math.max(...wins)));
  const rows = new Float32Array(kept.length * dimension);
  kept.forEach((token, row) => {
    rows.set(vectors.subarray(token * dimension, (token + 1) * dimension), row * dimension);
  });
  return rows;
}
