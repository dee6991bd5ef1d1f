import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MEASURES, measureRun } from '../../../app/eval/evaluate.ts';
import { mean, ndcg, quantile, recall, reciprocalRank } from '../../../app/eval/metrics.ts';
import { formatRun, parseRun, trecOrder } from '../../../app/eval/trec.ts';

const FIXTURES = 'test/fixtures/eval';
const read = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');

/** Judgements of the fixture, by query and document. */
function referenceQrels(): Map<string, Map<string, number>> {
  const qrels = new Map<string, Map<string, number>>();
  for (const line of read('qrels.tsv').split('\n').slice(1)) {
    const [query = '', document = '', gain] = line.split('\t');
    if (query === '') continue;
    const judged = qrels.get(query) ?? new Map<string, number>();
    qrels.set(query, judged.set(document, Number(gain)));
  }
  return qrels;
}

describe('measures', () => {
  it('agree with pytrec_eval on a run with ties, graded gains and queries without results', () => {
    const qrels = referenceQrels();
    const expected: Record<string, Record<string, number>> = JSON.parse(read('expected.json'));
    const queries = Object.keys(expected).map((id) => ({ id, text: id }));
    const run = parseRun(read('run.trec'));
    expect(queries.filter(({ id }) => !run.has(id)).length).toBeGreaterThan(0);
    const values = measureRun({ queries, qrels }, run);
    queries.forEach(({ id }, i) => {
      for (const measure of MEASURES)
        expect(
          Math.abs((values[measure][i] ?? Number.NaN) - (expected[id]?.[measure] ?? 0)),
          id,
        ).toBeLessThan(1e-6);
    });
    // The same figures come from the run as it is written.
    expect(measureRun({ queries, qrels }, parseRun(formatRun(run, 'tag')))).toEqual(values);
  });

  it('are worked out by hand for a small ranking', () => {
    const judged = new Map([
      ['a', 2],
      ['b', 1],
      ['c', 0],
      ['d', -1],
    ]);
    expect(ndcg(['c', 'a', 'x', 'b'], judged, 10)).toBeCloseTo(
      (2 / Math.log2(3) + 1 / Math.log2(5)) / (2 + 1 / Math.log2(3)),
      12,
    );
    expect(reciprocalRank(['c', 'd', 'b'], judged, 10)).toBeCloseTo(1 / 3, 12);
    expect(reciprocalRank(['c', 'd', 'b'], judged, 2)).toBe(0);
    expect(recall(['a', 'x'], judged, 1)).toBe(0.5);
    expect(ndcg(['a'], new Map(), 10)).toBe(0);
    expect(recall(['a'], new Map([['a', 0]]), 10)).toBe(0);
    expect(quantile([4, 1, 2, 3], 0.5)).toBe(2.5);
    expect(mean([])).toBeNaN();
  });

  it('order a run as trec_eval does: single precision, then ids from the end', () => {
    expect(
      trecOrder([
        { id: 'a', score: 1 },
        { id: 'b', score: 1 + 1e-10 },
        { id: 'c', score: 2 },
      ]),
    ).toEqual(['c', 'b', 'a']);
  });

  it('name the line of a run that is wrong', () => {
    expect(() => parseRun('q Q0 d 1 0.5 t\nq Q0 d\n', 'x.trec')).toThrow(/x\.trec line 2/);
    expect(formatRun(new Map([['a query', [{ id: 'my file', score: 1 }]]]), 't')).toBe(
      'a_query Q0 my_file 1 1 t\n',
    );
  });
});
