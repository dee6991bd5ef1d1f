import { describe, expect, it } from 'vitest';
import type { EncodedQuery } from '../../../app/contract/vectors.ts';
import { encodeWhole } from '../../../app/search/encode-query.ts';

const LIMIT = 6;

/** A model that reads six tokens at once: a special one, words cut into halves of four letters, another special one. */
function encoder() {
  const asked: string[] = [];
  const encodeQuery = async (text: string): Promise<EncodedQuery> => {
    asked.push(text);
    const words = [...text.matchAll(/\w{1,4}/g)].slice(0, LIMIT - 2);
    const special = (piece: string) => ({ piece, start: 0, end: 0, kind: 'special' as const });
    const tokens = [
      special('[CLS]'),
      ...words.map((match) => ({
        piece: match[0],
        start: match.index,
        end: match.index + match[0].length,
        kind: 'word' as const,
      })),
      special('[SEP]'),
    ];
    const vectors = Float32Array.from(tokens.flatMap((_, i) => [i, asked.length]));
    return {
      vectors,
      tokens,
      dense: Float32Array.of(asked.length === 1 ? 1 : 0, asked.length === 1 ? 0 : 1),
    };
  };
  return { asked, parts: { encodeQuery } };
}

describe('encodeWhole', () => {
  it('gives a short query as the model does', async () => {
    const { asked, parts } = encoder();
    const query = await encodeWhole('ab cd ef?', parts);
    expect(asked).toEqual(['ab cd ef?']);
    expect(query.tokens.map((token) => token.piece)).toEqual(['[CLS]', 'ab', 'cd', 'ef', '[SEP]']);
  });

  it('reads the rest of a long one, with offsets in the whole text', async () => {
    const text = 'one two three four five';
    const { asked, parts } = encoder();
    const query = await encodeWhole(text, parts);
    expect(asked.length).toBeGreaterThan(1);
    for (const token of query.tokens)
      if (token.kind === 'word') expect(text.slice(token.start, token.end)).toBe(token.piece);
    expect(query.tokens.some((token) => token.piece === 'five')).toBe(true);
    expect(query.vectors).toHaveLength(2 * query.tokens.length);
    expect(Math.hypot(...query.dense)).toBeCloseTo(1, 5);
  });

  it('begins again with a word that was cut', async () => {
    const { asked, parts } = encoder();
    await encodeWhole('aa bb cc abcdefgh rest', parts);
    expect(asked[1]).toBe('abcdefgh rest');
  });

  it('ends somewhere, whatever comes', async () => {
    for (const text of ['', '???', 'a'.repeat(5000), 'word '.repeat(5000)]) {
      const { asked, parts } = encoder();
      await encodeWhole(text, parts);
      expect(asked.length).toBeLessThanOrEqual(4);
    }
  });
});
