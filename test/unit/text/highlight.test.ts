import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FOUND_HEAT, heatOf, toHighlights } from '../../../app/text/highlight.ts';

const STRINGS = {
  text: 'The tenant may end the lease early.',
  title: 'Lease contract',
  heading: 'Ending › Notice',
  context: '',
};
const word = (index: number, text: string, weight = 1) => ({ index, text, weight });
const textSpan = (start: number, end: number) => ({ part: 'text' as const, start, end });

describe('heatOf', () => {
  it('is 0 at chance level and 1 at a perfect match, and grows between', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: -1, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.95, noNaN: true }),
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        (a, b, mean, deviation) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          expect(heatOf(low, mean, deviation)).toBeLessThanOrEqual(heatOf(high, mean, deviation));
          expect(heatOf(mean, mean, deviation)).toBe(0);
          expect(heatOf(a, mean, deviation)).toBeGreaterThanOrEqual(0);
          expect(heatOf(a, mean, deviation)).toBeLessThanOrEqual(1);
        },
      ),
    );
    expect(heatOf(1, 0.5, 0.1)).toBe(1);
    expect(heatOf(0.62, 0.5, 0.1)).toBe(0);
    expect(heatOf(0.8, 0.5, 0.05)).toBeGreaterThan(0.5);
  });

  it('does not glow for a token that finds the same everywhere', () => {
    expect(heatOf(0.91, 0.9, 0)).toBe(0);
  });
});

describe('toHighlights', () => {
  it('lights whole words once, with the strongest heat and all words that found them', () => {
    const highlights = toHighlights(
      [
        { word: 0, weight: 1, heat: 0.4, located: [textSpan(23, 25)] },
        { word: 0, weight: 1, heat: 0.9, located: [textSpan(25, 28)] },
        { word: 1, weight: 1, heat: 0.5, located: [textSpan(23, 28), { part: 'title', start: 0, end: 5 }] },
      ],
      STRINGS,
      [],
    );
    expect(highlights).toEqual([
      { part: 'text', start: 23, end: 28, heat: 0.9, words: [0, 1], exact: false },
      { part: 'title', start: 0, end: 5, heat: 0.5, words: [1], exact: false },
    ]);
  });

  it('leaves out what is at chance level, muted, negative or special', () => {
    const located = [textSpan(4, 10)];
    const highlights = toHighlights(
      [
        { word: 0, weight: 1, heat: FOUND_HEAT / 2, located },
        { word: 1, weight: 0, heat: 1, located },
        { word: 2, weight: -1, heat: 1, located },
        { word: null, weight: 1, heat: 1, located },
      ],
      STRINGS,
      [word(1, 'tenant', 0), word(2, 'early', -1)],
    );
    expect(highlights).toEqual([]);
  });

  it('marks what matches letter for letter, in every part', () => {
    const highlights = toHighlights(
      [{ word: 3, weight: 1, heat: 0.7, located: [textSpan(23, 28)] }],
      STRINGS,
      [word(3, 'LEASE'), word(5, 'notice')],
    );
    expect(highlights).toEqual([
      { part: 'heading', start: 9, end: 15, heat: 0, words: [5], exact: true },
      { part: 'text', start: 23, end: 28, heat: 0.7, words: [3], exact: true },
      { part: 'title', start: 0, end: 5, heat: 0, words: [3], exact: true },
    ]);
  });
});
