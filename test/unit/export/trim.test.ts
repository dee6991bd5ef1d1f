import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens, preparePassages, shareBudget, trimAround } from '../../../app/export/index.ts';
import { item } from './items.ts';

const TEXT = `${'Nothing of interest stands here. '.repeat(20)}The tenant may end the contract with three months' notice. ${'And on it goes for a while. '.repeat(20)}`;
const AT = TEXT.indexOf('end the contract');
const HOT = [{ start: AT, end: AT + 'end the contract'.length, heat: 0.9 }];

describe('token estimate', () => {
  it('counts words, pieces of long words, punctuation and characters of scripts without spaces', () => {
    expect(estimateTokens('')).toBe(0);
    expect(estimateTokens('one two')).toBe(2);
    expect(estimateTokens('internationalisation')).toBe(5);
    expect(estimateTokens('a, b.')).toBe(4);
    expect(estimateTokens('租房合同')).toBe(4);
    expect(estimateTokens('abc租房')).toBe(3);
  });
});

describe('trimming', () => {
  it('leaves a text that fits as it is', () => {
    expect(trimAround('short text', [], 10)).toEqual({
      text: 'short text',
      start: 0,
      end: 10,
      trimmed: false,
    });
  });

  it('keeps the matched words and stays within the budget', () => {
    for (const budget of [6, 12, 30, 80]) {
      const cut = trimAround(TEXT, HOT, budget);
      expect(cut.trimmed).toBe(true);
      expect(cut.text).toContain('end the contract');
      expect(estimateTokens(cut.text)).toBeLessThanOrEqual(budget);
      expect(TEXT.slice(cut.start, cut.end)).toBe(cut.text);
    }
  });

  it('takes the whole sentence when there is room for it', () => {
    expect(trimAround(TEXT, HOT, 24).text).toContain(
      "The tenant may end the contract with three months' notice.",
    );
  });

  it('never cuts inside a word and never exceeds the budget, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.integer({ min: 0, max: 60 }),
        fc.nat(300),
        (text, budget, at) => {
          const cut = trimAround(text, [{ start: at, end: at + 5, heat: 0.7 }], budget);
          if (!cut.trimmed) return;
          expect(text.slice(cut.start, cut.end)).toBe(cut.text);
          if (cut.text === '') return;
          expect(/^\s|\s$/.test(cut.text)).toBe(false);
          expect(cut.start === 0 || /\s/.test(text[cut.start - 1] ?? '')).toBe(true);
          expect(cut.end === text.length || /\s/.test(text[cut.end] ?? '')).toBe(true);
          expect(estimateTokens(cut.text)).toBeLessThanOrEqual(budget);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('sharing a budget', () => {
  it('gives what short passages do not need to long ones', () => {
    expect(shareBudget([10, 100, 100], 110)).toEqual([10, 50, 50]);
    expect(shareBudget([10, 20], 100)).toEqual([10, 20]);
    expect(shareBudget([], 100)).toEqual([]);
  });

  it('never grants more than there is or is needed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(500), { maxLength: 20 }), fc.nat(2000), (needs, budget) => {
        const granted = shareBudget(needs, budget);
        const sum = granted.reduce((all, each) => all + each, 0);
        expect(sum).toBeLessThanOrEqual(budget);
        for (const [index, grant] of granted.entries()) expect(grant).toBeLessThanOrEqual(needs[index] ?? 0);
        const needed = needs.reduce((all, each) => all + each, 0);
        if (needed <= budget) expect(sum).toBe(needed);
      }),
    );
  });

  it('holds over a whole export, with highlights moved along', () => {
    const items = [item({ text: TEXT, highlights: HOT, path: '/a' }), item({ text: 'Short.', path: '/b' })];
    const passages = preparePassages(items, { order: 'score', budget: 40 });
    expect(passages.reduce((sum, each) => sum + each.tokens, 0)).toBeLessThanOrEqual(40);
    const long = passages.find((each) => each.trimmed);
    expect(long?.highlights.map(({ start, end }) => long.text.slice(start, end))).toEqual([
      'end the contract',
    ]);
  });
});
