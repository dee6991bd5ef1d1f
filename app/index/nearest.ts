import type { Codebook } from './codebook.ts';
import { dotProduct } from './maxsim.ts';

/** Double-precision dot products closer than this are told apart in single precision, as the native kernels do. */
const NEAR = 1e-5;

function quickDot(
  a: Float32Array,
  aStart: number,
  b: Float32Array,
  bStart: number,
  dimension: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let d = 0; d < dimension; d += 4) {
    s0 += (a[aStart + d] as number) * (b[bStart + d] as number);
    s1 += (a[aStart + d + 1] as number) * (b[bStart + d + 1] as number);
    s2 += (a[aStart + d + 2] as number) * (b[bStart + d + 2] as number);
    s3 += (a[aStart + d + 3] as number) * (b[bStart + d + 3] as number);
  }
  return s0 + s1 + s2 + s3;
}

/** For each vector the centroid with the highest dot product; of equal ones the lowest. */
export function nearestCentroids(
  vectors: Float32Array,
  count: number,
  { centroids, size, dimension }: Pick<Codebook, 'centroids' | 'size' | 'dimension'>,
): Uint16Array {
  const nearest = new Uint16Array(count);
  const scores = new Float64Array(size);
  for (let v = 0; v < count; v += 1) {
    const start = v * dimension;
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < size; c += 1) {
      const score = quickDot(vectors, start, centroids, c * dimension, dimension);
      scores[c] = score;
      if (score > highest) highest = score;
    }
    let best = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < size; c += 1) {
      if ((scores[c] as number) < highest - NEAR) continue;
      const exact = dotProduct(vectors, start, centroids, c * dimension, dimension);
      if (exact > best) {
        best = exact;
        nearest[v] = c;
      }
    }
  }
  return nearest;
}
