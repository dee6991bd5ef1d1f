import { describe, expect, it } from 'vitest';
import type { StoredPassage } from '../../../app/contract/index.ts';
import { fileRecord, openWriter, passageOf, temporaryDirectory } from './store-kit.ts';

const good = passageOf('some words here');
const m = good.multivector;
const withMultivector = (more: object): StoredPassage => ({ ...good, multivector: { ...m, ...more } });
const withDense = (edit: (dense: Float32Array) => void): StoredPassage => {
  const dense = Float32Array.from(good.dense);
  edit(dense);
  return { ...good, dense };
};

const BAD: Record<string, [field: string, StoredPassage]> = {
  'a dense vector one too short': ['dense', { ...good, dense: good.dense.slice(1) }],
  'a dense vector one too long': ['dense', { ...good, dense: Float32Array.from([...good.dense, 0]) }],
  'NaN in the dense vector': ['dense', withDense((dense) => dense.fill(Number.NaN, 3, 4))],
  'infinity in the dense vector': ['dense', withDense((dense) => dense.fill(Number.POSITIVE_INFINITY, 0, 1))],
  'a dense vector of zeros': ['dense', withDense((dense) => dense.fill(0))],
  'an empty dense vector': ['dense', { ...good, dense: new Float32Array() }],
  'an empty multivector': [
    'multivector.count',
    withMultivector({
      count: 0,
      centroids: new Uint16Array(),
      residuals: new Uint8Array(),
      scales: new Uint8Array(),
    }),
  ],
  'residuals of a vector one dimension too wide': [
    'multivector.residuals',
    withMultivector({ residuals: new Uint8Array(m.residuals.length + m.count) }),
  ],
  'residuals one byte short': ['multivector.residuals', withMultivector({ residuals: m.residuals.slice(1) })],
  'a centroid too few': ['multivector.centroids', withMultivector({ centroids: m.centroids.slice(1) })],
  'a centroid above 65,535': [
    'multivector.centroids',
    withMultivector({ centroids: Array.from({ length: m.count }, () => 65_536) }),
  ],
  'a norm too many': ['multivector.scales', withMultivector({ scales: new Uint8Array(m.count + 1) })],
  'span offsets that go back': [
    'spans.offsets',
    { ...good, spans: { offsets: Uint32Array.of(0, 2, 1, 3), spans: good.spans.spans } },
  ],
  'too few span offsets': [
    'spans.offsets',
    { ...good, spans: { offsets: Uint32Array.of(0), spans: new Uint32Array() } },
  ],
  'more spans than the offsets name': [
    'spans.spans',
    { ...good, spans: { ...good.spans, spans: new Uint32Array(good.spans.spans.length + 2) } },
  ],
  'a span past the end of the text': [
    'spans.spans',
    {
      ...good,
      spans: { ...good.spans, spans: good.spans.spans.map((value, i) => (i === 5 ? 1_000 : value)) },
    },
  ],
  'a content key with a quote': ['contentKey', { ...good, contentKey: "a'b" }],
  'offsets that do not fit the text': ['end', { ...good, end: good.end + 1 }],
};

describe('a passage with', () => {
  it.each(Object.entries(BAD))(
    '%s is refused and nothing of its file is stored',
    async (_, [field, passage]) => {
      const store = await openWriter({ directory: temporaryDirectory() });
      const rejected = store.commitFile(fileRecord('/root/bad'), [good, { ...passage, ordinal: 1 }]);
      await expect(rejected).rejects.toMatchObject({ code: 'bad-vector', subject: field });
      await expect(rejected).rejects.toThrow('/root/bad');
      expect(store.ledger.size).toBe(0);
      expect(await store.stats()).toMatchObject({ passages: 0, staleRows: 0 });
    },
  );
});

it('a record with an unknown problem or without a path is refused', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const unknown: object = { problem: 'bored' };
  await expect(store.setRecord(fileRecord('/root/a', unknown))).rejects.toMatchObject({
    code: 'bad-request',
  });
  await expect(store.setRecord(fileRecord(''))).rejects.toMatchObject({ code: 'bad-request' });
});
