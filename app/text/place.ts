import type { Place, Segment } from '../contract/document.ts';
import { assertNever } from '../contract/errors.ts';

/** Line feeds in [start, end) of text; nothing beyond is looked at. */
export function countNewlines(text: string, start: number, end: number): number {
  const stretch = text.slice(start, end);
  let count = 0;
  for (let at = stretch.indexOf('\n'); at >= 0; at = stretch.indexOf('\n', at + 1)) count += 1;
  return count;
}

/** Index of the last segment that starts at or before `offset`, −1 if there is none. */
export function segmentAt(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.start ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** A place `lines` line feeds and `units` UTF-16 units further on in its segment. */
export function advancePlace(place: Place, lines: number, units: number): Place {
  switch (place.kind) {
    case 'line': {
      const line = place.line + lines;
      if (place.endLine === undefined) return { kind: 'line', line };
      return { kind: 'line', line: Math.min(line, place.endLine), endLine: place.endLine };
    }
    case 'notebook-cell':
    case 'message':
    case 'key':
      return place.line === undefined ? place : { ...place, line: place.line + lines };
    case 'page':
      return place.itemStart === undefined ? place : { ...place, itemStart: place.itemStart + units };
    default:
      return place;
  }
}

/**
 * Where the character at `offset` stands in the source. Text between segments has the place of the segment
 * before it, text before the first that of the first.
 *
 * @param text what the segments' offsets count in; lines inside a segment of several lines are counted in it
 * @returns null when there are no segments; a line place names one line, not a range
 */
export function placeAt(segments: readonly Segment[], offset: number, text: string): Place | null {
  const segment = segments[Math.max(0, segmentAt(segments, offset))];
  if (segment === undefined) return null;
  const inside = Math.min(Math.max(offset, segment.start), segment.end);
  const place = advancePlace(
    segment.place,
    countNewlines(text, segment.start, inside),
    inside - segment.start,
  );
  return place.kind === 'line' ? { kind: 'line', line: place.line } : place;
}

/**
 * Cuts the segments to passages: successive calls with ascending ranges cost time linear in the text.
 * The segments given back have offsets relative to `start` and places that say where their first character is.
 */
export class SegmentSlicer {
  readonly #text: string;
  readonly #segments: readonly Segment[];
  #countedIn = -1;
  #countedTo = 0;
  #lines = 0;

  constructor(text: string, segments: readonly Segment[]) {
    this.#text = text;
    this.#segments = segments;
  }

  slice(start: number, end: number): Segment[] {
    const cut: Segment[] = [];
    for (let index = Math.max(0, segmentAt(this.#segments, start)); ; index += 1) {
      const segment = this.#segments[index];
      if (segment === undefined || segment.start >= end) break;
      const from = Math.max(segment.start, start);
      const to = Math.min(segment.end, end);
      if (from < to) cut.push(this.#part(segment, index, from, to, start));
    }
    return cut.length > 0 ? cut : this.#inherited(start, end);
  }

  #part(segment: Segment, index: number, from: number, to: number, base: number): Segment {
    const skipped = from - segment.start;
    let place = advancePlace(segment.place, this.#linesBefore(segment, index, from), skipped);
    if (place.kind === 'line' && place.endLine !== undefined && to < segment.end) {
      const endLine = Math.min(place.endLine, place.line + countNewlines(this.#text, from, to));
      place = { ...place, endLine: Math.max(place.line, endLine) };
    }
    return {
      start: from - base,
      end: to - base,
      place,
      ...(segment.sourceStart === undefined ? {} : { sourceStart: segment.sourceStart + skipped }),
    };
  }

  /** A range wholly between segments has the place at the end of the segment before it. */
  #inherited(start: number, end: number): Segment[] {
    const place = placeAt(this.#segments, start, this.#text);
    return place === null ? [] : [{ start: 0, end: end - start, place }];
  }

  /** Line feeds from the segment's start to `offset`, counted on from the last call where that was nearer. */
  #linesBefore(segment: Segment, index: number, offset: number): number {
    if (this.#countedIn !== index || this.#countedTo > offset) {
      this.#countedIn = index;
      this.#countedTo = segment.start;
      this.#lines = 0;
    }
    this.#lines += countNewlines(this.#text, this.#countedTo, offset);
    this.#countedTo = offset;
    return this.#lines;
  }
}

/** The place of a passage's text from `offset` on (relative to the passage); null when its source has no map. */
export function placeOf(
  passage: { readonly segments: readonly Segment[]; readonly text: string },
  matched: { readonly start: number } | null,
): Place | null {
  return placeAt(passage.segments, matched?.start ?? 0, passage.text);
}

/** A place as a person is told: "page 12", "line 340", "Budget!B7". "" for null. */
export function placeLabel(place: Place | null): string {
  if (place === null) return '';
  switch (place.kind) {
    case 'line':
      return place.endLine !== undefined && place.endLine > place.line
        ? `lines ${place.line}–${place.endLine}`
        : `line ${place.line}`;
    case 'page':
      return `page ${place.page}`;
    case 'slide':
      return place.part === 'notes' ? `slide ${place.slide}, notes` : `slide ${place.slide}`;
    case 'sheet':
      return place.cell === undefined ? place.sheet : `${place.sheet}!${place.cell}`;
    case 'notebook-cell':
      return place.line === undefined ? `cell ${place.cell}` : `cell ${place.cell}, line ${place.line}`;
    case 'paragraph':
      return `paragraph ${place.paragraph}`;
    case 'chapter':
      return place.title === undefined || place.title === ''
        ? `chapter ${place.chapter}`
        : `chapter ${place.chapter}: ${place.title}`;
    case 'message':
      return place.subject === undefined || place.subject === ''
        ? `message ${place.message}`
        : `message ${place.message}: ${place.subject}`;
    case 'time':
      return clockTime(place.seconds);
    case 'key':
      return place.key;
    default:
      return assertNever(place);
  }
}

/** 754 → "12:34", 3723 → "1:02:03". */
function clockTime(seconds: number): string {
  const whole = Math.floor(seconds);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`;
}
