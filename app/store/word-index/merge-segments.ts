import { SegmentWriter } from './build-segment.ts';
import { Postings, type WordSegment } from './segment.ts';

/** Postings after which other work gets its turn: some milliseconds. */
const POSTINGS_A_TURN = 100_000;

interface Source {
  readonly segment: WordSegment;
  /** New place of each of its passages, −1 for those that went. */
  readonly places: Int32Array;
  /** The next of its terms. */
  next: number;
}

/**
 * One segment of several, without the passages that went. They may lie between each other.
 * @param turn lets other work have its turn
 * @returns null when `stopped` said so meanwhile, or when nothing is left
 */
export async function mergeSegments(
  segments: readonly WordSegment[],
  turn: () => Promise<void>,
  stopped: () => boolean,
): Promise<WordSegment | null> {
  const { sources, pids, tags, lengths, inOrder } = place(segments);
  if (pids.length === 0) return null;
  const writer = new SegmentWriter();
  const postings = new Postings();
  let sinceTurn = 0;
  for (;;) {
    const term = leastTerm(sources);
    if (term === null) break;
    let found: [number, number][] = [];
    for (const source of sources) {
      const { segment, places } = source;
      if (segment.parts.terms[source.next] !== term) continue;
      sinceTurn += segment.parts.frequencies[source.next] ?? 0;
      postings.open(segment.parts, source.next);
      while (postings.next())
        for (let i = 0; i < postings.count; i += 1) {
          const to = places[postings.places[i] ?? 0] ?? -1;
          const occurrences = postings.occurrences[i] ?? 0;
          if (to < 0) continue;
          if (inOrder) writer.posting(to, occurrences);
          else found.push([to, occurrences]);
        }
      source.next += 1;
    }
    if (!inOrder) {
      found = found.sort((a, b) => a[0] - b[0]);
      for (const [to, occurrences] of found) writer.posting(to, occurrences);
    }
    writer.endTerm(term);
    if (sinceTurn < POSTINGS_A_TURN) continue;
    sinceTurn = 0;
    await turn();
    if (stopped()) return null;
  }
  return writer.finish({ pids, tags, lengths });
}

function leastTerm(sources: readonly Source[]): number | null {
  let least = Number.POSITIVE_INFINITY;
  for (const { segment, next } of sources) {
    const term = segment.parts.terms[next];
    if (term !== undefined && term < least) least = term;
  }
  return Number.isFinite(least) ? least : null;
}

/** Gives the passages that are left their new places, ascending by number. */
function place(segments: readonly WordSegment[]): {
  readonly sources: Source[];
  readonly pids: Uint32Array;
  readonly tags: Uint32Array;
  readonly lengths: Uint16Array;
  /** Whether the segments follow one another. */
  readonly inOrder: boolean;
} {
  const sorted = segments.toSorted((a, b) => (a.parts.pids[0] ?? 0) - (b.parts.pids[0] ?? 0));
  const inOrder = sorted.every((segment, i) => {
    const after = sorted[i + 1];
    return after === undefined || (segment.parts.pids.at(-1) ?? 0) < (after.parts.pids[0] ?? 0);
  });
  const sources = sorted.map(
    (segment): Source => ({ segment, places: new Int32Array(segment.passages).fill(-1), next: 0 }),
  );
  const kept: { source: Source; at: number; pid: number }[] = [];
  for (const source of sources)
    source.segment.parts.pids.forEach((pid, at) => {
      if (!source.segment.isGone(at)) kept.push({ source, at, pid });
    });
  if (!inOrder) kept.sort((a, b) => a.pid - b.pid);
  const pids = new Uint32Array(kept.length);
  const tags = new Uint32Array(kept.length);
  const lengths = new Uint16Array(kept.length);
  kept.forEach(({ source, at, pid }, to) => {
    source.places[at] = to;
    pids[to] = pid;
    tags[to] = source.segment.parts.tags[at] ?? 0;
    lengths[to] = source.segment.parts.lengths[at] ?? 0;
  });
  return { sources, pids, tags, lengths, inOrder };
}
