import type { Place, Segment } from '../contract/index.ts';
import { ByteReader, ByteWriter } from './varint.ts';

/*
 * A passage's source map on disk. A page of PDF has a segment for each run of text, so a segment is written as
 * differences from the one before of the same kind: three to six bytes instead of a hundred of JSON.
 * A segment is: kind and the set of its optional fields (one integer), start − end of the segment before, length,
 * sourceStart − (the one before + its length) when present, then the fields of its place in the order below.
 */
type FieldKind = 'integer' | 'number' | 'string';
interface FieldLayout {
  readonly name: string;
  readonly kind: FieldKind;
  readonly optional?: true;
}

/** Order is the format: append kinds and fields, never reorder them (that is a new format version). */
const LAYOUTS: readonly (readonly [Place['kind'], readonly FieldLayout[]])[] = [
  [
    'line',
    [
      { name: 'line', kind: 'integer' },
      { name: 'endLine', kind: 'integer', optional: true },
    ],
  ],
  [
    'page',
    [
      { name: 'page', kind: 'integer' },
      { name: 'item', kind: 'integer', optional: true },
      { name: 'itemStart', kind: 'integer', optional: true },
    ],
  ],
  [
    'slide',
    [
      { name: 'slide', kind: 'integer' },
      { name: 'part', kind: 'string', optional: true },
    ],
  ],
  [
    'sheet',
    [
      { name: 'sheet', kind: 'string' },
      { name: 'cell', kind: 'string', optional: true },
    ],
  ],
  [
    'notebook-cell',
    [
      { name: 'cell', kind: 'integer' },
      { name: 'line', kind: 'integer', optional: true },
    ],
  ],
  ['paragraph', [{ name: 'paragraph', kind: 'integer' }]],
  [
    'chapter',
    [
      { name: 'chapter', kind: 'integer' },
      { name: 'title', kind: 'string', optional: true },
    ],
  ],
  [
    'message',
    [
      { name: 'message', kind: 'integer' },
      { name: 'line', kind: 'integer', optional: true },
      { name: 'subject', kind: 'string', optional: true },
    ],
  ],
  [
    'time',
    [
      { name: 'seconds', kind: 'number' },
      { name: 'endSeconds', kind: 'number', optional: true },
    ],
  ],
  [
    'key',
    [
      { name: 'key', kind: 'string' },
      { name: 'line', kind: 'integer', optional: true },
    ],
  ],
];

/** Fields seen last, so that the next segment of the same kind needs only the difference. */
interface Memory {
  readonly last: Map<string, number>;
  readonly strings: Map<string, number>;
  end: number;
  sourceEnd: number;
}

const freshMemory = (): Memory => ({ last: new Map(), strings: new Map(), end: 0, sourceEnd: 0 });

export function encodeSegments(segments: readonly Segment[]): Uint8Array {
  const out = new ByteWriter();
  const memory = freshMemory();
  for (const segment of segments) {
    const code = LAYOUTS.findIndex(([kind]) => kind === segment.place.kind);
    const layout = LAYOUTS[code];
    if (!layout) throw new RangeError(`no layout for a place of kind ${segment.place.kind}`);
    const place: Readonly<Record<string, unknown>> = segment.place;
    let present = segment.sourceStart === undefined ? 0 : 1;
    let bit = 2;
    for (const field of layout[1]) {
      if (!field.optional) continue;
      if (place[field.name] !== undefined) present += bit;
      bit *= 2;
    }
    out.unsigned(present * 16 + code);
    out.signed(segment.start - memory.end);
    out.signed(segment.end - segment.start);
    memory.end = segment.end;
    if (segment.sourceStart !== undefined) {
      out.signed(segment.sourceStart - memory.sourceEnd);
      memory.sourceEnd = segment.sourceStart + segment.end - segment.start;
    }
    for (const field of layout[1]) {
      const value = place[field.name];
      if (value !== undefined) writeField(out, memory, `${code}.${field.name}`, field, value);
    }
  }
  return out.finish();
}

function writeField(out: ByteWriter, memory: Memory, key: string, field: FieldLayout, value: unknown): void {
  if (field.kind === 'integer') {
    const number = Number(value);
    out.signed(number - (memory.last.get(key) ?? 0));
    memory.last.set(key, number);
  } else if (field.kind === 'number') {
    out.float(Number(value));
  } else {
    const text = String(value);
    const known = memory.strings.get(text);
    out.unsigned(known ?? memory.strings.size);
    if (known === undefined) {
      memory.strings.set(text, memory.strings.size);
      out.string(text);
    }
  }
}

/** @throws RangeError when the bytes are not what {@link encodeSegments} wrote */
export function decodeSegments(bytes: Uint8Array): Segment[] {
  const reader = new ByteReader(bytes);
  const segments: Segment[] = [];
  const last = new Map<string, number>();
  const strings: string[] = [];
  let previousEnd = 0;
  let sourceEnd = 0;
  while (!reader.done) {
    const head = reader.unsigned();
    const code = head % 16;
    const present = Math.floor(head / 16);
    const layout = LAYOUTS[code];
    if (!layout) throw new RangeError(`no place of kind number ${code}`);
    const start = previousEnd + reader.signed();
    const end = start + reader.signed();
    previousEnd = end;
    let sourceStart: number | undefined;
    if (present & 1) {
      sourceStart = sourceEnd + reader.signed();
      sourceEnd = sourceStart + end - start;
    }
    const place: Record<string, unknown> = { kind: layout[0] };
    let bit = 2;
    for (const field of layout[1]) {
      if (field.optional) {
        const here = (present & bit) !== 0;
        bit *= 2;
        if (!here) continue;
      }
      place[field.name] = readField(reader, last, strings, `${code}.${field.name}`, field);
    }
    // What was encoded was a Place, and the layouts hold every field of each kind.
    const segment = { start, end, place: place as unknown as Place };
    segments.push(sourceStart === undefined ? segment : { ...segment, sourceStart });
  }
  return segments;
}

function readField(
  reader: ByteReader,
  last: Map<string, number>,
  strings: string[],
  key: string,
  field: FieldLayout,
): unknown {
  if (field.kind === 'integer') {
    const value = (last.get(key) ?? 0) + reader.signed();
    last.set(key, value);
    return value;
  }
  if (field.kind === 'number') return reader.float();
  const index = reader.unsigned();
  if (index < strings.length) return strings[index];
  if (index > strings.length) throw new RangeError('a string is missing');
  const text = reader.string();
  strings.push(text);
  return text;
}
