import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import type { Alignment, IndexHit, MultivectorIndex } from '../../../app/contract/vectors.ts';
import type { Bits, Codebook } from '../../../app/index/codebook.ts';
import { decompress } from '../../../app/index/codec.ts';
import { weightedScore } from '../../../app/index/maxsim.ts';
import { NativeIndex } from '../../../app/index/native-index.ts';
import { createCodec } from '../../../app/index/open-index.ts';
import { TypeScriptIndex } from '../../../app/index/typescript-index.ts';
import {
  concat,
  floatMaxSim,
  makeCodebook,
  near,
  randomMultivector,
  randomNumbers,
  requireAddon,
  topicalPassage,
  unitVector,
} from './support.ts';

const addon = await requireAddon();

type Create = (codebook: Codebook, bits: Bits) => MultivectorIndex;
const kinds: [string, Create][] = [['typescript', (codebook, bits) => new TypeScriptIndex(codebook, bits)]];
if (addon !== null)
  kinds.push(['native', (codebook, bits) => new NativeIndex(addon, codebook, bits, { threads: 2 })]);

function queryOf(random: () => number, tokens: number, dimension: number): Float32Array {
  return concat(Array.from({ length: tokens }, () => unitVector(random, dimension)));
}

function alignmentOf(index: MultivectorIndex, query: Float32Array, key: number): Alignment {
  const [alignment] = index.align(query, Uint32Array.of(key));
  if (alignment == null) throw new Error(`no passage ${key}`);
  return alignment;
}

/** The answer by definition: MaxSim in double precision over every reconstructed passage. */
function byDefinition(
  passages: ReadonlyMap<number, CompressedMultivector>,
  codebook: Codebook,
  bits: Bits,
  query: Float32Array,
  weights?: Float32Array,
): Map<number, number> {
  const scores = new Map<number, number>();
  for (const [key, passage] of passages) {
    const best = floatMaxSim(query, decompress(passage, codebook, bits), codebook.dimension);
    scores.set(
      key,
      best.reduce((sum, value, i) => sum + value * (weights?.[i] ?? 1), 0),
    );
  }
  return scores;
}

describe.each(kinds)('the %s index', (_, create) => {
  const shapes: [number, Bits][] = [
    [48, 4],
    [96, 4],
    [96, 2],
    [128, 2],
  ];
  it.each(shapes)(
    'scores as MaxSim over the reconstruction, dimension %i, %i bits',
    async (dimension, bits) => {
      const codebook = makeCodebook(dimension, 300);
      const codec = createCodec({ codebook, bits });
      const random = randomNumbers(dimension + bits);
      const index = create(codebook, bits);
      const passages = new Map<number, CompressedMultivector>();
      for (let key = 10; key < 130; key += 1) {
        const passage =
          key % 2 === 0
            ? codec.compress(topicalPassage(random, codebook, key % 9, 1 + (key % 50)))
            : randomMultivector(random, codebook, bits, 1 + (key % 50));
        passages.set(key, passage);
        index.add(key, passage);
      }
      for (const tokens of [1, 16, 21]) {
        const query = queryOf(random, tokens, dimension);
        const weights = Float32Array.from({ length: tokens }, (_, i) => [1, 0.5, -1, 0, 2][i % 5] ?? 1);
        const scores = byDefinition(passages, codebook, bits, query, weights);
        const hits = await index.search(query, { k: 1000, exhaustive: true, weights });
        expect(hits.map((hit) => hit.key).toSorted((a, b) => a - b)).toEqual([...passages.keys()]);
        for (const hit of hits) expect(Math.abs(hit.score - (scores.get(hit.key) ?? 0))).toBeLessThan(1e-4);
        for (let i = 1; i < hits.length; i += 1)
          expect(hits[i - 1]?.score).toBeGreaterThanOrEqual(hits[i]?.score ?? 0);
        const keys = Uint32Array.from(hits, (hit) => hit.key);
        expect([...index.score(query, keys, weights)]).toEqual(hits.map((hit) => hit.score));
        for (const options of [{ k: 1000, exhaustive: true, weights }, { k: 7, weights }, { k: 1000 }]) {
          const matched = await index.searchMatches(query, options);
          expect(matched.hits).toEqual(await index.search(query, options));
          const found = Uint32Array.from(matched.hits, (hit) => hit.key);
          expect(found.length).toBe(Math.min(options.k, passages.size));
          expect(matched.matches).toEqual(await index.matches(query, found));
          expect(
            matched.hits.map((_, i) =>
              weightedScore(matched.matches.subarray(i * tokens, (i + 1) * tokens), options.weights),
            ),
          ).toEqual(matched.hits.map((hit) => hit.score));
        }
        const rows = await index.matches(query, Uint32Array.of(12, 5));
        expect([...rows.subarray(0, tokens)]).toEqual([...alignmentOf(index, query, 12).similarity]);
        expect(rows.subarray(tokens).every(Number.isNaN)).toBe(true);
      }
      index.close();
    },
  );

  it('aligns each query token with the first of its best vectors', () => {
    const codebook = makeCodebook(48, 60);
    const random = randomNumbers(2);
    const index = create(codebook, 4);
    const single = randomMultivector(random, codebook, 4, 9);
    const twice = {
      count: 18,
      centroids: Uint16Array.of(...single.centroids, ...single.centroids),
      residuals: Uint8Array.of(...single.residuals, ...single.residuals),
      scales: Uint8Array.of(...single.scales, ...single.scales),
    };
    index.add(4, twice);
    const query = queryOf(random, 7, 48);
    const { best, similarity } = alignmentOf(index, query, 4);
    const vectors = decompress(single, codebook, 4);
    expect(best).toHaveLength(7);
    floatMaxSim(query, vectors, 48).forEach((value, i) => {
      expect(similarity[i]).toBeCloseTo(value, 4);
      const at = best[i] ?? 99;
      expect(at).toBeLessThan(9);
      const own = floatMaxSim(query.slice(i * 48, (i + 1) * 48), vectors.slice(at * 48, (at + 1) * 48), 48);
      expect(own[0]).toBeCloseTo(value, 4);
    });
    expect(similarity.reduce((sum, value) => sum + value, 0)).toBeCloseTo(
      index.score(query, Uint32Array.of(4))[0] ?? 0,
      4,
    );
    expect(index.align(query, Uint32Array.of(5, 4, 4))).toEqual([
      null,
      { best, similarity },
      { best, similarity },
    ]);
    expect(index.align(query, new Uint32Array(0))).toEqual([]);
    index.close();
  });

  it('says what each token finds by chance', async () => {
    const codebook = makeCodebook(48, 60);
    const random = randomNumbers(3);
    const index = create(codebook, 4);
    const query = queryOf(random, 3, 48);
    expect((await index.chance(query, 10)).sampled).toBe(0);
    const all: number[][] = [];
    for (let key = 0; key < 40; key += 1) {
      const passage = randomMultivector(random, codebook, 4, 5);
      index.add(key, passage);
      all.push(floatMaxSim(query, decompress(passage, codebook, 4), 48));
    }
    const level = await index.chance(query, 1000);
    expect(level.sampled).toBe(40);
    for (let i = 0; i < 3; i += 1) {
      const values = all.map((best) => best[i] ?? 0);
      const mean = values.reduce((sum, value) => sum + value, 0) / 40;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 40;
      expect(level.mean[i]).toBeCloseTo(mean, 4);
      expect(level.deviation[i]).toBeCloseTo(Math.sqrt(variance), 4);
    }
    expect(await index.chance(query, 12)).toEqual(await index.chance(query, 12));
    expect((await index.chance(query, 12)).sampled).toBe(12);
    index.close();
  });

  it('orders equal scores by key, and takes any k', async () => {
    const codebook = makeCodebook(16, 20);
    const random = randomNumbers(4);
    const index = create(codebook, 2);
    const query = queryOf(random, 2, 16);
    expect(await index.search(query, { k: 5 })).toEqual([]);
    const passage = randomMultivector(random, codebook, 2, 3);
    for (const key of [9, 4_294_967_295, 0, 70_000, 3]) index.add(key, passage);
    const keys = async (k: number) => (await index.search(query, { k })).map((hit) => hit.key);
    expect(await keys(100)).toEqual([0, 3, 9, 70_000, 4_294_967_295]);
    expect(await keys(2)).toEqual([0, 3]);
    expect(await keys(0)).toEqual([]);
    expect(await index.searchMatches(query, { k: 0 })).toEqual({ hits: [], matches: new Float32Array(0) });
    expect(await keys(4_000_000_000)).toHaveLength(5);
    index.close();
  });

  it('searches only the keys that are allowed', async () => {
    const codebook = makeCodebook(48, 60);
    const random = randomNumbers(6);
    const index = create(codebook, 4);
    for (let key = 0; key < 5000; key += 1) index.add(key, randomMultivector(random, codebook, 4, 4));
    const query = queryOf(random, 4, 48);
    for (const step of [1, 2, 50, 1700]) {
      const allow = Uint32Array.from({ length: Math.ceil(5000 / step) }, (_, i) => i * step);
      const scores = index.score(query, allow);
      const expected = [...allow]
        .map((key, i) => ({ key, score: scores[i] ?? 0 }))
        .toSorted((a, b) => b.score - a.score || a.key - b.key);
      expect(await index.search(query, { k: 20, allow, exhaustive: true })).toEqual(expected.slice(0, 20));
      const pruned = await index.search(query, { k: 20, allow });
      expect(pruned).toHaveLength(Math.min(20, allow.length));
      for (const hit of pruned) expect(hit.key % step).toBe(0);
      const { hits, matches } = await index.searchMatches(query, { k: 20, allow });
      expect(hits).toEqual(pruned);
      expect(matches).toEqual(
        await index.matches(
          query,
          Uint32Array.from(pruned, (hit) => hit.key),
        ),
      );
    }
    expect(await index.search(query, { k: 20, allow: new Uint32Array(0) })).toEqual([]);
    expect(await index.search(query, { k: 20, allow: Uint32Array.of(9999) })).toEqual([]);
    index.close();
  });

  it('lets muted and negative tokens bring up nothing', async () => {
    const codebook = makeCodebook(48, 60);
    const random = randomNumbers(8);
    const index = create(codebook, 4);
    for (let key = 0; key < 30; key += 1) index.add(key, randomMultivector(random, codebook, 4, 4));
    const query = queryOf(random, 3, 48);
    const none = { k: 5, weights: Float32Array.of(0, -1, 0) };
    expect(await index.search(query, none)).toEqual([]);
    expect(await index.search(query, { ...none, exhaustive: true })).toEqual([]);
    const weights = Float32Array.of(0, 1, 0);
    const hits = await index.search(query, { k: 30, weights });
    const alone = await index.search(query.slice(48, 96), { k: 30 });
    expect(hits).toEqual(alone);
    index.close();
  });

  it('follows a plain map through any updates', async () => {
    const codebook = makeCodebook(16, 30);
    const query = queryOf(randomNumbers(12), 3, 16);
    const update = fc.record({ key: fc.nat(12), vectors: fc.nat(6), seed: fc.nat(1000) });
    await fc.assert(
      fc.asyncProperty(fc.array(update, { maxLength: 60 }), async (updates) => {
        const index = create(codebook, 4);
        const model = new Map<number, CompressedMultivector>();
        for (const { key, vectors, seed } of updates) {
          if (vectors === 0) {
            expect(index.remove(key)).toBe(model.delete(key));
          } else {
            const passage = randomMultivector(randomNumbers(seed), codebook, 4, vectors);
            index.add(key, passage);
            model.set(key, passage);
          }
          expect(index.has(key)).toBe(model.has(key));
        }
        const hits = await index.search(query, { k: 100, exhaustive: true });
        const scores = byDefinition(model, codebook, 4, query);
        expect(new Set(hits.map((hit) => hit.key))).toEqual(new Set(model.keys()));
        for (const hit of hits) expect(hit.score).toBeCloseTo(scores.get(hit.key) ?? 0, 3);
        const { passages, vectors } = index.stats();
        expect(passages).toBe(model.size);
        expect(vectors).toBe([...model.values()].reduce((sum, { count }) => sum + count, 0));
        index.close();
      }),
      { numRuns: 60 },
    );
  });

  it('answers from the moment of the question while passages come and go', async () => {
    const codebook = makeCodebook(48, 100);
    const random = randomNumbers(14);
    const index = create(codebook, 4);
    const query = queryOf(random, 5, 48);
    for (let key = 0; key < 3000; key += 1) index.add(key, randomMultivector(random, codebook, 4, 8));
    const expected = await index.search(query, { k: 50, exhaustive: true });
    const pending: Promise<IndexHit[]>[] = [];
    for (let round = 0; round < 10; round += 1) {
      const before = index.search(query, { k: 50, exhaustive: true });
      for (const { key } of expected) index.remove(key);
      for (let key = 5000; key < 5400; key += 1) index.add(key, randomMultivector(random, codebook, 4, 3));
      const after = index.search(query, { k: 50, exhaustive: true });
      expect(await before).toEqual(round === 0 ? expected : await pending.at(-1));
      const gone = new Set(expected.map((hit) => hit.key));
      expect((await after).some((hit) => gone.has(hit.key))).toBe(false);
      pending.push(index.search(query, { k: 50, exhaustive: true }));
    }
    await Promise.all(pending);
    index.close();
  });

  it('answers for the query and the keys as they were when it was asked', async () => {
    const codebook = makeCodebook(48, 60);
    const random = randomNumbers(12);
    const index = create(codebook, 4);
    for (let key = 0; key < 700; key += 1) index.add(key, randomMultivector(random, codebook, 4, 20));
    const query = queryOf(random, 9, 48);
    const keys = Uint32Array.from({ length: 300 }, (_, i) => 2 * i);
    const ask = (vectors: Float32Array, wanted: Uint32Array) =>
      Promise.all([
        index.matches(vectors, wanted),
        index.chance(vectors, 300),
        index.searchMatches(vectors, { k: 40 }),
      ]);
    const expected = await ask(query, keys);
    const changed = [query.slice(), keys.slice()] as const;
    const pending = ask(...changed);
    changed[0].fill(0.5);
    changed[1].fill(4);
    expect(await pending).toEqual(expected);
    expect(await ask(query.slice(0, 48), keys)).not.toEqual(expected);
    index.close();
  });

  it('can be cancelled', async () => {
    const codebook = makeCodebook(96, 100);
    const random = randomNumbers(15);
    const index = create(codebook, 4);
    for (let key = 0; key < 3000; key += 1) index.add(key, randomMultivector(random, codebook, 4, 20));
    const query = queryOf(random, 30, 96);
    const before = AbortSignal.abort();
    await expect(index.search(query, { k: 5, signal: before })).rejects.toMatchObject({ code: 'cancelled' });
    const controller = new AbortController();
    const search = index.search(query, { k: 5, exhaustive: true, signal: controller.signal });
    controller.abort();
    await expect(search).rejects.toMatchObject({ code: 'cancelled' });
    expect(await index.search(query, { k: 5 })).toHaveLength(5);
    index.close();
  });

  it('refuses calls once it is closed', async () => {
    const codebook = makeCodebook(16, 20);
    const index = create(codebook, 4);
    const passage = randomMultivector(randomNumbers(1), codebook, 4, 2);
    index.add(1, passage);
    index.close();
    index.close();
    const guard = expect.objectContaining({ code: 'native-guard', subject: 'index' });
    expect(() => index.add(1, passage)).toThrow(guard);
    expect(() => index.has(1)).toThrow(guard);
    expect(() => index.score(new Float32Array(16), Uint32Array.of(1))).toThrow(guard);
    await expect(index.search(new Float32Array(16), { k: 1 })).rejects.toEqual(guard);
  });

  it('finds nearly all of the exhaustive ten best without scoring everything', async () => {
    const codebook = makeCodebook(96, 1000);
    const codec = createCodec({ codebook, bits: 4 });
    const random = randomNumbers(16);
    const index = create(codebook, 4);
    const count = index.stats().kind === 'native' ? 6000 : 1500;
    for (let key = 0; key < count; key += 500) {
      const batch = Array.from({ length: 500 }, (_, i) =>
        topicalPassage(random, codebook, (key + i) % 300, 16),
      );
      (await codec.compressBatch(batch)).forEach((passage, i) => {
        index.add(key + i, passage);
      });
    }
    let found = 0;
    let wanted = 0;
    for (let q = 0; q < 12; q += 1) {
      const { vectors } = topicalPassage(random, codebook, q * 11, 8, 0.1);
      const query = concat(
        Array.from({ length: 8 }, (_, i) => near(random, vectors.slice(i * 96, (i + 1) * 96), 0.4)),
      );
      const truth = await index.search(query, { k: 10, exhaustive: true });
      const keys = new Set(truth.map((hit) => hit.key));
      const pruned = await index.search(query, { k: 10 });
      found += pruned.filter((hit) => keys.has(hit.key)).length;
      wanted += truth.length;
    }
    expect(wanted).toBe(120);
    expect(found).toBeGreaterThanOrEqual(119);
    index.close();
  });
});

describe.skipIf(addon === null)('the native and the TypeScript index', () => {
  it.each([2, 3, 4] as const)('give the same numbers to the bit, at %i bits', async (bits) => {
    if (addon === null) return;
    const codebook = makeCodebook(96, 400);
    const codec = createCodec({ codebook, bits });
    const random = randomNumbers(20);
    const native = new NativeIndex(addon, codebook, bits);
    const typescript = new TypeScriptIndex(codebook, bits);
    for (let key = 0; key < 400; key += 1) {
      const passage = codec.compress(topicalPassage(random, codebook, key % 40, 1 + (key % 70)));
      native.add(key * 3, passage);
      typescript.add(key * 3, passage);
    }
    for (const tokens of [1, 12, 33]) {
      const query = queryOf(random, tokens, 96);
      expect(await native.search(query, { k: 50 })).toEqual(await typescript.search(query, { k: 50 }));
      const some = Uint32Array.of(33, 7, 0, 99);
      expect(native.align(query, some)).toEqual(typescript.align(query, some));
      expect(await native.chance(query, 64)).toEqual(await typescript.chance(query, 64));
      const keys = Uint32Array.of(3, 4, 999, 0);
      expect(native.score(query, keys)).toEqual(typescript.score(query, keys));
      expect(await native.matches(query, keys)).toEqual(await typescript.matches(query, keys));
    }
    native.close();
  });

  it('gives memory back', async () => {
    if (addon === null) return;
    const codebook = makeCodebook(96, 100);
    const index = new NativeIndex(addon, codebook, 4);
    const empty = index.stats().bytes;
    const passage = randomMultivector(randomNumbers(1), codebook, 4, 100);
    for (let key = 0; key < 6000; key += 1) index.add(key, passage);
    await index.settle();
    const full = index.stats().bytes - empty;
    expect(full).toBeGreaterThan(6000 * 100 * 51);
    for (let key = 0; key < 6000; key += 1) if (key % 20 !== 0) index.remove(key);
    await index.settle();
    expect(index.stats().bytes - empty).toBeLessThan(full / 10);
    expect(index.stats().passages).toBe(300);
    index.close();
  });
});
