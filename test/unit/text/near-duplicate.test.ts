import { describe, expect, it } from 'vitest';
import { NearDuplicates, sketchOf } from '../../../app/text/near-duplicate.ts';
import { paragraph, random } from './documents.ts';

const NUMBERLESS = (seed: number): string => paragraph(random(seed), 8).replace(/\d/g, '');

describe('NearDuplicates', () => {
  it('finds a text again through case, spacing, punctuation and a changed word', () => {
    const texts = Array.from({ length: 200 }, (_, seed) => NUMBERLESS(seed));
    const known = new NearDuplicates<number>();
    texts.forEach((text, index) => {
      expect(known.find(sketchOf(text))).toBeUndefined();
      known.add(sketchOf(text), index);
    });
    texts.forEach((text, index) => {
      const words = text.toUpperCase().replace(/\./g, ' –').split(' ');
      words[10] = 'elsewhere';
      expect(known.find(sketchOf(words.join('  ')))).toBe(index);
    });
  });

  it('tells texts apart that share less', () => {
    const known = new NearDuplicates<string>();
    const text = NUMBERLESS(1);
    known.add(sketchOf(text), 'a');
    const half = text.slice(0, text.length / 2);
    expect(known.find(sketchOf(half))).toBeUndefined();
  });

  it('tells texts apart that differ in their numbers', () => {
    const known = new NearDuplicates<string>();
    const invoice = (amount: string): string => `${NUMBERLESS(3)} The amount due is ${amount} euros.`;
    known.add(sketchOf(invoice('1200')), 'first');
    expect(known.find(sketchOf(invoice('1300')))).toBeUndefined();
    expect(known.find(sketchOf(invoice('1200')))).toBe('first');
  });

  it('compares a text in ASCII as it does others', () => {
    for (let seed = 0; seed < 50; seed += 1) {
      const text = paragraph(random(seed), 3);
      const other = sketchOf(`${text.replace(/e/g, 'é')} …`);
      const sketch = sketchOf(text);
      expect(sketch.shingles).toEqual(other.shingles);
      expect(sketch.numbers).toBe(other.numbers);
      expect(sketch.shingles).toEqual(Uint32Array.from(new Set(sketch.shingles)).sort());
    }
    expect(sketchOf('one two three one two three one two three').shingles).toHaveLength(3);
  });

  it('takes Chinese, short and empty texts', () => {
    const known = new NearDuplicates<string>();
    known.add(sketchOf('人工智能技术正在改变我们的日常生活方式以及工作。'), 'cjk');
    known.add(sketchOf('ok'), 'short');
    known.add(sketchOf(''), 'empty');
    expect(known.find(sketchOf('人工智能技术正在改变我们的日常生活方式以及工作'))).toBe('cjk');
    expect(known.find(sketchOf('人工智能'))).toBeUndefined();
    expect(known.find(sketchOf('OK!'))).toBe('short');
    expect(known.find(sketchOf('no'))).toBeUndefined();
    expect(known.find(sketchOf(' … '))).toBe('empty');
  });
});
