import { dotProduct } from './maxsim.ts';
import type { Pooled } from './pooling.ts';

/*
 * A token vector that is nearest to few of the directions that token vectors take stands in the shadow of others of its
 * passage: hardly any query token will find it first. The centroids of the codebook stand for those directions, as many
 * in each region as the model's tokens have there. (Pruning what does not win, with other tests of it: Lassance,
 * Maachou, Park and Clinchant 2021; Zong and Piwowarski 2025.)
 */

/**
 * Leaves out the vectors that won less often than `least`; at least one stays.
 * @param vectors row-major wins.length × dimension
 * @param wins for each vector the centroids that it is the nearest of the passage to
 * @returns the others as they were; what was left out is counted to the one that is nearest to it
 */
export function dropLosers(vectors: Float32Array, wins: Uint32Array, least: number): Pooled {
  const dimension = vectors.length / wins.length;
  let kept = [...wins.keys()].filter((token) => (wins[token] ?? 0) >= least);
  if (kept.length === 0) kept = [wins.indexOf(Math.max(...wins))];
  const left = new Float32Array(kept.length * dimension);
  const groups = new Uint16Array(wins.length);
  kept.forEach((token, row) => {
    left.set(vectors.subarray(token * dimension, (token + 1) * dimension), row * dimension);
    groups[token] = row;
  });
  for (let token = 0; token < wins.length; token += 1) {
    if (kept[groups[token] ?? 0] === token) continue;
    let nearest = Number.NEGATIVE_INFINITY;
    for (let row = 0; row < kept.length; row += 1) {
      const similarity = dotProduct(vectors, token * dimension, left, row * dimension, dimension);
      if (similarity <= nearest) continue;
      nearest = similarity;
      groups[token] = row;
    }
  }
  return { vectors: left, count: kept.length, groups };
}

/** The groups of what was grouped twice: of vectors by `first`, and of their groups by `second`. */
export function groupsOfGroups(first: Pick<Pooled, 'groups'>, second: Pooled): Pooled {
  return { ...second, groups: Uint16Array.from(first.groups, (group) => second.groups[group] ?? 0) };
}
