import { describe, expect, it } from 'vitest';
import type { Bits } from '../../../app/index/codebook.ts';
import { type Codec, TypeScriptCodec } from '../../../app/index/codec.ts';
import { groupsOfGroups } from '../../../app/index/dropping.ts';
import { NativeCodec } from '../../../app/index/native-codec.ts';
import { pool } from '../../../app/index/pooling.ts';
import { scaleTables } from '../../../app/index/scale-byte.ts';
import { concat, makeCodebook, randomNumbers, requireAddon, topicalPassage, unitVector } from './support.ts';

const addon = await requireAddon();
const codebook = makeCodebook(96, 500);

function cosine(a: Float32Array, b: Float32Array, start: number, dimension: number): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let d = start; d < start + dimension; d += 1) {
    dot += (a[d] ?? 0) * (b[d] ?? 0);
    aa += (a[d] ?? 0) ** 2;
    bb += (b[d] ?? 0) ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

const kinds: [string, (bits: Bits) => Codec][] = [
  ['typescript', (bits) => new TypeScriptCodec(codebook, bits)],
];
if (addon !== null) kinds.push(['native', (bits) => new NativeCodec(addon, codebook, bits)]);

describe.each(kinds)('the %s codec', (_, create) => {
  it.each([
    [4, 0.985],
    [3, 0.975],
    [2, 0.95],
  ] as const)('keeps vectors at %i bits', (bits, closeness) => {
    const codec = create(bits);
    const passage = topicalPassage(randomNumbers(3), codebook, 1, 60);
    const compressed = codec.compress(passage);
    expect(compressed.count).toBe(60);
    expect(compressed.residuals).toHaveLength((60 * 96 * bits) / 8);
    const vectors = codec.decompress(compressed);
    let sum = 0;
    for (let v = 0; v < 60; v += 1) {
      sum += cosine(vectors, passage.vectors, v * 96, 96);
      const norm = Math.hypot(...vectors.subarray(v * 96, (v + 1) * 96));
      expect(Math.abs(norm - 1)).toBeLessThan(0.012);
    }
    expect(sum / 60).toBeGreaterThan(closeness);
  });

  it('gives a batch the same bytes as single passages', async () => {
    const codec = create(4);
    const random = randomNumbers(5);
    const passages = [1, 7, 150, 33].map((count, topic) => topicalPassage(random, codebook, topic, count));
    const batch = await codec.compressBatch(passages);
    expect(batch).toEqual(passages.map((passage) => codec.compress(passage)));
    expect(await codec.compressBatch([])).toEqual([]);
  });

  const vector = unitVector(randomNumbers(9), 96);
  it.each([
    ['a wrong width', { vectors: vector.subarray(1), count: 1 }, 'vectors'],
    ['a wrong count', { vectors: vector, count: 2 }, 'vectors'],
    ['no vectors', { vectors: new Float32Array(0), count: 0 }, 'count'],
    ['a fraction as count', { vectors: vector, count: 0.5 }, 'count'],
    ['NaN', { vectors: vector.map((value, d) => (d === 40 ? Number.NaN : value)), count: 1 }, 'vectors'],
    ['infinity', { vectors: vector.with(3, Number.POSITIVE_INFINITY), count: 1 }, 'vectors'],
    ['a zero vector', { vectors: new Float32Array(96), count: 1 }, 'vectors'],
    ['a vector that is too long', { vectors: vector.map((value) => value * 1.1), count: 1 }, 'vectors'],
    ['doubles', { vectors: Float64Array.from(vector) as unknown as Float32Array, count: 1 }, 'vectors'],
  ])('refuses %s', async (_name, passage, subject) => {
    const codec = create(4);
    expect(() => codec.compress(passage)).toThrow(expect.objectContaining({ code: 'bad-vector', subject }));
    await expect(codec.compressBatch([passage])).rejects.toMatchObject({ code: 'bad-vector', subject });
  });

  it('refuses to decompress what does not fit', () => {
    const codec = create(4);
    const compressed = codec.compress(topicalPassage(randomNumbers(3), codebook, 1, 5));
    expect(() => codec.decompress({ ...compressed, count: 6 })).toThrow(
      expect.objectContaining({ code: 'bad-vector' }),
    );
    const centroids = compressed.centroids.with(2, 500);
    expect(() => codec.decompress({ ...compressed, centroids })).toThrow(
      expect.objectContaining({ code: 'bad-vector', subject: 'multivector.centroids' }),
    );
  });
});

describe('both codecs', () => {
  it.skipIf(addon === null).each([48, 96, 128])('give the same bytes at dimension %i', (dimension) => {
    if (addon === null) return;
    const own = makeCodebook(dimension, 200, 7);
    for (const bits of [2, 3, 4] as const) {
      const native = new NativeCodec(addon, own, bits);
      const typescript = new TypeScriptCodec(own, bits);
      const random = randomNumbers(bits);
      for (const noise of [0.1, 0.5, 3]) {
        const passage = topicalPassage(random, own, 2, 70, noise);
        expect(native.compress(passage)).toEqual(typescript.compress(passage));
      }
      const vectors = concat(Array.from({ length: 50 }, () => unitVector(random, dimension)));
      const passage = { vectors, count: 50 };
      expect(native.compress(passage)).toEqual(typescript.compress(passage));
    }
  });

  it('choose the lowest of equally near centroids', () => {
    const twins = makeCodebook(16, 64);
    twins.centroids.copyWithin(40 * 16, 3 * 16, 4 * 16);
    const passage = { vectors: twins.centroids.slice(3 * 16, 4 * 16), count: 1 };
    expect(new TypeScriptCodec(twins, 4).compress(passage).centroids[0]).toBe(3);
    if (addon !== null) expect(new NativeCodec(addon, twins, 4).compress(passage).centroids[0]).toBe(3);
  });
});

describe('the scale byte', () => {
  it.each([
    [2, 0.91],
    [3, 0.965],
    [4, 0.985],
  ] as const)('keeps the direction of residuals of any length at %i bits', (bits, closeness) => {
    const codec = new TypeScriptCodec(codebook, bits);
    for (const noise of [0.2, 0.5, 1, 2, 6]) {
      const passage = topicalPassage(randomNumbers(11), codebook, 1, 40, noise);
      const vectors = codec.decompress(codec.compress(passage));
      let sum = 0;
      for (let v = 0; v < 40; v += 1) sum += cosine(vectors, passage.vectors, v * 96, 96);
      expect(sum / 40).toBeGreaterThan(closeness);
    }
  });

  it('rises by a quarter of an octave, and its borders lie between', () => {
    const { scales, scaleBorders, inverseNorms, normBorders } = scaleTables(96, 2);
    for (let byte = 16; byte < 256; byte += 1)
      expect((scales[byte] ?? 0) / (scales[byte - 16] ?? 1)).toBeCloseTo(2 ** 0.25, 5);
    expect(inverseNorms[8]).toBe(1);
    expect(scaleBorders).toEqual(scaleBorders.toSorted());
    expect(normBorders).toEqual(normBorders.toSorted().toReversed());
  });
});

describe('pooling', () => {
  const random = randomNumbers(21);
  const passages = [1, 2, 3, 50, 600].map((count, topic) =>
    topicalPassage(random, codebook, topic, count, 0.6),
  );

  it.each(kinds)('by the %s codec is the same and keeps close vectors together', async (_, create) => {
    for (const factor of [1, 1.5, 3]) {
      const pooled = await create(2).poolBatch(passages, factor);
      expect(pooled).toEqual(passages.map((passage) => pool(passage.vectors, 96, factor)));
      for (const [i, { count, vectors, groups }] of pooled.entries()) {
        const before = passages[i];
        if (before === undefined) continue;
        expect(vectors).toHaveLength(count * 96);
        expect(groups).toHaveLength(before.count);
        expect(new Set(groups).size).toBe(count);
        if (before.count <= 512) expect(count).toBe(Math.ceil(before.count / factor));
        if (factor === 1) expect(Math.max(...groups)).toBe(before.count - 1);
      }
    }
  });

  it('joins twins before anything else', () => {
    const base = Array.from({ length: 6 }, () => unitVector(random, 96));
    const order = [0, 1, 2, 0, 3, 4, 5, 2];
    const vectors = concat(order.map((i) => base[i] ?? new Float32Array(96)));
    expect(Array.from(pool(vectors, 96, 8 / 6).groups)).toEqual([0, 1, 2, 0, 3, 4, 5, 2]);
  });
});

describe('leaving out what seldom wins', () => {
  const random = randomNumbers(33);
  const passages = [1, 2, 40, 300].map((count, topic) => topicalPassage(random, codebook, topic, count, 0.6));

  /** For each vector the centroids whose dot product with it is the highest in the passage, by the definition. */
  function winsOf({ vectors, count }: { vectors: Float32Array; count: number }): number[] {
    const wins = new Array<number>(count).fill(0);
    for (let c = 0; c < codebook.size; c += 1) {
      let best = 0;
      let highest = Number.NEGATIVE_INFINITY;
      for (let v = 0; v < count; v += 1) {
        let dot = 0;
        for (let d = 0; d < 96; d += 1)
          dot += (vectors[v * 96 + d] ?? 0) * (codebook.centroids[c * 96 + d] ?? 0);
        if (dot > highest + 1e-9) [highest, best] = [dot, v];
      }
      wins[best] = (wins[best] ?? 0) + 1;
    }
    return wins;
  }

  it.each(kinds)('by the %s codec keeps the others as they were', async (_, create) => {
    for (const least of [1, 5, 1000]) {
      const left = await create(2).dropBatch(passages, least);
      for (const [i, { count, vectors, groups }] of left.entries()) {
        const before = passages[i];
        if (before === undefined) continue;
        const wins = winsOf(before);
        const winners = [...wins.keys()].filter((v) => (wins[v] ?? 0) >= least);
        const kept = winners.length > 0 ? winners : [wins.indexOf(Math.max(...wins))];
        expect(count).toBe(kept.length);
        expect(vectors).toEqual(concat(kept.map((v) => before.vectors.subarray(v * 96, (v + 1) * 96))));
        kept.forEach((v, row) => {
          expect(groups[v]).toBe(row);
        });
        for (let v = 0; v < before.count; v += 1) {
          const own = before.vectors.subarray(v * 96, (v + 1) * 96);
          const to = (row: number) => cosine(own, vectors.subarray(row * 96, (row + 1) * 96), 0, 96);
          const nearest = Math.max(...kept.map((_kept, row) => to(row)));
          expect(to(groups[v] ?? -1)).toBeCloseTo(nearest, 5);
        }
      }
    }
    expect(await create(2).dropBatch([], 5)).toEqual([]);
  });

  it.each(kinds)('by the %s codec is the same as by any other', async (_, create) => {
    const left = await create(4).dropBatch(passages, 3);
    expect(left).toEqual(await new TypeScriptCodec(codebook, 2).dropBatch(passages, 3));
    expect(left.some(({ count }, i) => count < (passages[i]?.count ?? 0))).toBe(true);
  });

  it('and pooling after it still count every token to a vector that stands for it', async () => {
    const codec = new TypeScriptCodec(codebook, 2);
    const left = await codec.dropBatch(passages, 3);
    const pooled = await codec.poolBatch(left, 2);
    pooled.forEach((part, i) => {
      const first = left[i];
      if (first === undefined) return;
      const both = groupsOfGroups(first, part);
      expect(both.vectors).toBe(part.vectors);
      expect(both.groups).toHaveLength(passages[i]?.count ?? 0);
      expect(new Set(both.groups).size).toBe(part.count);
      first.groups.forEach((group, token) => {
        expect(both.groups[token]).toBe(part.groups[group]);
      });
    });
  });
});
