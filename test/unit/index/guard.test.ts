import { describe, expect, it } from 'vitest';
import type { MultivectorIndex } from '../../../app/contract/vectors.ts';
import { nativeCodebook } from '../../../app/index/native-codec.ts';
import { NativeIndex } from '../../../app/index/native-index.ts';
import { scaleTables } from '../../../app/index/scale-byte.ts';
import { TypeScriptIndex } from '../../../app/index/typescript-index.ts';
import { makeCodebook, randomMultivector, randomNumbers, requireAddon, unitVector } from './support.ts';

const addon = await requireAddon();
const codebook = makeCodebook(16, 20);
const random = randomNumbers(1);
const passage = randomMultivector(random, codebook, 4, 3);
const query = unitVector(random, 16);

function detached<T extends Float32Array | Uint8Array | Uint16Array | Uint32Array>(array: T): T {
  structuredClone(array.buffer, { transfer: [array.buffer as ArrayBuffer] });
  return array;
}

const shared = {
  query: new Float32Array(new SharedArrayBuffer(64)),
  centroids: new Uint16Array(new SharedArrayBuffer(6)),
  residuals: new Uint8Array(new SharedArrayBuffer(24)),
  keys: new Uint32Array(new SharedArrayBuffer(4)),
};

/** What must be refused: name, call, field that the error names. */
const refusals: [string, (index: MultivectorIndex) => unknown, string][] = [
  ['a negative key', (index) => index.add(-1, passage), 'key'],
  ['a key beyond 32 bits', (index) => index.add(2 ** 32, passage), 'key'],
  ['a fractional key', (index) => index.remove(1.5), 'key'],
  ['a key that is no number', (index) => index.has('1' as unknown as number), 'key'],
  ['no multivector', (index) => index.add(1, null as never), 'multivector'],
  ['an empty multivector', (index) => index.add(1, { ...passage, count: 0 }), 'multivector.count'],
  ['a count beyond the arrays', (index) => index.add(1, { ...passage, count: 4 }), 'multivector.centroids'],
  [
    'odd residuals',
    (index) => index.add(1, { ...passage, residuals: passage.residuals.subarray(1) }),
    'multivector.residuals',
  ],
  [
    'too few inverse norms',
    (index) => index.add(1, { ...passage, scales: passage.scales.subarray(1) }),
    'multivector.scales',
  ],
  [
    'a centroid that does not exist',
    (index) => index.add(1, { ...passage, centroids: passage.centroids.with(1, 20) }),
    'multivector.centroids',
  ],
  [
    'centroids of another type',
    (index) => index.add(1, { ...passage, centroids: new Uint32Array(3) as never }),
    'multivector.centroids',
  ],
  [
    'shared centroids',
    (index) => index.add(1, { ...passage, centroids: shared.centroids as never }),
    'multivector.centroids',
  ],
  [
    'shared residuals',
    (index) => index.add(1, { ...passage, residuals: shared.residuals as never }),
    'multivector.residuals',
  ],
  [
    'detached residuals',
    (index) => index.add(1, { ...passage, residuals: detached(new Uint8Array(24)) }),
    'multivector.residuals',
  ],
  ['an empty query', (index) => index.search(new Float32Array(0), { k: 1 }), 'query'],
  ['a query of the wrong width', (index) => index.search(query.subarray(1), { k: 1 }), 'query'],
  ['a query of 513 tokens', (index) => index.search(new Float32Array(513 * 16), { k: 1 }), 'query'],
  ['a query with NaN', (index) => index.search(query.with(3, Number.NaN), { k: 1 }), 'query'],
  [
    'a query with infinity',
    (index) => index.search(query.with(3, Number.NEGATIVE_INFINITY), { k: 1 }),
    'query',
  ],
  ['a query beyond all measure', (index) => index.search(query.with(3, 1e30), { k: 1 }), 'query'],
  ['a query of doubles', (index) => index.search(Float64Array.from(query) as never, { k: 1 }), 'query'],
  ['a query of bytes', (index) => index.search(new Uint8Array(query.buffer) as never, { k: 1 }), 'query'],
  ['a shared query', (index) => index.search(shared.query as never, { k: 1 }), 'query'],
  ['a detached query', (index) => index.search(detached(query.slice()), { k: 1 }), 'query'],
  [
    'a query with NaN whose matches are asked for',
    (index) => index.searchMatches(query.with(3, Number.NaN), { k: 1 }),
    'query',
  ],
  ['a negative k', (index) => index.search(query, { k: -1 }), 'k'],
  ['a fractional k', (index) => index.search(query, { k: 1.5 }), 'k'],
  ['a weight too many', (index) => index.search(query, { k: 1, weights: Float32Array.of(1, 1) }), 'weights'],
  [
    'a weight that is NaN',
    (index) => index.search(query, { k: 1, weights: Float32Array.of(Number.NaN) }),
    'weights',
  ],
  ['unsorted allowed keys', (index) => index.search(query, { k: 1, allow: Uint32Array.of(2, 1) }), 'allow'],
  ['an allowed key twice', (index) => index.search(query, { k: 1, allow: Uint32Array.of(2, 2) }), 'allow'],
  ['shared allowed keys', (index) => index.search(query, { k: 1, allow: shared.keys as never }), 'allow'],
  ['allowed keys in a list', (index) => index.search(query, { k: 1, allow: [1] as never }), 'allow'],
  ['keys to match in a list', (index) => index.matches(query, [1] as never), 'keys'],
  ['keys to score in a list', (index) => index.score(query, [1] as never), 'keys'],
  [
    'weights to score by of the wrong length',
    (index) => index.score(query, Uint32Array.of(1), new Float32Array(2)),
    'weights',
  ],
  ['an alignment with a wrong query', (index) => index.align(query.subarray(2), Uint32Array.of(1)), 'query'],
  ['keys to align in a list', (index) => index.align(query, [1] as never), 'keys'],
  ['a negative sample', (index) => index.chance(query, -1), 'sample'],
];

const kinds: [string, () => MultivectorIndex][] = [['typescript', () => new TypeScriptIndex(codebook, 4)]];
if (addon !== null) kinds.push(['native', () => new NativeIndex(addon, codebook, 4)]);

describe.each(kinds)('the %s index refuses', (_, create) => {
  it.each(refusals)('%s', async (_name, call, subject) => {
    const index = create();
    index.add(1, passage);
    await expect(async () => await call(index)).rejects.toMatchObject({ code: 'native-guard', subject });
    expect(index.stats().passages).toBe(1);
    expect(await index.search(query, { k: 1 })).toHaveLength(1);
    index.close();
  });
});

describe.skipIf(addon === null)('the addon itself refuses', () => {
  if (addon === null) return;
  const handle = nativeCodebook(addon, codebook, 4);
  const index = addon.createIndex(handle, 1);
  const { centroids, residuals, scales } = passage;
  addon.add(index, 1, 0, centroids, residuals, scales);
  const tables = scaleTables(16, 4);
  const loose = addon as unknown as Record<string, (...values: unknown[]) => unknown>;
  const call = (name: string, ...values: unknown[]) => loose[name]?.(...values);
  const token = addon.createCancellation();
  const search = (over: Record<number, unknown>) => {
    const values: unknown[] = [index, query, null, null, 5, false, 0.99, token, false];
    for (const [at, value] of Object.entries(over)) values[Number(at)] = value;
    return call('search', ...values);
  };
  const codebookWith = (over: Record<number, unknown>) => {
    const values: unknown[] = [
      16,
      4,
      codebook.centroids,
      tables.scales,
      tables.inverseNorms,
      tables.scaleBorders,
      tables.normBorders,
      '',
    ];
    for (const [at, value] of Object.entries(over)) values[Number(at)] = value;
    return call('createCodebook', ...values);
  };

  it.each<[string, () => unknown]>([
    ['no arguments', () => call('add')],
    ['a plain object as handle', () => call('stats', {})],
    ['a handle of another kind', () => call('stats', handle)],
    ['a number as handle', () => call('add', 5)],
    ['null as handle', () => call('search', null)],
    ['a fractional key', () => call('add', index, 0.5, 0, centroids, residuals, scales)],
    ['a key as text', () => call('has', index, '1')],
    ['centroids of another type', () => call('add', index, 1, 0, new Uint8Array(3), residuals, scales)],
    ['centroids that do not exist', () => call('add', index, 1, 0, centroids.with(0, 20), residuals, scales)],
    ['shared centroids', () => call('add', index, 1, 0, shared.centroids, residuals, scales)],
    ['no vectors', () => call('add', index, 1, 0, new Uint16Array(0), new Uint8Array(0), new Uint8Array(0))],
    ['odd residuals', () => call('add', index, 1, 0, centroids, residuals.subarray(1), scales)],
    ['too many inverse norms', () => call('add', index, 1, 0, centroids, residuals, new Uint8Array(4))],
    [
      'detached inverse norms',
      () => call('add', index, 1, 0, centroids, residuals, detached(new Uint8Array(3))),
    ],
    ['a DataView', () => call('add', index, 1, 0, new DataView(new ArrayBuffer(6)), residuals, scales)],
    ['a query of the wrong width', () => search({ 1: query.subarray(1) })],
    ['a query with NaN', () => search({ 1: query.with(0, Number.NaN) })],
    ['a detached query', () => search({ 1: detached(query.slice()) })],
    ['a shared query', () => search({ 1: shared.query })],
    ['a query of 513 tokens', () => search({ 1: new Float32Array(513 * 16) })],
    ['weights of the wrong length', () => search({ 2: new Float32Array(2) })],
    ['infinite weights', () => search({ 2: Float32Array.of(Number.POSITIVE_INFINITY) })],
    ['unsorted keys', () => search({ 3: Uint32Array.of(3, 1) })],
    ['a negative k', () => search({ 4: -1 })],
    ['a flag that is no boolean', () => search({ 5: 1 })],
    ['a recall of 0', () => search({ 6: 0 })],
    ['a recall that is NaN', () => search({ 6: Number.NaN })],
    ['another handle as cancellation', () => search({ 7: index })],
    ['a second flag that is no boolean', () => search({ 8: null })],
    ['a score without keys', () => call('score', index, query, null, null)],
    ['a codebook of odd dimension', () => codebookWith({ 0: 12 })],
    ['a codebook of 5 bits', () => codebookWith({ 1: 5 })],
    ['a codebook with part of a row', () => codebookWith({ 2: codebook.centroids.subarray(1) })],
    ['a codebook with NaN', () => codebookWith({ 2: codebook.centroids.with(0, Number.NaN) })],
    ['a codebook with too few scales', () => codebookWith({ 3: tables.scales.subarray(1) })],
    ['a codebook with too few norms', () => codebookWith({ 4: tables.inverseNorms.subarray(1) })],
    ['a codebook with too few borders', () => codebookWith({ 5: tables.scaleBorders.subarray(1) })],
    ['a codebook with scales that are NaN', () => codebookWith({ 3: tables.scales.with(3, Number.NaN) })],
    ['an unknown kernel', () => codebookWith({ 7: 'abacus' })],
    ['counts that do not fit', () => call('poolBatch', query, 16, Uint32Array.of(2), 2)],
    ['counts of other vectors', () => call('wins', handle, query, Uint32Array.of(1, 5))],
    ['wins of vectors with NaN', () => call('wins', handle, query.with(0, Number.NaN), Uint32Array.of(1))],
    ['a factor below 1', () => call('poolBatch', query, 16, Uint32Array.of(1), 0.5)],
    ['vectors of the wrong width', () => call('compress', handle, query.subarray(1))],
    ['vectors with NaN', () => call('compressBatch', handle, query.with(0, Number.NaN))],
  ])('%s', async (_name, attempt) => {
    await expect(async () => await attempt()).rejects.toMatchObject({ code: 'native-guard' });
    expect(addon.stats(index).passages).toBe(1);
  });

  it('calls on a closed index, while searches in progress end', async () => {
    const own = addon.createIndex(handle, 2);
    addon.add(own, 7, 0, centroids, residuals, scales);
    const pending = addon.search(own, query, null, null, 5, true, 0.99, addon.createCancellation(), false);
    addon.close(own);
    addon.close(own);
    expect([...(await pending).keys]).toEqual([7]);
    expect(() => addon.stats(own)).toThrow(expect.objectContaining({ code: 'native-guard' }));
  });

  it('but accepts views at any offset of their buffer', async () => {
    const own = addon.createIndex(handle, 1);
    const bytes = new Uint8Array(1 + residuals.length);
    bytes.set(residuals, 1);
    const floats = new Float32Array(1 + query.length);
    floats.set(query, 1);
    addon.add(own, 1, 0, centroids, bytes.subarray(1), scales);
    const at = addon.score(own, floats.subarray(1), Uint32Array.of(1), null);
    expect(at).toEqual(addon.score(index, query, Uint32Array.of(1), null));
    addon.close(own);
  });
});
