import { describe, expect, it } from 'vitest';
import { NearDuplicates } from '../../../app/text/near-duplicate.ts';
import { paragraph, random } from './documents.ts';

const NUMBERLESS = (seed: number): string => paragraph(random(seed), 8).replace(/\d/g, '');

describe('NearDuplicates', () => {
  it('finds a text again through case, spacing, punctuation and a changed word', () => {
    const texts = Array.from({ length: 200 }, (_, seed) => NUMBERLESS(seed));
    const known = new NearDuplicates<number>();
    texts.forEach((text, index) => {
      expect(known.find(text)).toBeUndefined();
      known.add(text, index);
    });
    texts.forEach((text, index) => {
      const words = text.toUpperCase().replace(/\./g, ' –').split(' ');
      words[10] = 'elsewhere';
      expect(known.find(words.join('  '))).toBe(index);
    });
  });

  it('tells texts apart that share less', () => {
    const known = new NearDuplicates<string>();
    const text = NUMBERLESS(1);
    known.add(text, 'a');
    const half = text.slice(0, text.length / 2);
    expect(known.find(half)).toBeUndefined();
  });

  it('tells texts apart that differ in their numbers', () => {
    const known = new NearDuplicates<string>();
    const invoice = (amount: string): string => `${NUMBERLESS(3)} The amount due is ${amount} euros.`;
    known.add(invoice('1200'), 'first');
    expect(known.find(invoice('1300'))).toBeUndefined();
    expect(known.find(invoice('1200'))).toBe('first');
  });

  it('takes Chinese, short and empty texts', () => {
    const known = new NearDuplicates<string>();
    known.add('人工智能技术正在改变我们的日常生活方式以及工作。', 'cjk');
    known.add('ok', 'short');
    known.add('', 'empty');
    expect(known.find('人工智能技术正在改变我们的日常生活方式以及工作')).toBe('cjk');
    expect(known.find('人工智能')).toBeUndefined();
    expect(known.find('OK!')).toBe('short');
    expect(known.find('no')).toBeUndefined();
    expect(known.find(' … ')).toBe('empty');
  });
});
