import { describe, expect, it } from 'vitest';
import type { ChanceLevel, EncodedQuery } from '../../../app/contract/vectors.ts';
import { evidenceOf, evidenceWeights, timesAsked, weightedScores } from '../../../app/search/evidence.ts';

const chance = (mean: number[], sampled = 256): ChanceLevel => ({
  mean: Float32Array.from(mean),
  deviation: new Float32Array(mean.length).fill(0.1),
  sampled,
});
const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

describe('evidence of query tokens', () => {
  it('is one on average, and grows with how far the best match rises above chance', () => {
    const weights = evidenceWeights(Float32Array.of(0.9, 0.9, 0.5), chance([0.3, 0.7, 0.45]));
    expect(sum(weights)).toBeCloseTo(3, 5);
    expect(weights[0]).toBeGreaterThan(weights[1] ?? 0);
    expect(weights[1]).toBeGreaterThan(weights[2] ?? 0);
  });

  it('never turns a token against its matches', () => {
    const weights = evidenceWeights(Float32Array.of(0.2, 0.9), chance([0.6, 0.3]));
    expect(weights[0]).toBeGreaterThan(0);
  });

  it('takes the usual chance level where few passages tell', () => {
    // The only passage is the whole sample: what it reaches is no chance level.
    const best = Float32Array.of(0.9, 0.5);
    const weights = evidenceWeights(best, chance([0.9, 0.5], 1));
    expect(weights[0]).toBeGreaterThan(1.5);
  });

  it('looks at the best matches of the first hundred passages', () => {
    const query = { tokens: [{}, {}], vectors: new Float32Array(0) } as unknown as EncodedQuery;
    const matches = Float32Array.from(
      Array.from({ length: 120 }, (_, passage) => [passage < 100 ? 0.5 : 0.99, 0.8]).flat(),
    );
    const found = evidenceOf(query, matches, chance([0.3, 0.3]));
    expect([...found]).toEqual([...evidenceWeights(Float32Array.of(0.5, 0.8), chance([0.3, 0.3]))]);
  });

  it('weighs the similarities of each passage', () => {
    const matches = Float32Array.of(1, 0.5, 0.25, 0.25, Number.NaN, Number.NaN);
    expect([...weightedScores(matches, 2, Float32Array.of(2, -1))]).toEqual([1.5, 0.25, Number.NaN]);
    expect([...weightedScores(matches, 2)]).toEqual([1.5, 0.5, Number.NaN]);
    expect([...weightedScores(new Float32Array(0), 1, Float32Array.of(1))]).toEqual([]);
  });

  it('multiplies what the person asked for', () => {
    const evidence = Float32Array.of(0.5, 1.5);
    expect(timesAsked(evidence, undefined)).toBe(evidence);
    expect([...timesAsked(evidence, Float32Array.of(0, -1))]).toEqual([0, -1.5]);
  });
});
