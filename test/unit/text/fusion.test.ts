import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FUSION_WEIGHTS, fuse, fusionWeight } from '../../../app/text/fusion.ts';
import { parseQuery } from '../../../app/text/query.ts';

const weight = (query: string): number => fusionWeight(parseQuery(query));

describe('fuse', () => {
  it('adds scaled scores by weight', () => {
    const maxsim = new Map([
      ['a', 20],
      ['b', 15],
      ['c', 10],
    ]);
    const bm25 = new Map([
      ['c', 8],
      ['d', 4],
    ]);
    expect(fuse(maxsim, bm25, 0.7)).toEqual(
      new Map([
        ['a', 0.7],
        ['b', 0.35],
        ['c', expect.closeTo(0.3, 10)],
        ['d', expect.closeTo(0.15, 10)],
      ]),
    );
  });

  it('ranks by MaxSim alone at weight 1, by BM25 alone at 0', () => {
    const scores = fc
      .array(fc.tuple(fc.nat(50), fc.double({ min: 0.001, max: 50, noNaN: true })))
      .map((list) => new Map(list));
    fc.assert(
      fc.property(scores, scores, (maxsim, bm25) => {
        const all = fuse(maxsim, bm25, 1);
        for (const [a, scoreA] of maxsim) {
          for (const [b, scoreB] of maxsim) {
            if (scoreA > scoreB) expect(all.get(a)).toBeGreaterThanOrEqual(all.get(b) ?? 2);
          }
        }
        for (const value of fuse(maxsim, bm25, 0.5).values()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
        for (const key of fuse(maxsim, bm25, 0).keys()) expect(maxsim.has(key) || bm25.has(key)).toBe(true);
      }),
    );
  });

  it('takes empty and equal scores', () => {
    expect(fuse(new Map(), new Map(), 0.5).size).toBe(0);
    expect(fuse(new Map([[1, 3]]), new Map(), 0.5).get(1)).toBe(0.5);
    expect(fuse(new Map([[1, 3]]), new Map([[1, 2]]), 0.5).get(1)).toBe(1);
  });
});

describe('fusionWeight', () => {
  it('leans on MaxSim for questions and on BM25 for what is meant letter for letter', () => {
    expect(weight('how do I end a lease early?')).toBe(FUSION_WEIGHTS.question);
    expect(weight('aspirin lowers the risk of heart attack')).toBe(FUSION_WEIGHTS.statement);
    expect(weight('lease contract')).toBe(FUSION_WEIGHTS.keywords);
    for (const query of [
      'ERR_CONNECTION_RESET',
      'getUserName',
      'std::vector',
      'a.b@c.org',
      '4711',
      'RFC 2616',
      'C++',
      'DE89370400440532',
    ]) {
      expect([query, weight(query).toFixed(6)]).toEqual([query, FUSION_WEIGHTS.least.toFixed(6)]);
    }
    expect(weight('"notice period" in leases')).toBeCloseTo(FUSION_WEIGHTS.keywords - FUSION_WEIGHTS.exact);
    expect(weight('what does ENOSPC mean when I copy files?')).toBeLessThan(FUSION_WEIGHTS.question);
    expect(weight('what does ENOSPC mean when I copy files?')).toBeGreaterThan(FUSION_WEIGHTS.keywords);
    expect(weight('')).toBeGreaterThan(0);
  });
});
