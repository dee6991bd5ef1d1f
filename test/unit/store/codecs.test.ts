import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeSchema, type Segment, type TokenSpans } from '../../../app/contract/index.ts';
import { decodeMultivector, encodeMultivector } from '../../../app/store/multivector-codec.ts';
import { decodeSegments, encodeSegments } from '../../../app/store/segments-codec.ts';
import { decodeSpans, encodeSpans } from '../../../app/store/spans-codec.ts';
import { ByteReader, ByteWriter } from '../../../app/store/varint.ts';
import { packText, unpackText } from '../../../app/store/words.ts';
import { foldWords } from '../../../app/text/fold.ts';
import { passageOf, SHAPE } from './store-kit.ts';

const natural = fc.integer({ min: 0, max: 2 ** 31 });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** Leaves out fields that are undefined, as the schemas do. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T;
}

const positive = fc.integer({ min: 1, max: 1_000_000 });
const places = fc
  .oneof(
    fc.record({ kind: fc.constant('line'), line: positive, endLine: optional(positive) }),
    fc.record({
      kind: fc.constant('page'),
      page: positive,
      item: optional(natural),
      itemStart: optional(natural),
    }),
    fc.record({
      kind: fc.constant('slide'),
      slide: positive,
      part: optional(fc.constantFrom('body', 'notes')),
    }),
    fc.record({ kind: fc.constant('sheet'), sheet: fc.string(), cell: optional(fc.string()) }),
    fc.record({ kind: fc.constant('notebook-cell'), cell: positive, line: optional(positive) }),
    fc.record({ kind: fc.constant('paragraph'), paragraph: positive }),
    fc.record({ kind: fc.constant('chapter'), chapter: positive, title: optional(fc.string()) }),
    fc.record({
      kind: fc.constant('message'),
      message: positive,
      line: optional(positive),
      subject: optional(fc.string({ unit: 'grapheme' })),
    }),
    fc.record({
      kind: fc.constant('time'),
      seconds: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      endSeconds: optional(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true })),
    }),
    fc.record({ kind: fc.constant('key'), key: fc.string(), line: optional(positive) }),
  )
  .map((place) => placeSchema.parse(compact(place)));

const segments: fc.Arbitrary<Segment[]> = fc.array(
  fc
    .record({ start: natural, end: natural, place: places, sourceStart: optional(natural) })
    .map((segment) => compact(segment) as Segment),
);

const tokenSpans: fc.Arbitrary<TokenSpans> = fc
  .array(
    fc.array(
      fc.tuple(natural, natural).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]),
      { maxLength: 3 },
    ),
  )
  .map((vectors) => {
    const offsets = new Uint32Array(vectors.length + 1);
    for (const [i, pairs] of vectors.entries()) offsets[i + 1] = (offsets[i] ?? 0) + pairs.length;
    return { offsets, spans: Uint32Array.from(vectors.flat(2)) };
  });

describe('codecs', () => {
  it('integers, floats and strings come back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.maxSafeNat()),
        fc.array(fc.integer({ min: -(2 ** 51), max: 2 ** 51 })),
        fc.array(fc.double()),
        fc.array(fc.string({ unit: 'grapheme' })),
        (naturals, integers, floats, strings) => {
          const writer = new ByteWriter();
          for (const value of naturals) writer.unsigned(value);
          for (const value of integers) writer.signed(value);
          for (const value of floats) writer.float(value);
          for (const value of strings) writer.string(value);
          const reader = new ByteReader(writer.finish());
          expect(naturals.map(() => reader.unsigned())).toEqual(naturals);
          expect(integers.map(() => reader.signed())).toEqual(integers.map((value) => value + 0));
          expect(floats.map(() => reader.float())).toEqual(floats);
          expect(strings.map(() => reader.string())).toEqual(strings);
          expect(reader.done).toBe(true);
        },
      ),
    );
  });

  it('token spans come back, empty and pooled ones too', () => {
    fc.assert(
      fc.property(tokenSpans, (value) => {
        expect(decodeSpans(encodeSpans(value))).toEqual(value);
      }),
    );
  });

  it('segments of every kind come back', () => {
    fc.assert(
      fc.property(segments, (value) => {
        expect(decodeSegments(encodeSegments(value))).toEqual(value);
      }),
    );
  });

  it('spans of pooled vectors take little more than those of all', () => {
    const { spans } = passageOf('The quick brown fox jumps over the lazy dog. '.repeat(20)).spans;
    const count = spans.length / 2;
    // Every fourth word stands with one before it, and the first vector is a special token.
    const members: number[][] = [[]];
    for (let i = 0; i < count; i += 1)
      if (i % 4 === 3) members[1 + ((i * 7) % (members.length - 1))]?.push(i);
      else members.push([i]);
    const offsets = new Uint32Array(members.length + 1);
    members.forEach((own, vector) => {
      offsets[vector + 1] = (offsets[vector] ?? 0) + own.length;
    });
    const pairs = members.flat().flatMap((i) => [spans[2 * i] ?? 0, spans[2 * i + 1] ?? 0]);
    const value = { offsets, spans: Uint32Array.from(pairs) };
    const bytes = encodeSpans(value);
    expect(decodeSpans(bytes)).toEqual(value);
    expect(bytes.length).toBeLessThan(1.6 * count);
    expect(() => decodeSpans(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
  });

  it('ordinary spans take about a byte a token, PDF segments about six', () => {
    const { spans } = passageOf('The quick brown fox jumps over the lazy dog. '.repeat(20));
    expect(encodeSpans(spans).length).toBeLessThan(1.1 * spans.offsets.length);
    const runs: Segment[] = Array.from({ length: 50 }, (_, i) => ({
      start: i * 23,
      end: i * 23 + 22,
      place: { kind: 'page', page: 12, item: 40 + i, itemStart: 0 },
    }));
    expect(encodeSegments(runs).length).toBeLessThan(7 * runs.length);
  });

  it('a multivector comes back; a wrong length is refused', () => {
    const { multivector } = passageOf('one two three');
    const bytes = encodeMultivector(multivector);
    expect(decodeMultivector(bytes, SHAPE)).toEqual(multivector);
    // Not aligned to two bytes, as values inside an Arrow buffer are.
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(decodeMultivector(shifted.subarray(1), SHAPE)).toEqual(multivector);
    expect(() => decodeMultivector(bytes.subarray(1), SHAPE)).toThrow(RangeError);
  });

  it('cut bytes are refused, not misread', () => {
    const bytes = encodeSpans(passageOf('one two three').spans);
    expect(() => decodeSpans(bytes.subarray(0, bytes.length - 1))).toThrow(RangeError);
  });

  it('text and context come back whatever Unicode they hold', () => {
    const strings = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(
        'cafe\u0301',
        'soft\u00adhyphen',
        '\u1112\u1161\u11ab',
        'A\u030a',
        '\ufb01',
        '\uff21',
        'ё',
        'Å',
        '\n',
        '',
      ),
    );
    fc.assert(
      fc.property(strings, strings, strings, fc.array(strings), (title, context, text, headings) => {
        const packed = packText({ ...passageOf(text), title, context, headings });
        expect(unpackText(packed)).toEqual({ context, text });
        for (const part of [title, ...headings, text]) expect(packed.words).toContain(foldWords(part));
      }),
    );
  });
});
