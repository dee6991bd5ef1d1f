import type { ChanceLevel, EncodedQuery, MultivectorIndex } from '../contract/vectors.ts';

/*
 * How much each token of a query tells in this index. MaxSim lets every token count alike, though some find nearly the
 * same in all passages ("the", "how") and some find nothing anywhere. A token is weighed by how far its best match
 * rises above what it finds by chance: both are similarities, so nothing has to be fitted. It raises nDCG@10 on all
 * collections tried; powers of it and other measures of rarity did no better on the whole (docs/quality.md).
 */

/** The best-matching passages without weights in which each token's best match is looked for. */
const PROBED = 100;
/** A token that finds nothing above chance still has a little say. */
const LEAST = 0.02;
/** What tokens find by chance as a rule, and how many passages that stands for where an index has few. */
const USUAL_CHANCE = 0.32;
const USUAL_COUNT = 16;

/**
 * @param best highest similarity that each query token reaches in any passage
 * @returns one weight per query token, 1 on average
 */
export function evidenceWeights(best: Float32Array, chance: ChanceLevel): Float32Array {
  const rises = best.map((similarity, i) => {
    const level =
      (chance.sampled * (chance.mean[i] ?? USUAL_CHANCE) + USUAL_COUNT * USUAL_CHANCE) /
      (chance.sampled + USUAL_COUNT);
    return Math.max(LEAST, similarity - level);
  });
  const mean = rises.reduce((sum, rise) => sum + rise, 0) / Math.max(1, rises.length);
  return rises.map((rise) => rise / mean);
}

/**
 * Highest similarity of each query token in the first hundred passages.
 * @param matches row-major passages × `tokens`: the query tokens' best similarities in each passage, the passages in
 *   descending order of their score without evidence
 */
export function bestMatches(matches: Float32Array, tokens: number): Float32Array {
  const best = new Float32Array(tokens).fill(Number.NEGATIVE_INFINITY);
  const end = Math.min(matches.length, PROBED * tokens);
  for (let row = 0; row < end; row += tokens)
    for (let i = 0; i < tokens; i += 1) {
      const similarity = matches[row + i] ?? 0;
      if (similarity > (best[i] ?? 0)) best[i] = similarity;
    }
  return best;
}

/**
 * {@link evidenceWeights} of a query.
 * @param matches see {@link bestMatches}
 */
export function evidenceOf(query: EncodedQuery, matches: Float32Array, chance: ChanceLevel): Float32Array {
  return evidenceWeights(bestMatches(matches, query.tokens.length), chance);
}

/** {@link evidenceOf} a query of which no ranking is at hand. */
export async function findEvidence(
  query: EncodedQuery,
  chance: ChanceLevel,
  index: Pick<MultivectorIndex, 'searchMatches'>,
  asked?: Float32Array,
): Promise<Float32Array> {
  const { matches } = await index.searchMatches(query.vectors, {
    k: PROBED,
    ...(asked === undefined ? {} : { weights: asked }),
  });
  return evidenceOf(query, matches, chance);
}

/**
 * MaxSim of each passage by its query tokens' best similarities: the same number, to the bit, that the index gives.
 * @param matches row-major passages × `tokens`, see {@link bestMatches}; a row of NaN gives NaN
 * @param weights one per query token; 1 when absent
 */
export function weightedScores(matches: Float32Array, tokens: number, weights?: Float32Array): Float32Array {
  const scores = new Float32Array(matches.length / tokens);
  for (let passage = 0; passage < scores.length; passage += 1) {
    const row = passage * tokens;
    let score = 0;
    for (let i = 0; i < tokens; i += 1)
      score += (weights === undefined ? 1 : (weights[i] ?? 0)) * (matches[row + i] ?? 0);
    scores[passage] = score;
  }
  return scores;
}

/** What each token counts in all: as the person asked, times what it tells. */
export function timesAsked(evidence: Float32Array, asked: Float32Array | undefined): Float32Array {
  return asked === undefined ? evidence : evidence.map((weight, i) => weight * (asked[i] ?? 1));
}
