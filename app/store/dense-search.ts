import { numbersOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { pidPredicate, toRanges } from './pid-filter.ts';
import type { ScoredPid } from './types.ts';

const MAX_FILTER_RANGES = 2_000;

/**
 * Exhaustive cosine search over the column `dense`.
 * @param rows rows in the table, stale ones included
 */
export async function denseSearch(
  table: LanceTable,
  vector: Float32Array,
  options: { limit: number; pids?: Uint32Array; rows: number },
): Promise<ScoredPid[]> {
  const { pids } = options;
  if (options.limit <= 0 || options.rows === 0 || pids?.length === 0) return [];
  const ranges = pids ? toRanges(pids) : null;
  const sendFilter = ranges !== null && ranges.length <= MAX_FILTER_RANGES;
  const limit = ranges !== null && !sendFilter ? options.rows : Math.min(options.limit, options.rows);
  // LanceDB's own default is the Euclidean distance, also where an index says otherwise.
  let request = table.lance
    .vectorSearch(vector)
    .column('dense')
    .distanceType('cosine')
    .bypassVectorIndex()
    .select(['pid', '_distance'])
    .limit(limit);
  if (sendFilter) request = request.where(pidPredicate(ranges));
  const allowed = ranges !== null && !sendFilter && pids ? new Set(pids) : null;
  const hits: ScoredPid[] = [];
  for await (const batch of table.run(request)) {
    const pid = numbersOf(batch, 'pid');
    const distance = numbersOf(batch, '_distance');
    for (let i = 0; i < batch.numRows; i += 1) {
      const hit = { pid: pid[i] ?? 0, score: 1 - (distance[i] ?? 2) };
      if (!allowed || allowed.has(hit.pid)) hits.push(hit);
    }
  }
  return hits.sort((a, b) => b.score - a.score || a.pid - b.pid).slice(0, options.limit);
}
