import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ModelManifest, modelManifestSchema } from '../../../app/contract/index.ts';
import { createTokenCounter } from '../../../app/encode/count.ts';
import { utf16Spans } from '../../../app/encode/offsets.ts';
import { PassageTokenizer } from '../../../app/encode/tokenizer.ts';
import { byteLevelTokenizer, idOf, wordPieceTokenizer } from './tiny-package.ts';

const shipped = resolve(import.meta.dirname, '../../../models/default/tokenizer.json');
let folder: string;
let wordPiece: string;
let byteLevel: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-tokenizer-'));
  wordPiece = join(folder, 'word-piece.json');
  byteLevel = join(folder, 'byte-level.json');
  writeFileSync(wordPiece, JSON.stringify(wordPieceTokenizer()));
  writeFileSync(byteLevel, JSON.stringify(byteLevelTokenizer()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function manifest(change: Partial<ModelManifest> = {}): ModelManifest {
  return modelManifestSchema.parse({
    format: 1,
    name: 'tiny',
    version: '1',
    license: 'none',
    model: 'model.onnx',
    tokenizer: 'tokenizer.json',
    dimension: 16,
    maxPassageTokens: 64,
    maxQueryTokens: 32,
    files: {},
    ...change,
  });
}

/** What the spans of a text cut out of it. */
function cut(text: string, spans: Uint32Array): string[] {
  return Array.from({ length: spans.length / 2 }, (_, i) => text.slice(spans[2 * i], spans[2 * i + 1]));
}

describe('places of tokens in UTF-16', () => {
  test.each([
    ['plain words', 'the river bridge', ['the', 'river', 'bridge']],
    ['accents', 'Café naïve end', ['Café', 'naïve', 'end']],
    ['combining marks', 'Cafe\u0301 nai\u0308ve', ['Cafe\u0301', 'nai\u0308ve']],
    ['a mark after the last letter of a piece', 'e\u0301te\u0301', ['e\u0301t', 'e\u0301']],
    ['curly quotes', '“river” it’s', ['“', 'river', '”', 'it', '’', 's']],
    ['ideographs', '漢字river', ['漢', '字', 'river']],
    ['ideographs outside the basic plane', '𠀀𠀁 river', ['𠀀', '𠀁', 'river']],
    ['emoji', '😀 river 👍🏽 bridge', ['😀', 'river', '👍🏽', 'bridge']],
    ['joined emoji', 'x 👩‍🔬 river', ['x', '👩‍🔬', 'river']],
    ['mathematical letters', '𝒳 the 𝒴𝒵', ['𝒳', 'the', '𝒴𝒵']],
    ['right to left', 'שלום river', ['ש', 'ל', 'ו', 'ם', 'river']],
    ['zero width', 'ri\u200bver the\ufeff river', ['ri\u200bver', 'the', 'river']],
    ['a lone surrogate', 'the \ud800 river', ['the', 'river']],
    ['a capital whose small form is longer', 'İt river', ['İt', 'river']],
    ['nothing', '', []],
    ['white space alone', ' \n\t ', []],
    ['white space of every kind', ' the\u00a0river\u2003bridge\r\nend ', ['the', 'river', 'bridge', 'end']],
  ])('%s', async (_, text, parts) => {
    const tokenizer = await PassageTokenizer.load(shipped, manifest());
    const found = cut(text, await tokenizer.offsets(text));
    // Pieces of one word stand together: what matters is that they cover the words and nothing else.
    const joined: string[] = [];
    let at = 0;
    for (const part of parts) {
      let word = '';
      while (word.length < part.length && at < found.length) word += found[at++] ?? '';
      joined.push(word);
    }
    expect(joined).toEqual(parts);
    expect(found.slice(at).filter((rest) => /[\p{L}\p{N}]/u.test(rest))).toEqual([]);
  });

  test('ligatures keep their place', async () => {
    const tokenizer = await PassageTokenizer.load(shipped, manifest());
    const text = 'the ﬁnal of\ufb03ce';
    const found = cut(text, await tokenizer.offsets(text));
    expect(found.join('')).toBe('theﬁnalof\ufb03ce');
  });

  test('byte-level tokens of one character all have its place, and leave out the space before a word', async () => {
    const tokenizer = await PassageTokenizer.load(byteLevel, manifest());
    const text = 'the the é😀 the';
    const found = cut(text, await tokenizer.offsets(text));
    expect(found[0]).toBe('the');
    expect(found[1]).toBe('the');
    expect(found.filter((part) => part === 'é')).toHaveLength(2);
    expect(found.filter((part) => part === '😀')).toHaveLength(4);
    expect(found.at(-1)).toBe('the');
  });

  test('whatever the text, spans are in order, within it, and never cut a character in two', async () => {
    const tokenizer = await PassageTokenizer.load(shipped, manifest());
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc.string({ unit: 'grapheme', maxLength: 60 }),
        ),
        async (text) => {
          const spans = await tokenizer.offsets(text);
          let last = 0;
          for (let i = 0; i < spans.length; i += 2) {
            const [start = 0, end = 0] = spans.subarray(i, i + 2);
            expect(start).toBeGreaterThanOrEqual(last);
            expect(end).toBeGreaterThanOrEqual(start);
            expect(end).toBeLessThanOrEqual(text.length);
            for (const at of [start, end]) {
              const inside =
                /[\ud800-\udbff]/.test(text.charAt(at - 1)) && /[\udc00-\udfff]/.test(text.charAt(at));
              expect(inside).toBe(false);
            }
            last = start;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  test('a long text is cut into stretches without losing or moving a token', async () => {
    const tokenizer = await PassageTokenizer.load(shipped, manifest());
    const text = 'the quick 😀 brown fox.\n'.repeat(4000);
    const spans = await tokenizer.offsets(text);
    const words = cut(text, spans);
    expect(words.filter((word) => word === 'quick')).toHaveLength(4000);
    expect(words.filter((word) => word === '😀')).toHaveLength(4000);
    expect(words.join('')).toBe('thequick😀brownfox.'.repeat(4000));
    expect((await tokenizer.lengths([text]))[0]).toBe(spans.length / 2);
  });

  test('code points and UTF-16 units agree without characters outside the basic plane', () => {
    expect([
      ...utf16Spans('ab cd', [
        [0, 2],
        [3, 5],
      ]),
    ]).toEqual([0, 2, 3, 5]);
    expect([
      ...utf16Spans('a😀 cd', [
        [0, 2],
        [3, 5],
      ]),
    ]).toEqual([0, 3, 4, 6]);
  });
});

describe('passages', () => {
  test('padding and truncation of tokenizer.json are off; special tokens frame the text', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest());
    const text = 'the bridge of the river the bridge of the river the bridge of the river';
    const [row, empty] = await tokenizer.passages([text, '']);
    expect(row?.ids).toHaveLength(2 + 15);
    expect([row?.ids[0], row?.ids.at(-1)]).toEqual([idOf('[CLS]'), idOf('[SEP]')]);
    expect(row?.truncated).toBe(false);
    expect([...(row?.spans.subarray(0, 4) ?? [])]).toEqual([0, 0, 0, 3]);
    expect([...(empty?.ids ?? [])]).toEqual([idOf('[CLS]'), idOf('[SEP]')]);
    expect([...(empty?.keep ?? [])]).toEqual([1, 1]);
  });

  test('a prefix follows the first special token; as text it is cut into tokens', async () => {
    const marked = await PassageTokenizer.load(wordPiece, manifest({ passagePrefix: '[D] ' }));
    const [row] = await marked.passages(['the river']);
    expect([...(row?.ids ?? [])].slice(0, 3)).toEqual(['[CLS]', '[D] ', 'the'].map(idOf));
    expect([...(row?.spans ?? [])].slice(0, 6)).toEqual([0, 0, 0, 0, 0, 3]);
    const unused = await PassageTokenizer.load(wordPiece, manifest({ passagePrefix: '[unused1]' }));
    const [second] = await unused.passages(['the river']);
    expect(second?.ids[1]).toBe(idOf('[unused1]'));
    const words = await PassageTokenizer.load(wordPiece, manifest({ passagePrefix: 'the end:' }));
    const [third] = await words.passages(['river']);
    expect([...(third?.ids ?? [])]).toEqual(['[CLS]', 'the', 'end', ':', 'river', '[SEP]'].map(idOf));
  });

  test('skipped tokens are not kept, special ones only when asked for', async () => {
    const tokenizer = await PassageTokenizer.load(
      wordPiece,
      manifest({ skipTokens: ['.', ',', 'no such token'], keepSpecialTokens: false, passagePrefix: '[D] ' }),
    );
    const [row, dots] = await tokenizer.passages(['the, river.', '...']);
    expect([...(row?.keep ?? [])]).toEqual([0, 0, 1, 0, 1, 0, 0]);
    // Nothing would be left of "...": then all of it is.
    expect(dots?.keep.every((kept) => kept === 1)).toBe(true);
  });

  test('a passage that is too long ends at a word boundary, and says so', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ maxPassageTokens: 16 }));
    // "xyzq" takes four pieces: thirteen fit beside the frame, so that the fourth word would be cut.
    const text = 'xyzq xyzq xyzq xyzq xyzq';
    const [row] = await tokenizer.passages([text]);
    expect(row?.truncated).toBe(true);
    expect(row?.ids).toHaveLength(2 + 12);
    expect(row?.ids.at(-1)).toBe(idOf('[SEP]'));
    expect(cut(text, row?.spans.subarray(2, -2) ?? new Uint32Array()).join('')).toBe('xyzq'.repeat(3));
  });

  test('without word boundaries the cut is where the room ends', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ maxPassageTokens: 16 }));
    const [row] = await tokenizer.passages(['x'.repeat(40)]);
    expect([row?.ids.length, row?.truncated]).toEqual([16, true]);
  });

  test('a text that just fits is not cut', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ maxPassageTokens: 16 }));
    const [row] = await tokenizer.passages(['the '.repeat(14)]);
    expect([row?.ids.length, row?.truncated]).toEqual([16, false]);
  });

  test('a long text is as its beginning', async () => {
    const tokenizer = await PassageTokenizer.load(shipped, manifest({ maxPassageTokens: 40 }));
    const text = 'the quick brown fox jumps over the lazy dog '.repeat(3000);
    const [long, short] = await tokenizer.passages([text, text.slice(0, 900)]);
    expect(long?.ids).toEqual(short?.ids);
    expect(long?.truncated).toBe(true);
  });

  test('words that the tokenizer reads as one token each do not hide the end of a long text', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ maxPassageTokens: 24 }));
    const word = 'y'.repeat(150);
    const text = `${word} `.repeat(60);
    const [row] = await tokenizer.passages([text]);
    expect([row?.ids.length, row?.truncated]).toEqual([24, true]);
    expect(cut(text, row?.spans ?? new Uint32Array()).filter((part) => part === word)).toHaveLength(22);
  });
});

describe('queries', () => {
  test('tokens say what they are and where they stand', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ queryPrefix: '[Q] ' }));
    const query = await tokenizer.query('Contractual cost');
    expect(query.tokens).toEqual([
      { piece: '[CLS]', start: 0, end: 0, kind: 'special' },
      { piece: '[Q] ', start: 0, end: 0, kind: 'special' },
      { piece: 'contract', start: 0, end: 8, kind: 'word' },
      { piece: '##ual', start: 8, end: 11, kind: 'word' },
      { piece: 'cost', start: 12, end: 16, kind: 'word' },
      { piece: '[SEP]', start: 0, end: 0, kind: 'special' },
    ]);
    expect(query.attention.every((value) => value === 1)).toBe(true);
  });

  test.each([
    [false, 0],
    [true, 1],
  ])('expansion pads to its length; attended to: %s', async (attend, value) => {
    const tokenizer = await PassageTokenizer.load(
      wordPiece,
      manifest({ queryPrefix: '[Q] ', queryExpansion: { token: '[MASK]', length: 12, attend } }),
    );
    const query = await tokenizer.query('the river');
    expect(query.ids).toHaveLength(12);
    expect([...query.ids.subarray(5)]).toEqual(new Array(7).fill(idOf('[MASK]')));
    expect([...query.attention]).toEqual([1, 1, 1, 1, 1, ...new Array(7).fill(value)]);
    expect(query.tokens.map((token) => token.kind)).toEqual([
      'special',
      'special',
      'word',
      'word',
      'special',
      ...new Array(7).fill('expansion'),
    ]);
  });

  test('a query longer than the expansion is not padded, and never longer than the limit', async () => {
    const tokenizer = await PassageTokenizer.load(
      wordPiece,
      manifest({ maxQueryTokens: 10, queryExpansion: { token: '[MASK]', length: 8, attend: false } }),
    );
    const query = await tokenizer.query('the river the bridge the end the cost of repair');
    expect(query.ids).toHaveLength(10);
    expect(query.tokens.filter((token) => token.kind === 'expansion')).toEqual([]);
  });

  test('without special tokens only words are kept, but never nothing', async () => {
    const tokenizer = await PassageTokenizer.load(wordPiece, manifest({ keepSpecialTokens: false }));
    expect((await tokenizer.query('the river')).tokens.map((token) => token.piece)).toEqual(['the', 'river']);
    expect((await tokenizer.query('')).tokens.map((token) => token.piece)).toEqual(['[CLS]', '[SEP]']);
  });
});

describe('what does not go together', () => {
  test('an expansion token that the tokenizer lacks', async () => {
    const wrong = manifest({ queryExpansion: { token: '<mask>', length: 8, attend: false } });
    await expect(PassageTokenizer.load(wordPiece, wrong)).rejects.toMatchObject({
      code: 'model-invalid',
      subject: 'queryExpansion.token',
    });
  });

  test('a prefix that leaves no room', async () => {
    const wrong = manifest({ maxPassageTokens: 16, passagePrefix: 'the '.repeat(20) });
    await expect(PassageTokenizer.load(wordPiece, wrong)).rejects.toMatchObject({
      code: 'model-invalid',
      subject: 'maxPassageTokens',
    });
  });

  test('a file that is no tokenizer', async () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, '{"version":"1.0"}');
    await expect(PassageTokenizer.load(file, manifest())).rejects.toMatchObject({
      code: 'model-invalid',
      subject: file,
    });
  });
});

describe('counting without waiting', () => {
  const texts = [
    'The committee approved the budget of 4,200 euros (see §7) for the repair of the northern bridge.',
    'def read_table(path, encoding="utf-8"): return [line.split("\\t") for line in open(path)]',
    'Café naïve ﬁnd 漢字 “quoted” it’s 😀 שלום ri\u200bver',
    '',
    '   \n ',
  ];

  test.each([
    ['word pieces', () => shipped],
    ['bytes', () => byteLevel],
  ])('agrees with the tokenizer that encodes: %s', async (_, file) => {
    const tokenizer = await PassageTokenizer.load(file(), manifest());
    const count = createTokenCounter(file());
    const lengths = await tokenizer.lengths(texts);
    texts.forEach((text, i) => {
      expect(count(text), text).toBe(lengths[i]);
    });
  });

  test('a word of a megabyte is counted piece by piece', () => {
    const count = createTokenCounter(shipped);
    // Pieces of 400 characters are single unknown tokens of this tokenizer.
    expect(count('x'.repeat(1_000_000))).toBe(2500);
  });

  test('the second count of a text is the first', () => {
    const count = createTokenCounter(shipped);
    for (const text of texts) expect(count(text)).toBe(count(text));
  });
});
