/** The bars of one report: what was measured against what it should be. */

export interface Bar {
  readonly what: string;
  /** Null when it was not measured in this run. */
  readonly value: number | null;
  readonly unit: string;
  readonly bar: number;
  readonly direction: 'at most' | 'at least';
  readonly held: boolean | null;
  /** How it was measured, or why it was not. */
  readonly note: string;
}

type Numbers = Record<string, unknown>;

/** A number deep in a report, or null. */
export function at(report: unknown, path: string): number | null {
  let value: unknown = report;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return null;
    value = (value as Numbers)[step];
  }
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

const divided = (above: number | null, below: number | null): number | null =>
  above === null || below === null || below === 0 ? null : above / below;

/** The fastest of a peer's settings that reaches a recall, or its best one. */
function fastest(rows: unknown, recall: number): { p50: number; recall: number } | null {
  if (!Array.isArray(rows)) return null;
  const sound = rows as { p50: number; recall: number }[];
  const enough = sound.filter((row) => row.recall >= recall - 0.005);
  if (enough.length > 0) return enough.reduce((best, row) => (row.p50 < best.p50 ? row : best));
  return sound.reduce(
    (best, row) => (row.recall > best.recall ? row : best),
    sound[0] ?? { p50: Number.NaN, recall: 0 },
  );
}

export interface Measured {
  /** By number of passages, largest last. */
  readonly corpora: readonly Numbers[];
  readonly million: Numbers | null;
  readonly peers: Numbers | null;
  readonly encoding: Numbers | null;
  /** An index at the small size. */
  readonly small: Numbers | null;
  readonly filters: Numbers | null;
}

/** Every bar, in the order of the report; what was not measured says so. */
export function bars({ corpora, million, peers, encoding, small, filters }: Measured): Bar[] {
  const engine = corpora.at(-1) ?? {};
  const passages = at(engine, 'index.passages');
  const of = passages === null ? 'no corpus was run' : `engine, ${passages.toLocaleString('en')} passages`;
  const found: Bar[] = [];
  const add = (
    what: string,
    value: number | null,
    unit: string,
    direction: Bar['direction'],
    bar: number,
    note: string,
  ): void => {
    const held = value === null ? null : direction === 'at most' ? value <= bar : value >= bar;
    found.push({
      what,
      value,
      unit,
      bar,
      direction,
      held,
      note: value === null ? `not measured: ${note}` : note,
    });
  };
  add('warm query p50, end to end', at(engine, 'query.p50'), 'ms', 'at most', 25, of);
  add('warm query p95, end to end', at(engine, 'query.p95'), 'ms', 'at most', 60, of);
  add('recall@10 against exhaustive', at(engine, 'query.recall'), '', 'at least', 0.99, of);
  add('disk per passage token', at(engine, 'index.bytesPerToken'), 'bytes', 'at most', 45, of);
  const few = at(small, 'passages');
  add(
    'disk per passage token at the small size',
    at(small, 'bytesPerToken'),
    'bytes',
    'at most',
    27,
    few === null ? 'give --small' : `engine, ${few.toLocaleString('en')} passages`,
  );
  add(
    'derived snapshot per passage token',
    at(engine, 'index.snapshotBytesPerToken'),
    'bytes',
    'at most',
    30,
    of,
  );
  const memory = Math.max(at(engine, 'index.peakMemory') ?? 0, at(engine, 'query.peakMemory') ?? 0);
  add('peak memory of the engine', memory === 0 ? null : memory / 1e9, 'GB', 'at most', 1, of);
  const edits = (engine['query'] as { editToAnswerMs?: number[] } | undefined)?.editToAnswerMs;
  const edit = edits === undefined ? null : Math.max(...edits) / 1000;
  add('saved edit to right answer, slowest', edit, 's', 'at most', 2, of);
  const cold = at(engine, 'cold.processMs');
  add(
    'cold start to first answer, from the start of the process',
    cold === null ? null : cold / 1000,
    's',
    'at most',
    1,
    of,
  );
  const size = at(million, 'passages');
  add(
    'warm query p50, index part',
    at(million, 'p50'),
    'ms',
    'at most',
    60,
    size === null ? 'give --million' : `index alone, ${size.toLocaleString('en')} resampled passages`,
  );
  const onePercent = (filters?.['filters'] as { share: number; p50: number }[] | undefined)?.filter(
    ({ share }) => share === 0.01,
  );
  add(
    'a filter that keeps 1 %, against none, slower of two kinds',
    divided(
      onePercent === undefined ? null : Math.max(...onePercent.map(({ p50 }) => p50)),
      at(filters, 'none.p50'),
    ),
    '×',
    'at most',
    1,
    `index alone, ${at(filters, 'passages')?.toLocaleString('en') ?? 'no'} passages`,
  );
  const exact = at(peers, 'native.exhaustive.allThreads.p50');
  const pruned = at(peers, 'native.pruned.allThreads.p50');
  const compared = `${at(peers, 'native.passages')?.toLocaleString('en') ?? 'no'} passages, same vectors and threads`;
  add(
    'exhaustive against LanceDB flat',
    divided(at(peers, 'lancedb.flat.p50'), exact),
    '×',
    'at least',
    10,
    compared,
  );
  const lance = fastest(
    (peers?.['lancedb'] as Numbers | undefined)?.['ivfPq'] === null
      ? null
      : (peers?.['lancedb'] as { ivfPq?: { settings: unknown } } | undefined)?.ivfPq?.settings,
    at(peers, 'native.pruned.recall') ?? 1,
  );
  add(
    'pruned against LanceDB IVF_PQ at its best recall',
    divided(lance?.p50 ?? null, pruned),
    '×',
    'at least',
    10,
    lance === null ? compared : `${compared}; IVF_PQ recall ${lance.recall.toFixed(3)}`,
  );
  add(
    'int8 kernel against maxsim-cpu, one thread',
    divided(at(peers, 'maxsimCpu.p50'), at(peers, 'native.exhaustive.oneThread.p50')),
    '×',
    'at least',
    3,
    compared,
  );
  add(
    'largest error per query token against float32',
    at(peers, 'maxsimCpu.largestErrorPerToken'),
    '',
    'at most',
    0.001,
    compared,
  );
  const plaid = fastest(
    (peers?.['fastPlaid'] as { settings?: unknown } | undefined)?.settings,
    at(peers, 'native.pruned.recall') ?? 1,
  );
  add(
    'pruned against fast-plaid',
    divided(plaid?.p50 ?? null, pruned),
    '×',
    'at least',
    3,
    plaid === null ? compared : `${compared}; fast-plaid recall ${plaid.recall.toFixed(3)}`,
  );
  add(
    'encoding against the plain pipeline at its default',
    at(encoding, 'ratioToDefaultPipeline'),
    '×',
    'at least',
    2,
    'same texts, batches of 32 in file order, same threads',
  );
  return found;
}
