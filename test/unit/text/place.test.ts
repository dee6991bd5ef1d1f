import { describe, expect, it } from 'vitest';
import type { Place, Segment } from '../../../app/contract/document.ts';
import { placeAt, placeLabel, placeOf, SegmentSlicer } from '../../../app/text/place.ts';

const TEXT = 'one\ntwo\nthree\n\nPage text here\nmore';
const SEGMENTS: Segment[] = [
  { start: 0, end: 13, place: { kind: 'line', line: 10, endLine: 12 }, sourceStart: 100 },
  { start: 15, end: 29, place: { kind: 'page', page: 2, item: 4, itemStart: 3 } },
];

describe('placeAt', () => {
  it('counts lines inside a segment of several lines', () => {
    expect(placeAt(SEGMENTS, 0, TEXT)).toEqual({ kind: 'line', line: 10 });
    expect(placeAt(SEGMENTS, 4, TEXT)).toEqual({ kind: 'line', line: 11 });
    expect(placeAt(SEGMENTS, 12, TEXT)).toEqual({ kind: 'line', line: 12 });
  });

  it('gives text between segments the place before it, and text before the first that of the first', () => {
    expect(placeAt(SEGMENTS, 14, TEXT)).toEqual({ kind: 'line', line: 12 });
    expect(placeAt([{ start: 5, end: 9, place: { kind: 'page', page: 1 } }], 0, TEXT)).toEqual({
      kind: 'page',
      page: 1,
    });
    expect(placeAt(SEGMENTS, 1000, TEXT)).toMatchObject({ kind: 'page', page: 2 });
    expect(placeAt([], 3, TEXT)).toBeNull();
  });

  it('moves along a page’s text item', () => {
    expect(placeAt(SEGMENTS, 20, TEXT)).toEqual({ kind: 'page', page: 2, item: 4, itemStart: 8 });
  });

  it('gives the place of a match in a passage', () => {
    const passage = { text: TEXT, segments: SEGMENTS };
    expect(placeOf(passage, { start: 8 })).toEqual({ kind: 'line', line: 12 });
    expect(placeOf(passage, null)).toEqual({ kind: 'line', line: 10 });
  });
});

describe('SegmentSlicer', () => {
  it('cuts segments, moves their places on and makes offsets relative', () => {
    const slicer = new SegmentSlicer(TEXT, SEGMENTS);
    expect(slicer.slice(4, 20)).toEqual([
      { start: 0, end: 9, place: { kind: 'line', line: 11, endLine: 12 }, sourceStart: 104 },
      { start: 11, end: 16, place: { kind: 'page', page: 2, item: 4, itemStart: 3 } },
    ]);
    expect(slicer.slice(30, 34)).toEqual([
      { start: 0, end: 4, place: { kind: 'page', page: 2, item: 4, itemStart: 17 } },
    ]);
    expect(slicer.slice(0, 5)[0]?.place).toEqual({ kind: 'line', line: 10, endLine: 11 });
  });
});

describe('placeLabel', () => {
  it.each<[Place, string]>([
    [{ kind: 'page', page: 12 }, 'page 12'],
    [{ kind: 'line', line: 340 }, 'line 340'],
    [{ kind: 'line', line: 3, endLine: 9 }, 'lines 3–9'],
    [{ kind: 'slide', slide: 4 }, 'slide 4'],
    [{ kind: 'slide', slide: 4, part: 'notes' }, 'slide 4, notes'],
    [{ kind: 'sheet', sheet: 'Budget', cell: 'B7' }, 'Budget!B7'],
    [{ kind: 'sheet', sheet: 'Budget' }, 'Budget'],
    [{ kind: 'notebook-cell', cell: 3 }, 'cell 3'],
    [{ kind: 'notebook-cell', cell: 3, line: 2 }, 'cell 3, line 2'],
    [{ kind: 'message', message: 12, subject: 'Subject' }, 'message 12: Subject'],
    [{ kind: 'message', message: 1 }, 'message 1'],
    [{ kind: 'time', seconds: 754.9 }, '12:34'],
    [{ kind: 'time', seconds: 3723 }, '1:02:03'],
    [{ kind: 'paragraph', paragraph: 8 }, 'paragraph 8'],
    [{ kind: 'chapter', chapter: 3 }, 'chapter 3'],
    [{ kind: 'chapter', chapter: 3, title: 'The Sea' }, 'chapter 3: The Sea'],
    [{ kind: 'key', key: 'server.port' }, 'server.port'],
  ])('%j → %s', (place, label) => {
    expect(placeLabel(place)).toBe(label);
  });

  it('is empty without a place', () => {
    expect(placeLabel(null)).toBe('');
  });
});
