import { type InferenceSession, Tensor } from 'onnxruntime-node';
import { makeNode } from '../../app/encode/onnx-proto.ts';
import { openGraph } from './graph.ts';

/** Passage vectors multiplied with all queries at once. */
const SLICE_VECTORS = 4096;

/** Exhaustive MaxSim in float32 over all queries at once, by one matrix product per slice of passages. */
export class FloatReference {
  readonly #dimension: number;
  readonly #session: InferenceSession;
  #queries: Tensor | null = null;
  #queryOffsets: number[] = [];
  /** Best score by document id, one map per query. */
  #best: Map<string, number>[] = [];

  private constructor(dimension: number, session: InferenceSession) {
    this.#dimension = dimension;
    this.#session = session;
  }

  static async create(dimension: number): Promise<FloatReference> {
    const session = await openGraph(
      [makeNode('MatMul', ['passages', 'queries'], ['products'])],
      [
        ['passages', 'float', ['t', dimension]],
        ['queries', 'float', [dimension, 'q']],
      ],
      [['products', 'float', ['t', 'q']]],
    );
    return new FloatReference(dimension, session);
  }

  /** Vectors of each query, row-major tokens × dimension. */
  setQueries(queries: readonly Float32Array[]): void {
    const rows = queries.reduce((sum, query) => sum + query.length / this.#dimension, 0);
    const transposed = new Float32Array(rows * this.#dimension);
    let row = 0;
    this.#queryOffsets = [0];
    for (const query of queries) {
      for (let at = 0; at < query.length; at += this.#dimension, row += 1) {
        for (let d = 0; d < this.#dimension; d += 1) transposed[d * rows + row] = query[at + d] ?? 0;
      }
      this.#queryOffsets.push(row);
    }
    this.#queries = new Tensor('float32', transposed, [this.#dimension, rows]);
    this.#best = queries.map(() => new Map());
  }

  async add(passages: readonly { readonly id: string; readonly vectors: Float32Array }[]): Promise<void> {
    let slice: typeof passages = [];
    let vectors = 0;
    for (const passage of passages) {
      const count = passage.vectors.length / this.#dimension;
      if (vectors + count > SLICE_VECTORS && slice.length > 0) {
        await this.#score(slice);
        slice = [];
        vectors = 0;
      }
      slice = [...slice, passage];
      vectors += count;
    }
    if (slice.length > 0) await this.#score(slice);
  }

  ranking(query: number, depth: number): string[] {
    return [...(this.#best[query] ?? [])]
      .toSorted((a, b) => b[1] - a[1])
      .slice(0, depth)
      .map(([id]) => id);
  }

  async #score(passages: readonly { readonly id: string; readonly vectors: Float32Array }[]): Promise<void> {
    if (this.#queries === null) throw new Error('setQueries comes first');
    const total = passages.reduce((sum, passage) => sum + passage.vectors.length, 0);
    const all = new Float32Array(total);
    let at = 0;
    for (const passage of passages) {
      all.set(passage.vectors, at);
      at += passage.vectors.length;
    }
    const { products } = await this.#session.run({
      passages: new Tensor('float32', all, [total / this.#dimension, this.#dimension]),
      queries: this.#queries,
    });
    if (products === undefined) throw new Error('no product');
    const data = products.data as Float32Array;
    const columns = this.#queryOffsets.at(-1) ?? 0;
    const best = new Float32Array(columns);
    let row = 0;
    for (const passage of passages) {
      best.fill(Number.NEGATIVE_INFINITY);
      for (let i = 0; i < passage.vectors.length / this.#dimension; i += 1, row += 1) {
        const from = row * columns;
        for (let q = 0; q < columns; q += 1) {
          const value = data[from + q] as number;
          if (value > (best[q] as number)) best[q] = value;
        }
      }
      this.#best.forEach((scores, query) => {
        let sum = 0;
        for (let q = this.#queryOffsets[query] ?? 0; q < (this.#queryOffsets[query + 1] ?? 0); q += 1)
          sum += best[q] as number;
        if (sum > (scores.get(passage.id) ?? Number.NEGATIVE_INFINITY)) scores.set(passage.id, sum);
      });
    }
    products.dispose();
  }
}
