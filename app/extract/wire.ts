/**
 * How a document travels from worker to parent: offsets and places in columns, because hundreds of thousands of
 * small objects would take both sides seconds to pack and unpack. Unpacking trusts nothing: the sender has parsed
 * hostile files.
 */
import { z } from 'zod';
import {
  BLOCK_KINDS,
  type Block,
  type ExtractedDocument,
  extractedDocumentSchema,
  type Place,
  placeSchema,
  type Segment,
} from '../contract/document.ts';
import { documentFault } from './limits.ts';

const NONE = 0xffffffff;
/** Columns of a segment: start, end, sourceStart, kind of place, then that kind's numbers. */
const SEGMENT_COLUMNS = 7;
/** Columns of a block: start, end, kind, level, index of its heading path. */
const BLOCK_COLUMNS = 5;
const LINE = 0;
const PAGE = 1;
/** The place is the one at this index of `places`. */
const LISTED = 2;

const headSchema = extractedDocumentSchema.omit({ blocks: true, segments: true });

/** A document in transit. */
export interface WireDocument {
  readonly head: Omit<ExtractedDocument, 'blocks' | 'segments'>;
  readonly segments: Uint32Array;
  readonly blocks: Uint32Array;
  /** Heading paths, each once. */
  readonly paths: readonly (readonly string[])[];
  /** Places that are neither lines nor pages, in order of their segments, repeated ones once. */
  readonly places: readonly Place[];
}

/** Packs a document. */
export function toWire({ segments, blocks, ...head }: ExtractedDocument): WireDocument {
  const places: Place[] = [];
  const segmentTable = new Uint32Array(segments.length * SEGMENT_COLUMNS);
  segments.forEach((segment, index) => {
    const at = index * SEGMENT_COLUMNS;
    const { place } = segment;
    segmentTable[at] = segment.start;
    segmentTable[at + 1] = segment.end;
    segmentTable[at + 2] = segment.sourceStart ?? NONE;
    if (place.kind === 'line') segmentTable.set([LINE, place.line, place.endLine ?? NONE], at + 3);
    else if (place.kind === 'page')
      segmentTable.set([PAGE, place.page, place.item ?? NONE, place.itemStart ?? NONE], at + 3);
    else {
      if (places.at(-1) !== place) places.push(place);
      segmentTable.set([LISTED, places.length - 1], at + 3);
    }
  });
  const paths: (readonly string[])[] = [];
  const known = new Map<string, number>();
  const blockTable = new Uint32Array(blocks.length * BLOCK_COLUMNS);
  blocks.forEach((block, index) => {
    const key = JSON.stringify(block.headings);
    let path = known.get(key);
    if (path === undefined) {
      path = paths.push(block.headings) - 1;
      known.set(key, path);
    }
    const columns = [block.start, block.end, BLOCK_KINDS.indexOf(block.kind), block.level ?? NONE, path];
    blockTable.set(columns, index * BLOCK_COLUMNS);
  });
  return { head, segments: segmentTable, blocks: blockTable, paths, places };
}

/** What is wrong with a document's places and offsets, or null: a fault of an extractor, found before it travels. */
export function faultToTravel(document: ExtractedDocument): string | null {
  let last: Place | null = null;
  for (const { place } of document.segments) {
    if (place === last) continue;
    last = place;
    // The commonest kind by far; the schema is slow for hundreds of thousands.
    const fine =
      place.kind === 'line' && place.endLine === undefined
        ? Number.isInteger(place.line) && place.line >= 1
        : placeSchema.safeParse(place).success;
    if (!fine) return `a place is ${JSON.stringify(place)}`;
  }
  return documentFault(document);
}

const wireSchema = z.object({
  head: headSchema,
  segments: z.instanceof(Uint32Array),
  blocks: z.instanceof(Uint32Array),
  paths: z.array(z.array(z.string())),
  places: z.array(placeSchema),
});

/** Unpacks a document; null when it is not one, or its offsets are out of order. */
export function fromWire(value: unknown): ExtractedDocument | null {
  const parsed = wireSchema.safeParse(value);
  if (!parsed.success) return null;
  const { head, paths, places } = parsed.data;
  const segments = readSegments(parsed.data.segments, places);
  const blocks = readBlocks(parsed.data.blocks, paths);
  if (segments === null || blocks === null) return null;
  const document = { ...head, segments, blocks };
  return documentFault(document) === null ? document : null;
}

function readSegments(table: Uint32Array, places: readonly Place[]): Segment[] | null {
  if (table.length % SEGMENT_COLUMNS !== 0) return null;
  const segments: Segment[] = [];
  for (let at = 0; at < table.length; at += SEGMENT_COLUMNS) {
    const place = readPlace(table, at + 3, places);
    if (place === null) return null;
    const sourceStart = table[at + 2] ?? NONE;
    const start = table[at] ?? 0;
    const end = table[at + 1] ?? 0;
    segments.push(sourceStart === NONE ? { start, end, place } : { start, end, place, sourceStart });
  }
  return segments;
}

function readPlace(table: Uint32Array, at: number, places: readonly Place[]): Place | null {
  const kind = table[at];
  const first = table[at + 1] ?? 0;
  const second = table[at + 2] ?? NONE;
  const third = table[at + 3] ?? NONE;
  if (kind === LISTED) return places[first] ?? null;
  if (first < 1) return null;
  if (kind === LINE) {
    if (second === NONE) return { kind: 'line', line: first };
    return second < first ? null : { kind: 'line', line: first, endLine: second };
  }
  if (kind !== PAGE) return null;
  if (second === NONE) return { kind: 'page', page: first };
  return third === NONE
    ? { kind: 'page', page: first, item: second }
    : { kind: 'page', page: first, item: second, itemStart: third };
}

function readBlocks(table: Uint32Array, paths: readonly string[][]): Block[] | null {
  if (table.length % BLOCK_COLUMNS !== 0) return null;
  const blocks: Block[] = [];
  for (let at = 0; at < table.length; at += BLOCK_COLUMNS) {
    const [start = 0, end = 0, kindIndex = 0, level = NONE, path = 0] = table.subarray(
      at,
      at + BLOCK_COLUMNS,
    );
    const kind = BLOCK_KINDS[kindIndex];
    const headings = paths[path];
    if (kind === undefined || headings === undefined || level === 0) return null;
    blocks.push(level === NONE ? { start, end, kind, headings } : { start, end, kind, headings, level });
  }
  return blocks;
}
