import type { TokenSpans } from '../contract/index.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/*
 * Token spans on disk, about one byte a token. Nearly every vector stands for one span that begins where the one
 * before ended or one blank later, and is short, so:
 *   vectors, then run lengths of equal span counts (count, run), then the spans.
 * A span is one byte gap × 32 + length when 0 ≤ gap ≤ 6 and length ≤ 31, gap counting from the end of the span
 * before; else 0xFF, the gap (zigzag) and the length (signed, since nothing here forbids a span that is inverted).
 *
 * Pooled vectors stand for spans from all over the text. Theirs are written in the order of the text:
 *   0, vectors, the vectors without a span (count, differences), the number of spans, a bit for each span that is the
 *   first of the next vector, then the spans, each of the others followed by how far back its vector lies.
 */
const ESCAPE = 0xff;
const LENGTHS = 32;
const GAPS = 7;
const MAX_VECTORS = 65_535;

export function encodeSpans(value: TokenSpans): Uint8Array {
  return encodePooled(value) ?? encodeInOrder(value);
}

interface PlacedSpan {
  readonly from: number;
  readonly to: number;
  readonly vector: number;
}

/** Null where the spans lie in the order of their vectors, or cannot be put back in order from that of the text. */
function encodePooled({ offsets, spans }: TokenSpans): Uint8Array | null {
  const vectors = offsets.length - 1;
  const placed: PlacedSpan[] = [];
  const empty: number[] = [];
  let inOrder = true;
  for (let vector = 0; vector < vectors; vector += 1) {
    if (offsets[vector] === offsets[vector + 1]) empty.push(vector);
    for (let pair = offsets[vector] ?? 0; pair < (offsets[vector + 1] ?? 0); pair += 1) {
      const span = { from: spans[2 * pair] ?? 0, to: spans[2 * pair + 1] ?? 0, vector };
      const before = placed.at(-1);
      if (before !== undefined && before.from > span.from) {
        if (before.vector === vector) return null;
        inOrder = false;
      }
      placed.push(span);
    }
  }
  if (inOrder) return null;
  // Stable: spans that begin at the same place keep the order of their vectors.
  placed.sort((a, b) => a.from - b.from);
  const out = new ByteWriter();
  out.unsigned(0);
  out.unsigned(vectors);
  out.unsigned(empty.length);
  empty.forEach((vector, i) => {
    out.unsigned(vector - (empty[i - 1] ?? 0));
  });
  out.unsigned(placed.length);
  const next = follower(new Set(empty));
  const back = placed.map(({ vector }) => next.take(vector));
  const flags = new Uint8Array(Math.ceil(placed.length / 8));
  back.forEach((distance, i) => {
    if (distance === 0) flags[i >> 3] = (flags[i >> 3] ?? 0) | (1 << (i & 7));
  });
  out.raw(flags);
  let end = 0;
  for (const [i, { from, to }] of placed.entries()) {
    writeSpan(out, from - end, to - from);
    end = to;
    const distance = back[i] ?? 0;
    if (distance !== 0) out.signed(distance);
  }
  return out.finish();
}

/**
 * Which vector gets its first span next, when they come in turn; those without spans are passed over. `take` tells how
 * far before it a span's vector lies.
 */
function follower(empty: ReadonlySet<number>): { readonly expected: number; take(vector: number): number } {
  let expected = 0;
  const skip = (): void => {
    while (empty.has(expected)) expected += 1;
  };
  skip();
  return {
    get expected() {
      return expected;
    },
    take(vector) {
      const distance = expected - vector;
      if (distance === 0) {
        expected += 1;
        skip();
      }
      return distance;
    },
  };
}

function decodePooled(reader: ByteReader): TokenSpans {
  const vectors = reader.unsigned();
  if (vectors > MAX_VECTORS) throw new RangeError(`${vectors} vectors are more than a passage can have`);
  const empty = new Set<number>();
  for (let left = reader.unsigned(), vector = 0; left > 0; left -= 1) {
    vector += reader.unsigned();
    empty.add(vector);
  }
  const pairs = reader.unsigned();
  const flags = reader.raw(Math.ceil(pairs / 8));
  const next = follower(empty);
  const members = Array.from({ length: vectors }, (): number[] => []);
  let end = 0;
  for (let i = 0; i < pairs; i += 1) {
    const { gap, length } = readSpan(reader);
    const from = end + gap;
    end = from + length;
    const first = (((flags[i >> 3] ?? 0) >> (i & 7)) & 1) === 1;
    const vector = next.expected - (first ? 0 : reader.signed());
    next.take(vector);
    const own = members[vector];
    if (own === undefined) throw new RangeError(`a span names vector ${vector} of ${vectors}`);
    own.push(from, end);
  }
  const offsets = new Uint32Array(vectors + 1);
  members.forEach((own, vector) => {
    offsets[vector + 1] = (offsets[vector] ?? 0) + own.length / 2;
  });
  return { offsets, spans: Uint32Array.from(members.flat()) };
}

function encodeInOrder(value: TokenSpans): Uint8Array {
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
    writeSpan(out, from - end, to - from);
    end = to;
  }
  return out.finish();
}

function writeSpan(out: ByteWriter, gap: number, length: number): void {
  if (gap >= 0 && gap < GAPS && length >= 0 && length < LENGTHS) {
    out.byte(gap * LENGTHS + length);
    return;
  }
  out.byte(ESCAPE);
  out.signed(gap);
  out.signed(length);
}

function readSpan(reader: ByteReader): { readonly gap: number; readonly length: number } {
  const head = reader.byte();
  if (head === ESCAPE) return { gap: reader.signed(), length: reader.signed() };
  return { gap: Math.floor(head / LENGTHS), length: head % LENGTHS };
}

/** @throws RangeError when the bytes are not what {@link encodeSpans} wrote */
export function decodeSpans(bytes: Uint8Array): TokenSpans {
  const reader = new ByteReader(bytes);
  const vectors = reader.unsigned();
  if (vectors === 0 && !reader.done) return decodePooled(reader);
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
    const { gap, length } = readSpan(reader);
    const from = end + gap;
    end = from + length;
    spans[i * 2] = from;
    spans[i * 2 + 1] = end;
  }
  return { offsets, spans };
}
