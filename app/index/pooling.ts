/*
 * Token pooling: close token vectors of a passage become one, by hierarchical clustering after Ward (Clavié, Chaffin
 * and Adams 2024: "Reducing the Footprint of Multi-Vector Retrieval with Minimal Performance Impact via Token
 * Pooling"). native/index/pooling.cc does the same to the bit.
 */

/** Vectors that are clustered together: longer passages are taken in pieces, as time and memory grow with the square. */
const WINDOW = 512;
const LANES = 8;

export interface Pooled {
  /** Row-major normalised means. */
  readonly vectors: Float32Array;
  readonly count: number;
  /** For each vector that came in, the one that stands for it. */
  readonly groups: Uint16Array;
}

function dot(vectors: Float32Array, a: number, b: number, dimension: number): number {
  const sums = new Float64Array(LANES);
  for (let d = 0; d < dimension; d += LANES)
    for (let lane = 0; lane < LANES; lane += 1)
      sums[lane] =
        (sums[lane] as number) + (vectors[a + d + lane] as number) * (vectors[b + d + lane] as number);
  const [s0, s1, s2, s3, s4, s5, s6, s7] = sums as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  return s0 + s1 + (s2 + s3) + (s4 + s5 + (s6 + s7));
}

interface Merge {
  readonly distance: number;
  readonly a: number;
  readonly b: number;
}

/** All merges by nearest-neighbour chains (Murtagh 1983), in no order of distance. */
function chain(vectors: Float32Array, count: number, dimension: number): Merge[] {
  const distance = new Float64Array(count * count);
  for (let i = 0; i < count; i += 1)
    for (let j = 0; j < i; j += 1) {
      const value = Math.max(0, 2 - 2 * dot(vectors, i * dimension, j * dimension, dimension));
      distance[i * count + j] = value;
      distance[j * count + i] = value;
    }
  const between = (i: number, j: number): number => distance[i * count + j] as number;
  const size = new Float64Array(count).fill(1);
  const path: number[] = [];
  const merges: Merge[] = [];
  while (merges.length + 1 < count) {
    if (path.length === 0) path.push(size.findIndex((n) => n > 0));
    const a = path.at(-1) ?? 0;
    const previous = path.at(-2) ?? count;
    let b = previous;
    let nearest = previous < count ? between(a, previous) : Number.POSITIVE_INFINITY;
    for (let k = 0; k < count; k += 1) {
      if (k === a || size[k] === 0 || !(between(a, k) < nearest)) continue;
      nearest = between(a, k);
      b = k;
    }
    if (b !== previous) {
      path.push(b);
      continue;
    }
    path.length -= 2;
    merges.push({ distance: nearest, a, b });
    const kept = Math.min(a, b);
    const gone = Math.max(a, b);
    const keptSize = size[kept] as number;
    const goneSize = size[gone] as number;
    for (let k = 0; k < count; k += 1) {
      const own = size[k] as number;
      if (k === a || k === b || own === 0) continue;
      // Lance and Williams' update for Ward's criterion.
      const updated =
        ((keptSize + own) * between(kept, k) + (goneSize + own) * between(gone, k) - own * nearest) /
        (keptSize + goneSize + own);
      distance[kept * count + k] = updated;
      distance[k * count + kept] = updated;
    }
    size[kept] = keptSize + goneSize;
    size[gone] = 0;
  }
  return merges;
}

/** For each vector the lowest one of its group. */
function firstMembers(vectors: Float32Array, count: number, dimension: number, wanted: number): number[] {
  const merges = chain(vectors, count, dimension).sort((a, b) => a.distance - b.distance);
  const parent = Array.from({ length: count }, (_, i) => i);
  const root = (i: number): number => {
    let at = i;
    while (parent[at] !== at) at = parent[at] as number;
    return at;
  };
  for (const merge of merges.slice(0, count - wanted)) {
    const a = root(merge.a);
    const b = root(merge.b);
    parent[Math.max(a, b)] = Math.min(a, b);
  }
  return parent.map((_, i) => root(i));
}

/** Pools one window into `out`, which has room, from vector `count` on. Returns the group of each vector. */
function poolWindow(
  window: Float32Array,
  dimension: number,
  factor: number,
  out: Float32Array,
  count: number,
): { groups: number[]; count: number } {
  const here = window.length / dimension;
  const first = firstMembers(window, here, dimension, Math.ceil(here / factor));
  const groups: number[] = [];
  let next = count;
  for (let i = 0; i < here; i += 1) {
    const leader = first[i] as number;
    if (leader !== i) {
      groups.push(groups[leader] as number);
      continue;
    }
    const sum = new Float64Array(dimension);
    for (let member = i; member < here; member += 1) {
      if (first[member] !== i) continue;
      for (let d = 0; d < dimension; d += 1)
        sum[d] = (sum[d] as number) + (window[member * dimension + d] as number);
    }
    let squared = 0;
    for (const value of sum) squared += value * value;
    const inverse = squared < 1e-12 ? 0 : 1 / Math.sqrt(squared);
    // Vectors that cancel out are stood for by the first.
    for (let d = 0; d < dimension; d += 1)
      out[next * dimension + d] =
        inverse === 0 ? (window[i * dimension + d] as number) : (sum[d] as number) * inverse;
    groups.push(next);
    next += 1;
  }
  return { groups, count: next };
}

/**
 * Pools the token vectors of a passage into ⌈count / factor⌉ groups, in the order of their first members.
 * @param vectors row-major, of unit length; at most 65535
 * @param dimension a multiple of 8
 * @param factor at least 1
 */
export function pool(vectors: Float32Array, dimension: number, factor: number): Pooled {
  const total = vectors.length / dimension;
  const out = new Float32Array(vectors.length);
  const groups = new Uint16Array(total);
  let count = 0;
  for (let start = 0; start < total; start += WINDOW) {
    const window = vectors.subarray(start * dimension, Math.min(total, start + WINDOW) * dimension);
    const pooled = poolWindow(window, dimension, factor, out, count);
    groups.set(pooled.groups, start);
    count = pooled.count;
  }
  return { vectors: out.slice(0, count * dimension), count, groups };
}
