import { type EvalReport, MEASURES, RANKERS } from './evaluate.ts';

const NAMES = { bm25: 'BM25', dense: 'dense', maxsim: 'MaxSim', fused: 'fused' } as const;
const TITLES = {
  'ndcg@10': 'nDCG@10',
  'mrr@10': 'MRR@10',
  'recall@10': 'Recall@10',
  'recall@100': 'Recall@100',
};

/** A report as the cells of a table: measures with 95 % intervals, times, and the p-value against the fused ranking. */
export function reportCells(report: EvalReport): {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  const head = ['', ...MEASURES.map((measure) => TITLES[measure]), 'p50 ms', 'p95 ms', 'p against fused'];
  const rows = RANKERS.map((ranker) => {
    const figures = report.rankers[ranker];
    const p = report.rankers.fused.significance[ranker];
    return [
      NAMES[ranker],
      ...MEASURES.map((measure) => {
        const [low, high] = figures.ci95[measure];
        return `${figures[measure].toFixed(4)} (${low.toFixed(3)}–${high.toFixed(3)})`;
      }),
      figures.p50ms.toFixed(1),
      figures.p95ms.toFixed(1),
      p === undefined ? '' : p.toFixed(4),
    ];
  });
  return { head, rows };
}

/** A report as a table in Markdown. */
export function markdownReport(report: EvalReport): string {
  const { head, rows } = reportCells(report);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `### ${report.dataset}, ${report.queries} queries`,
    '',
    line(head),
    line(head.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...rows.map(line),
    '',
  ].join('\n');
}
