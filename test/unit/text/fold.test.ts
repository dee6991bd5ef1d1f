import { describe, expect, it } from 'vitest';
import { findWords, foldCase, growToWords } from '../../../app/text/fold.ts';

const found = (text: string, ...words: string[]) =>
  findWords(text, words).map(({ word, start, end }) => [words[word], text.slice(start, end)]);

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

describe('findWords', () => {
  it('finds whole words, case and accents apart, where they stand in the original', () => {
    const text = 'The RÉSUMÉ, a re\u0301sume\u0301; résumés are others.';
    expect(found(text, 'resume')).toEqual([
      ['resume', 'RÉSUMÉ'],
      ['resume', 're\u0301sume\u0301'],
    ]);
  });

  it('finds words of several parts only where all stand in a row', () => {
    const text = 'A well-known name is well known; known well it is not. Write to a.b@c.org.';
    expect(found(text, 'well-known')).toEqual([
      ['well-known', 'well-known'],
      ['well-known', 'well known'],
    ]);
    expect(found(text, 'a.b@c.org')).toEqual([['a.b@c.org', 'a.b@c.org']]);
    expect(found('well', 'well-known')).toEqual([]);
  });

  it('tells several words apart and reports equal ones once', () => {
    expect(found('one two one', 'two', 'one', 'ONE')).toEqual([
      ['one', 'one'],
      ['two', 'two'],
      ['one', 'one'],
    ]);
  });

  it('finds words in Chinese and nothing for punctuation', () => {
    expect(found('我们研究人工智能。', '人工智能').map(([, text]) => text)).toEqual(['人工智能']);
    expect(found('a + b', '+')).toEqual([]);
    expect(found('', 'a')).toEqual([]);
  });
});

describe('growToWords', () => {
  it('grows to the words touched, also across spans of several words, and leaves other spans', () => {
    const text = 'constitutional rights, 人工智能';
    const grow = (start: number, end: number) => {
      const grown = growToWords(text, start, end);
      return text.slice(grown.start, grown.end);
    };
    expect(grow(3, 6)).toBe('constitutional');
    expect(grow(13, 16)).toBe('constitutional rights');
    expect(grow(21, 22)).toBe(',');
  });
});
