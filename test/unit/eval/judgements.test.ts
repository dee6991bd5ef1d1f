import { describe, expect, it } from 'vitest';
import type { Judgement, JudgementKind } from '../../../app/contract/quality.ts';
import { goldenFromJudgements, qualityDays } from '../../../app/eval/judgements.ts';

let clock = Date.UTC(2026, 4, 4, 12);
const judged = (query: string, path: string, kind: JudgementKind, rank = 1): Judgement => {
  clock += 1000;
  return { query, path, kind, rank, at: clock };
};

describe('golden queries from use', () => {
  it('take uses and marks together, the last judged first', () => {
    const golden = goldenFromJudgements([
      judged('Notice  period', '/lease.md', 'open'),
      judged('bread', '/bread.md', 'copy'),
      judged('notice period ', '/other.md', 'wrong'),
      judged('notice period', '/lease.md', 'right'),
    ]);
    expect(golden.map(({ query, relevant }) => ({ query, relevant }))).toEqual([
      { query: 'Notice  period', relevant: { '/lease.md': 2, '/other.md': 0 } },
      { query: 'bread', relevant: { '/bread.md': 1 } },
    ]);
    expect(golden[0]?.at).toBeGreaterThan(golden[1]?.at ?? 0);
  });

  it('let a mark stand whatever is done with the result, until another mark', () => {
    const uses = [judged('q', '/a', 'wrong'), judged('q', '/a', 'open'), judged('q', '/a', 'collect')];
    expect(goldenFromJudgements(uses)[0]?.relevant).toEqual({ '/a': 0 });
    expect(goldenFromJudgements([...uses, judged('q', '/a', 'right')])[0]?.relevant).toEqual({ '/a': 2 });
    expect(goldenFromJudgements([judged('  ', '/a', 'open')])).toEqual([]);
  });

  it('count searches, times and places by day', () => {
    const day = (n: number) => new Date(2026, 4, n, 12).getTime();
    const days = qualityDays(
      [
        { at: day(5), tookMs: 10 },
        { at: day(5), tookMs: 30 },
        { at: day(4), tookMs: 5 },
      ],
      [
        { ...judged('q', '/a', 'open', 2), at: day(5) },
        { ...judged('q', '/b', 'right', 1), at: day(5) },
        { ...judged('q', '/c', 'wrong', 9), at: day(5) },
        { ...judged('q', '/c', 'open', 4), at: day(6) },
      ],
    );
    expect(days).toEqual([
      { day: '2026-05-04', searches: 1, p50ms: 5, p95ms: 5, uses: 0, mrr: null },
      { day: '2026-05-05', searches: 2, p50ms: 20, p95ms: expect.closeTo(29), uses: 2, mrr: 0.75 },
      { day: '2026-05-06', searches: 0, p50ms: null, p95ms: null, uses: 1, mrr: 0.25 },
    ]);
  });
});
