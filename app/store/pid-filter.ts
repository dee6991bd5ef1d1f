import type { PidRange } from './types.ts';

/** Ascending, distinct numbers as ranges. */
export function toRanges(pids: ArrayLike<number>): PidRange[] {
  const ranges: { first: number; count: number }[] = [];
  for (let i = 0; i < pids.length; i += 1) {
    const pid = pids[i] ?? 0;
    const last = ranges.at(-1);
    if (last && pid === last.first + last.count) last.count += 1;
    else if (!last || pid > last.first + last.count) ranges.push({ first: pid, count: 1 });
  }
  return ranges;
}

export function sortedPids(pids: Iterable<number>): Uint32Array {
  return Uint32Array.from(new Set(pids)).sort();
}

/** SQL for "pid lies in one of these ranges". Single numbers go into one IN list, which the index answers fastest. */
export function pidPredicate(ranges: readonly PidRange[]): string {
  const single: number[] = [];
  const parts: string[] = [];
  for (const { first, count } of ranges) {
    if (count <= 4) for (let i = 0; i < count; i += 1) single.push(first + i);
    else parts.push(`(pid >= ${first} AND pid < ${first + count})`);
  }
  if (single.length > 0) parts.push(`pid IN (${single.join(',')})`);
  return parts.length === 0 ? 'false' : parts.join(' OR ');
}

/** Ranges cut so that a predicate stays short enough to be parsed quickly. */
export function predicateChunks(ranges: readonly PidRange[], perChunk = 500): string[] {
  const chunks: string[] = [];
  for (let i = 0; i < ranges.length; i += perChunk) chunks.push(pidPredicate(ranges.slice(i, i + perChunk)));
  return chunks;
}

/** The numbers of a range, ascending. */
export function pidsOf({ first, count }: PidRange): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
