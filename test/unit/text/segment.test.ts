import { describe, expect, it } from 'vitest';
import { Segmentation } from '../../../app/text/segment.ts';
import { random } from './documents.ts';
import { referenceWords } from './segmenter.ts';

/** Characters of many kinds; the first four are what most text is made of. */
const KINDS = [
  'abzAZ',
  '0189',
  ' \t\n\r',
  '_.,;:\'!?-–—()[]{}"“”‘’…/\\@#$%&*+=<>|~^`',
  'éüßñÀÿøþªºµ',
  'αβγΩάώϐ',
  'Привётйѐ\u0482',
  '\u0301\u0308\u0323\u036f\u0345',
  '\u00ad\u200b\u200c\u200d\u2060\ufeff\u00a0\u2009\u202f\u2028\u2029\u0085',
  '·•†‡§¶©®™°±²³¹¼½×÷€£¥¢«»‹›',
  '研究人工智能日本のテキストカナ한국어',
  'ไทยภาษา',
  'אבגד״',
  'العربية٠١٢',
  'ﬁﬂＡ１：；',
  '👍🏽👩‍👧🇩🇪🇫🇷',
  '\u2024\u2027\u203f\u2040\u2044\u2052\u2054\u2018\u2019\u201a\u201b\u0387\u037e\u0640',
  '\0\u0001\u001f\u007f\u009f\ud800\udc00',
  'ʰʱˀ\u02c2ͰͿᴀᵃẞﬀ',
].map((kind) => [...kind]);

function randomText(next: () => number): string {
  const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)];
  const kinds = Array.from({ length: 1 + Math.floor(next() * 5) }, () =>
    pick(next() < 0.7 ? KINDS.slice(0, 4) : KINDS),
  );
  const length = Math.floor(next() * (next() < 0.05 ? 200 : 14));
  return Array.from({ length }, () =>
    next() < 0.02 ? String.fromCharCode(Math.floor(next() * 0x3100)) : (pick(pick(kinds) ?? []) ?? ''),
  ).join('');
}

const wordsOf = (segmentation: Segmentation) =>
  Array.from({ length: segmentation.count }, (_, at) => [segmentation.start(at), segmentation.end(at)]);

/** The words that a span touches, as the segmenter has them in the 64 units around it. */
function referenceGrown(text: string, start: number, end: number) {
  const from = Math.max(0, start - 64);
  const touched = referenceWords(text.slice(from, end + 64))
    .map(([wordStart, wordEnd]) => [from + wordStart, from + wordEnd] as const)
    .filter(([wordStart, wordEnd]) => wordEnd > start && wordStart < end);
  return {
    start: Math.min(start, ...touched.map(([wordStart]) => wordStart)),
    end: Math.max(end, ...touched.map(([, wordEnd]) => wordEnd)),
  };
}

describe('Segmentation', () => {
  it('has the words that Intl.Segmenter has, whatever stands beside what', () => {
    const next = random(11);
    const wrong: string[] = [];
    for (let round = 0; round < 10_000; round += 1) {
      const text = randomText(next);
      const segmentation = new Segmentation(text);
      const start = Math.floor(next() * (text.length + 1));
      const end = start + Math.floor(next() * (text.length + 1 - start));
      const [is, should] = [
        [wordsOf(segmentation), segmentation.grow(start, end)],
        [referenceWords(text), referenceGrown(text, start, end)],
      ].map((answer) => JSON.stringify(answer));
      if (is !== should) wrong.push(`${JSON.stringify([text, start, end])}: ${is} for ${should}`);
    }
    expect(wrong).toEqual([]);
  });

  it('grows spans to the words touched, also across spans of several words, and leaves other spans', () => {
    const text = 'constitutional rights, 人工智能';
    const segmentation = new Segmentation(text);
    const grow = (start: number, end: number) => {
      const grown = segmentation.grow(start, end);
      return text.slice(grown.start, grown.end);
    };
    expect(grow(3, 6)).toBe('constitutional');
    expect(grow(13, 16)).toBe('constitutional rights');
    expect(grow(21, 22)).toBe(',');
    expect(grow(23, 24)).toBe('人工');
  });

  it('grows within the neighbourhood of a span where a word is longer than that', () => {
    const text = `${'a'.repeat(500)} b`;
    for (const [start, end] of [
      [0, 1],
      [200, 210],
      [436, 500],
      [499, 502],
    ] as const)
      expect(new Segmentation(text).grow(start, end)).toEqual(referenceGrown(text, start, end));
  });

  it('takes an empty text', () => {
    expect(new Segmentation('').count).toBe(0);
    expect(new Segmentation('').grow(0, 0)).toEqual({ start: 0, end: 0 });
  });
});
