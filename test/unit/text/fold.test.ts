import { describe, expect, it } from 'vitest';
import { foldCase, foldWords, isAscii } from '../../../app/text/fold.ts';

describe('foldCase', () => {
  it.each([
    ['Résumé', 'resume'],
    ['re\u0301sume\u0301', 'resume'],
    ['ﬁnal', 'final'],
    ['ＡＢＣ', 'abc'],
    ['co\u00adoperate', 'cooperate'],
    ['Ёлка', 'елка'],
    ['йод', 'йод'],
    ['don’t', "don't"],
    ['か\u3099', 'が'],
  ])('%s → %s', (text, folded) => {
    expect(foldCase(text)).toBe(folded);
  });
});

describe('isAscii', () => {
  it('tells the texts that folding leaves as they are but for their case', () => {
    const ascii = Array.from({ length: 0x80 }, (_, unit) => String.fromCharCode(unit)).join('');
    expect(isAscii(ascii)).toBe(true);
    expect(foldWords(ascii)).toBe(ascii);
    expect(foldCase(ascii)).toBe(ascii.toLowerCase());
    expect(isAscii('a\u0080')).toBe(false);
    expect(isAscii('é.é', 1, 2)).toBe(true);
  });
});
