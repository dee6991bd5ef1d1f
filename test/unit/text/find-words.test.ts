import { describe, expect, it } from 'vitest';
import { WordFinder } from '../../../app/text/find-words.ts';
import { foldCase } from '../../../app/text/fold.ts';
import { Segmentation } from '../../../app/text/segment.ts';
import { random } from './documents.ts';
import { referenceWords } from './segmenter.ts';

const find = (text: string, words: readonly string[]) => new WordFinder(words).find(new Segmentation(text));
const found = (text: string, ...words: string[]) =>
  find(text, words).map(({ word, start, end }) => [words[word], text.slice(start, end)]);

describe('WordFinder', () => {
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

  it('finds what comparing every word of the text finds', () => {
    const pieces = [
      'Résumé',
      're\u0301sume\u0301',
      'resume',
      'RESUMES',
      'a.b',
      'a',
      'b',
      'ﬁn',
      'fin',
      '人工',
      "d'or",
      'd’or',
    ];
    const signs = [' ', '-', '. ', '"', '. “', ' …'];
    const next = random(5);
    const pick = (list: readonly string[]) => list[Math.floor(next() * list.length)] ?? '';
    for (let round = 0; round < 500; round += 1) {
      const text = Array.from({ length: 12 }, () => pick(pieces) + pick(signs)).join('');
      const word = next() < 0.5 ? pick(pieces) : `${pick(pieces)}-${pick(pieces)}`;
      const parts = referenceWords(word).map(([start, end]) => foldCase(word.slice(start, end)));
      const all = referenceWords(text);
      const expected = all.flatMap(([start], at) => {
        const run = all.slice(at, at + parts.length);
        const folded = run.map(([from, to]) => foldCase(text.slice(from, to)));
        return folded.join('\0') === parts.join('\0') ? [{ word: 0, start, end: run.at(-1)?.[1] }] : [];
      });
      expect(find(text, [word])).toEqual(expected);
    }
  });
});
