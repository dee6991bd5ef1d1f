import type { ChanceLevel } from '../contract/vectors.ts';

/**
 * How far above its chance level a similarity must lie to count as found, in standard deviations of what the same
 * query token finds in passages drawn at random.
 */
const FOUND_DEVIATIONS = 1.5;
/** Share of the way from the found level to a perfect match at which heat is full. */
const FULL_AT = 0.75;
/** Deviation assumed at least: a token that finds the same everywhere must not glow at the slightest difference. */
const LEAST_DEVIATION = 0.02;

/**
 * Heat of one query token's best similarity: 0 at or below what it finds by chance in this index, 1 near a perfect
 * match. Every token matches something fairly well, so the raw similarity says little.
 * @returns 0 … 1
 */
export function heatOf(similarity: number, chance: ChanceLevel, token: number): number {
  const floor =
    (chance.mean[token] ?? 0) + FOUND_DEVIATIONS * Math.max(chance.deviation[token] ?? 0, LEAST_DEVIATION);
  if (similarity <= floor) return 0;
  const full = floor + Math.max(0.05, (1 - floor) * FULL_AT);
  return Math.min(1, (similarity - floor) / (full - floor));
}

/** Heat below which a word counts as not found. */
export const FOUND_HEAT = 0.08;
