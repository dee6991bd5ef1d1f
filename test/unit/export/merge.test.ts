import { describe, expect, it } from 'vitest';
import { mergeDuplicates, orderItems, preparePassages } from '../../../app/export/index.ts';
import { item } from './items.ts';

describe('merging passages', () => {
  it('merges one passage that two searches found, with the words of both', () => {
    const a = item({ id: 'x', queries: ['leave'], score: 1, highlights: [{ start: 0, end: 3, heat: 0.4 }] });
    const b = item({
      id: 'x',
      queries: ['notice'],
      score: 2,
      highlights: [
        { start: 0, end: 3, heat: 0.9 },
        { start: 4, end: 10, heat: 0.5 },
      ],
    });
    const merged = mergeDuplicates([a, b]);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({
      score: 2,
      queries: ['leave', 'notice'],
      highlights: [
        { start: 0, end: 3, heat: 0.9 },
        { start: 4, end: 10, heat: 0.5 },
      ],
    });
  });

  it('joins overlapping passages of one file into the stretch that both cover', () => {
    const whole = 'one two three four five six';
    const a = item({
      text: whole.slice(0, 18),
      start: 100,
      end: 118,
      highlights: [{ start: 4, end: 7, heat: 1 }],
    });
    const b = item({
      text: whole.slice(8),
      start: 108,
      end: 127,
      highlights: [{ start: 6, end: 10, heat: 0.5 }],
    });
    const [joined, ...others] = mergeDuplicates([b, a]);
    expect(others).toEqual([]);
    expect(joined?.text).toBe(whole);
    expect([joined?.start, joined?.end]).toEqual([100, 127]);
    expect(joined?.highlights.map(({ start, end }) => whole.slice(start, end))).toEqual(['two', 'four']);
  });

  it('keeps neighbours that only touch apart', () => {
    const a = item({ text: 'abc', start: 0, end: 3 });
    const b = item({ text: 'def', start: 3, end: 6 });
    expect(mergeDuplicates([a, b])).toHaveLength(2);
  });

  it('keeps the best of equal texts in several files and names the others', () => {
    const a = item({ path: '/a.txt', name: 'a.txt', score: 1, text: 'Same  words' });
    const b = item({ path: '/b.txt', name: 'b.txt', score: 5, text: 'same words' });
    const merged = mergeDuplicates([a, b]);
    expect(merged).toHaveLength(1);
    expect(merged[0]).toMatchObject({ path: '/b.txt', alsoIn: [{ path: '/a.txt', placeLabel: 'page 3' }] });
  });

  it('does not change what it is given', () => {
    const a = item({ id: 'x', score: 1 });
    const before = structuredClone(a);
    mergeDuplicates([a, item({ id: 'x', score: 2, queries: ['other'] })]);
    expect(a).toEqual(before);
  });
});

describe('order', () => {
  const a1 = item({ id: 'a1', path: '/a', start: 500, end: 510, score: 3, text: 'a one' });
  const a2 = item({ id: 'a2', path: '/a', start: 100, end: 110, score: 1, text: 'a two' });
  const b1 = item({ id: 'b1', path: '/b', start: 0, end: 10, score: 2, text: 'b one' });

  it('by score puts the best first', () => {
    expect(orderItems([a2, b1, a1], 'score').map((each) => each.id)).toEqual(['a1', 'b1', 'a2']);
  });

  it('by document keeps passages of a file together, as they stand in it', () => {
    expect(orderItems([b1, a1, a2], 'document').map((each) => each.id)).toEqual(['a2', 'a1', 'b1']);
  });

  it('numbers citations in the order of the output', () => {
    const passages = preparePassages([b1, a1, a2], { order: 'document', budget: 0 });
    expect(passages.map((each) => [each.citation, each.id])).toEqual([
      [1, 'a2'],
      [2, 'a1'],
      [3, 'b1'],
    ]);
  });
});
