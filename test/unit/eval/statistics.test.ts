import { describe, expect, it } from 'vitest';
import { mean } from '../../../app/eval/metrics.ts';
import {
  areaUnderCurve,
  bootstrapInterval,
  randomisationTest,
  seededRandom,
} from '../../../app/eval/statistics.ts';

const uniform = (count: number, seed: number, shift = 0) => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => random() + shift);
};

describe('statistics', () => {
  it('gives an interval of the width that theory says', () => {
    const values = uniform(400, 3);
    const { low, high } = bootstrapInterval(values);
    expect(low).toBeLessThan(mean(values));
    expect(high).toBeGreaterThan(mean(values));
    // 2 × 1.96 × √(1/12) / √400 = 0.0566
    expect(high - low).toBeGreaterThan(0.045);
    expect(high - low).toBeLessThan(0.068);
    expect(bootstrapInterval(values)).toEqual({ low, high });
    expect(bootstrapInterval([])).toEqual({ low: Number.NaN, high: Number.NaN });
  });

  it('finds differences that are there and none that are not', () => {
    const one = uniform(200, 5);
    const noise = uniform(200, 6);
    expect(
      randomisationTest(
        one,
        one.map((value, i) => value + 0.02 * (noise[i] ?? 0)),
      ),
    ).toBeLessThan(0.001);
    expect(randomisationTest(one, one)).toBe(1);
    expect(
      randomisationTest(
        one,
        one.map((value, i) => value + (noise[i] ?? 0) - mean(noise)),
      ),
    ).toBeGreaterThan(0.9);
    // Of 2³ signs two give a sum as large: p = 1/4.
    expect(randomisationTest([1, 2, 3], [0, 0, 0])).toBeCloseTo(0.25, 1);
  });

  it('computes the area under the curve, ties counting half', () => {
    expect(areaUnderCurve([2, 3], [0, 1])).toBe(1);
    expect(areaUnderCurve([0, 1], [2, 3])).toBe(0);
    expect(areaUnderCurve([1, 2], [1, 2])).toBe(0.5);
    expect(areaUnderCurve([1, 1], [1, 0])).toBe(0.75);
    expect(areaUnderCurve([], [1])).toBeNaN();
  });

  it('draws evenly, from any seed', () => {
    for (const seed of [0, 1, -5, 2 ** 31]) {
      const drawn = uniform(10_000, seed);
      expect(mean(drawn)).toBeGreaterThan(0.48);
      expect(mean(drawn)).toBeLessThan(0.52);
      expect(Math.max(...drawn)).toBeLessThan(1);
    }
  });
});
