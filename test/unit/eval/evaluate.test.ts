import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluate, type RankedSystem } from '../../../app/eval/evaluate.ts';
import { goldenDataset, readGolden } from '../../../app/eval/golden.ts';
import { markdownReport } from '../../../app/eval/report.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

const data = {
  queries: Array.from({ length: 30 }, (_, i) => ({ id: `q${i}`, text: `query ${i}` })),
  qrels: new Map(Array.from({ length: 30 }, (_, i) => [`q${i}`, new Map([[`d${i}`, 1]])])),
};

/** Finds the answer first, second, third or never, by ranker. */
const system: RankedSystem = {
  rank: async (query, ranker) => {
    const answer = `d${query.slice(6)}`;
    const place = { fused: 0, maxsim: 1, bm25: 2, dense: 9 }[ranker];
    const others = ['x', 'y', 'z'].slice(0, Math.min(3, place));
    return [...others, ...(place < 9 ? [answer] : [])].map((id, i) => ({ id, score: 10 - i }));
  },
  search: async () => null,
};

describe('evaluate', () => {
  it('puts four rankers side by side with intervals, times and significance', async () => {
    let clock = 0;
    const progress: number[] = [];
    const { report, runs } = await evaluate('small', data, system, {
      now: () => {
        clock += 5;
        return clock;
      },
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(Object.keys(report)).toEqual(['dataset', 'queries', 'rankers']);
    expect(report).toMatchObject({
      dataset: 'small',
      queries: 30,
      rankers: {
        fused: { 'ndcg@10': 1, 'mrr@10': 1, 'recall@10': 1, 'recall@100': 1, p50ms: 5, p95ms: 5 },
        maxsim: { 'mrr@10': 0.5 },
        bm25: { 'mrr@10': expect.closeTo(1 / 3, 10) },
        dense: { 'ndcg@10': 0, 'recall@100': 0 },
      },
    });
    expect(report.rankers.fused.ci95['mrr@10']).toEqual([1, 1]);
    expect(report.rankers.fused.significance.bm25).toBeLessThan(0.001);
    expect(runs.dense.get('q3')?.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
    expect(progress.at(-1)).toBe(1);
    const table = markdownReport(report);
    expect(table).toContain('| fused | 1.0000 (1.000–1.000) |');
    expect(table.split('\n').filter((line) => line.startsWith('|'))).toHaveLength(6);
  });

  it('stops when it is told to', async () => {
    const abort = new AbortController();
    const running = evaluate('small', data, system, {
      now: () => 0,
      signal: abort.signal,
      onProgress: (done) => {
        if (done === 5) abort.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
  });
});

describe('golden sets', () => {
  it('are read line by line; queries without an answer are left out', () => {
    const file = join(temporaryFolder('golden'), 'golden.jsonl');
    writeFileSync(
      file,
      '{"query": "lease", "relevant": {"/a.md": 2, "/b.md": 0}}\n\n{"query": "none", "relevant": {"/c.md": 0}}\n',
    );
    const { queries, qrels } = goldenDataset(readGolden(file));
    expect(queries).toEqual([{ id: 'q1', text: 'lease' }]);
    expect(qrels.get('q1')).toEqual(
      new Map([
        ['/a.md', 2],
        ['/b.md', 0],
      ]),
    );
  });

  it('say which line is wrong', () => {
    const file = join(temporaryFolder('golden'), 'golden.jsonl');
    writeFileSync(file, '{"query": "lease", "relevant": {}}\n{"query": 3}\n');
    expect(() => readGolden(file)).toThrow(/line 2/);
    expect(() => readGolden(`${file}.gone`)).toThrow(/cannot be read/);
  });
});
