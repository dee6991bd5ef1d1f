import type { TokenSpans } from '../contract/index.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/*
 * Token spans on disk, about one byte a token. Nearly every vector stands for one span that begins where the one
 * before ended or one blank later, and is short, so:
 *   vectors, then run lengths of equal span counts (count, run), then the spans.
 * A span is one byte gap × 32 + length when 0 ≤ gap ≤ 6 and length ≤ 31, gap counting from the end of the span
 * before; else 0xFF, the gap (zigzag) and the length (signed, since nothing here forbids a span that is inverted).
 */
const ESCAPE = 0xff;
const LENGTHS = 32;
const GAPS = 7;

export function encodeSpans(value: TokenSpans): Uint8Array {
  const out = new ByteWriter();
  const { offsets, spans } = value;
  const vectors = offsets.length - 1;
  out.unsigned(vectors);
  for (let i = 0; i < vectors; ) {
    const count = (offsets[i + 1] ?? 0) - (offsets[i] ?? 0);
    let run = 1;
    while (i + run < vectors && (offsets[i + run + 1] ?? 0) - (offsets[i + run] ?? 0) === count) run += 1;
    out.unsigned(count);
    out.unsigned(run);
    i += run;
  }
  let end = 0;
  for (let i = 0; i + 1 < spans.length; i += 2) {
    const from = spans[i] ?? 0;
    const to = spans[i + 1] ?? 0;
    const gap = from - end;
    const length = to - from;
    if (gap >= 0 && gap < GAPS && length >= 0 && length < LENGTHS) out.byte(gap * LENGTHS + length);
    else {
      out.byte(ESCAPE);
      out.signed(gap);
      out.signed(length);
    }
    end = to;
  }
  return out.finish();
}

/** @throws RangeError when the bytes are not what {@link encodeSpans} wrote */
export function decodeSpans(bytes: Uint8Array): TokenSpans {
  const reader = new ByteReader(bytes);
  const vectors = reader.unsigned();
  const offsets = new Uint32Array(vectors + 1);
  for (let i = 0; i < vectors; ) {
    const count = reader.unsigned();
    const run = reader.unsigned();
    if (run === 0 || i + run > vectors) throw new RangeError('the span counts do not add up');
    for (let k = 0; k < run; k += 1, i += 1) offsets[i + 1] = (offsets[i] ?? 0) + count;
  }
  const pairs = offsets[vectors] ?? 0;
  const spans = new Uint32Array(pairs * 2);
  let end = 0;
  for (let i = 0; i < pairs; i += 1) {
    const head = reader.byte();
    const gap = head === ESCAPE ? reader.signed() : Math.floor(head / LENGTHS);
    const length = head === ESCAPE ? reader.signed() : head % LENGTHS;
    const from = end + gap;
    end = from + length;
    spans[i * 2] = from;
    spans[i * 2 + 1] = end;
  }
  return { offsets, spans };
}
