import { hashText } from './hash.ts';
import { CUT_RANK, type CutRank, type Piece } from './split.ts';

/** Lengths of passages in model tokens. */
export interface PassageLimits {
  readonly target: number;
  readonly min: number;
  readonly max: number;
}

/** Cost of a cut at a boundary of each rank, against the squared relative distance from the target length. */
const CUT_COST: Readonly<Record<CutRank, number>> = {
  [CUT_RANK.block]: 0,
  [CUT_RANK.paragraph]: 0.05,
  [CUT_RANK.sentence]: 0.3,
  [CUT_RANK.word]: 1,
  [CUT_RANK.inside]: 2,
};
/** Cost of a passage as such, so that text that fits in one is not cut in two for a slightly better length. */
const PASSAGE_COST = 0.1;
/** Cost of a passage of length 0 for being below the minimum; shorter than the minimum costs in proportion. */
const SHORT_COST = 2;
/** Characters of a piece that its boundary's hash is taken over. */
const HASHED_CHARS = 64;

/**
 * Groups the pieces of one section into passages of at most `max` tokens, near `target`, cut at the best places.
 *
 * The boundaries are content-defined, so that an edit moves only the boundaries near it: a boundary whose
 * priority (rank, then a hash of the text that follows) is the highest within max/2 tokens on both sides is an
 * anchor, and the stretch between two anchors is divided by itself, at least total cost. Whether a boundary is
 * an anchor depends on nothing farther than max/2 tokens away; anchors lie at least max/2 apart, so that a
 * stretch divides evenly into passages of max/2 … max. The local-maximum rule is that of Bjørner, Blass and
 * Gurevich, "Content-dependent chunking for differential compression, the local maximum approach" (2010).
 *
 * @returns ranges [from, to) of piece indexes, in order, covering all
 */
export function groupPieces(
  text: string,
  pieces: readonly Piece[],
  limits: PassageLimits,
): (readonly [number, number])[] {
  const count = pieces.length;
  if (count === 0) return [];
  const before = new Float64Array(count + 1);
  pieces.forEach((piece, index) => {
    before[index + 1] = (before[index] ?? 0) + piece.tokens;
  });
  const total = before[count] ?? 0;
  if (total <= limits.max) return [[0, count]];
  const groups: (readonly [number, number])[] = [];
  let from = 0;
  for (const anchor of [...findAnchors(text, pieces, before, limits.max / 2), count]) {
    divide(pieces, before, from, anchor, limits, groups);
    from = anchor;
  }
  return groups;
}

/** Indexes of pieces at whose start an anchor lies, ascending. */
function findAnchors(text: string, pieces: readonly Piece[], before: Float64Array, reach: number): number[] {
  const count = pieces.length;
  const total = before[count] ?? 0;
  const priority = new Float64Array(count).fill(-1);
  for (let index = 1; index < count; index += 1) {
    const at = before[index] ?? 0;
    const piece = pieces[index];
    if (piece === undefined) continue;
    // A boundary too near the section's ends to be an anchor still keeps worse ones around it from being one.
    priority[index] = piece.rank * 2 ** 32 - 0.5;
    if (at < reach || total - at < reach) continue;
    const hash = hashText(text, piece.start, Math.min(piece.end, piece.start + HASHED_CHARS));
    priority[index] = piece.rank * 2 ** 32 + hash;
  }
  const left = windowMaxima(priority, before, reach, 1);
  const right = windowMaxima(priority, before, reach, -1);
  const anchors: number[] = [];
  for (let index = 1; index < count; index += 1) {
    const own = priority[index] ?? -1;
    const eligible = Number.isInteger(own) && own >= 0;
    if (eligible && own > (left[index] ?? -1) && own >= (right[index] ?? -1)) anchors.push(index);
  }
  return anchors;
}

/** For each boundary the highest priority among those before it (direction 1) or after it (−1) within reach. */
function windowMaxima(
  priority: Float64Array,
  before: Float64Array,
  reach: number,
  direction: 1 | -1,
): Float64Array {
  const count = priority.length;
  const maxima = new Float64Array(count).fill(-1);
  // Indexes whose priorities fall from the head to the tail of the queue; its head is the window's maximum.
  const queue = new Int32Array(count);
  let head = 0;
  let tail = 0;
  for (let step = 0; step < count; step += 1) {
    const index = direction === 1 ? step : count - 1 - step;
    const at = before[index] ?? 0;
    while (head < tail && Math.abs(at - (before[queue[head] ?? 0] ?? 0)) > reach) head += 1;
    if (head < tail) maxima[index] = priority[queue[head] ?? 0] ?? -1;
    const own = priority[index] ?? -1;
    while (head < tail && (priority[queue[tail - 1] ?? 0] ?? -1) <= own) tail -= 1;
    queue[tail] = index;
    tail += 1;
  }
  return maxima;
}

/** Divides pieces [from, to) at least total cost, by dynamic programming over their boundaries. */
function divide(
  pieces: readonly Piece[],
  before: Float64Array,
  from: number,
  to: number,
  limits: PassageLimits,
  groups: (readonly [number, number])[],
): void {
  const size = to - from;
  const best = new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY);
  const previous = new Int32Array(size + 1);
  best[0] = 0;
  for (let end = 1; end <= size; end += 1) {
    const next = end < size ? pieces[from + end] : undefined;
    const cutCost = next === undefined ? 0 : CUT_COST[next.rank];
    for (let start = end - 1; start >= 0; start -= 1) {
      const tokens = (before[from + end] ?? 0) - (before[from + start] ?? 0);
      if (tokens > limits.max && start < end - 1) break;
      const cost = (best[start] ?? 0) + lengthCost(tokens, limits) + cutCost;
      if (cost < (best[end] ?? 0)) {
        best[end] = cost;
        previous[end] = start;
      }
    }
  }
  const ends: number[] = [];
  for (let end = size; end > 0; end = previous[end] ?? 0) ends.push(end);
  for (const end of ends.reverse()) groups.push([from + (previous[end] ?? 0), from + end]);
}

function lengthCost(tokens: number, { target, min }: PassageLimits): number {
  const distance = (tokens - target) / target;
  const short = tokens < min ? (SHORT_COST * (min - tokens)) / min : 0;
  return distance * distance + short + PASSAGE_COST;
}
