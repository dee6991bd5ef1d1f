import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MultivectorIndex } from '../../app/contract/vectors.ts';
import type { Codec } from '../../app/index/codec.ts';

const BATCH = 64;

/** A collection that cache-vectors.ts has encoded; vectors are row-major in float32. */
export interface CachedCollection {
  readonly dimension: number;
  readonly passages: readonly {
    readonly document: string;
    readonly vectors: Float32Array;
    /** Tokens the model read. */
    readonly tokens: number;
  }[];
  readonly queries: readonly { readonly id: string; readonly vectors: Float32Array }[];
}

interface Stored {
  readonly dimension: number;
  readonly passages: readonly {
    readonly document: string;
    readonly vectors: number;
    readonly tokens: number;
  }[];
  readonly queries: readonly { readonly id: string; readonly tokens: number }[];
}

/** @param folder as cache-vectors.ts leaves it */
export function readCached(folder: string): CachedCollection {
  const { dimension, passages, queries } = JSON.parse(
    readFileSync(join(folder, 'index.json'), 'utf8'),
  ) as Stored;
  const passageRows = rows(
    floats(join(folder, 'vectors.f32')),
    passages.map((passage) => passage.vectors),
    dimension,
  );
  const queryRows = rows(
    floats(join(folder, 'queries.f32')),
    queries.map((query) => query.tokens),
    dimension,
  );
  return {
    dimension,
    passages: passages.map(({ document, tokens }, i) => ({
      document,
      tokens,
      vectors: passageRows[i] ?? new Float32Array(0),
    })),
    queries: queries.map(({ id }, i) => ({ id, vectors: queryRows[i] ?? new Float32Array(0) })),
  };
}

/** Adds passages to an index as the engine does, under their places as keys. @returns vectors that were kept */
export async function fillIndex(
  index: MultivectorIndex,
  codec: Codec,
  { passages, dimension }: Pick<CachedCollection, 'passages' | 'dimension'>,
  pooling: number,
): Promise<number> {
  let kept = 0;
  for (let at = 0; at < passages.length; at += BATCH) {
    const batch = passages
      .slice(at, at + BATCH)
      .map(({ vectors }) => ({ vectors, count: vectors.length / dimension }));
    const pooled = pooling === 1 ? batch : await codec.poolBatch(batch, pooling);
    (await codec.compressBatch(pooled)).forEach((multivector, i) => {
      index.add(at + i, multivector);
      kept += multivector.count;
    });
  }
  return kept;
}

function floats(file: string): Float32Array {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
}

/** Rows of `counts[i]` vectors each. */
function rows(all: Float32Array, counts: readonly number[], dimension: number): Float32Array[] {
  let at = 0;
  return counts.map((count) => {
    const own = all.subarray(at, at + count * dimension);
    at += count * dimension;
    return own;
  });
}
