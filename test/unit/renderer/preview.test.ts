import { describe, expect, it } from 'vitest';
import type { PassageDetail } from '../../../app/contract/engine.ts';
import type { Highlight, PassageResult } from '../../../app/contract/search.ts';
import { colourRuns } from '../../../renderer/preview/code-colours.ts';
import { kindOf } from '../../../renderer/preview/kind.ts';
import { rowAt, rowRuns, sourceRows } from '../../../renderer/preview/lines.ts';
import { pdfMarks, placeOfStop } from '../../../renderer/preview/pdf/marks.ts';
import { decodeText, sourceOffset, toSource } from '../../../renderer/preview/source-map.ts';
import { isMatch, stopOfPassage, stopsOf } from '../../../renderer/preview/stops.ts';
import { tablesOf } from '../../../renderer/preview/table.ts';

const mark = (start: number, end: number, heat = 0.9): Highlight => ({
  part: 'text',
  start,
  end,
  heat,
  words: [0],
  exact: false,
});

function result(id: string, text: string, start: number, highlights: Highlight[]): PassageResult {
  return {
    id,
    score: 1,
    scores: { maxsim: 1, bm25: null, dense: null, maxsimWeight: 1 },
    text,
    title: '',
    headings: [],
    start,
    end: start + text.length,
    place: null,
    placeLabel: '',
    highlights,
    coverage: [{ word: 0, share: 1, heat: 0.9, found: true }],
    contextShare: 0,
    duplicates: [],
  };
}

function detail(id: string, text: string, segments: PassageDetail['segments']): PassageDetail {
  return {
    id,
    path: '/f',
    ordinal: 0,
    text,
    title: '',
    headings: [],
    start: 0,
    end: text.length,
    placeLabel: '',
    segments,
    previous: null,
    next: null,
  };
}

const line = (start: number, end: number, sourceStart: number) => ({
  start,
  end,
  sourceStart,
  place: { kind: 'line' as const, line: 1 },
});

describe('highlights in the source', () => {
  const source = '# Title\n\nThe **contract** ends\nhere.';
  const text = 'The contract ends\nhere.';
  const segments = [line(0, 4, 9), line(4, 12, 15), line(12, 23, 25)];

  it('stand where the words stand, past the marks in between', () => {
    const found = toSource(
      source,
      [result('p', text, 0, [mark(0, 17)])],
      new Map([['p', detail('p', text, segments)]]),
    );
    expect(found?.map(({ start, end }) => source.slice(start, end))).toEqual(['The ', 'contract', ' ends']);
  });

  it('are refused when the file has changed', () => {
    const changed = source.replace('ends', 'END');
    expect(
      toSource(changed, [result('p', text, 0, [mark(0, 3)])], new Map([['p', detail('p', text, segments)]])),
    ).toBeNull();
  });

  it('know the offset of any place in the passage', () => {
    expect(sourceOffset(detail('p', text, segments), 4)).toBe(15);
    expect(sourceOffset(detail('p', text, segments), 0)).toBe(9);
    expect(sourceOffset(detail('p', text, []), 4)).toBeNull();
  });
});

describe('decoding', () => {
  it('reads UTF-8 and UTF-16 with a mark, and leaves the rest to the index', () => {
    expect(decodeText(new TextEncoder().encode('Straße'))).toBe('Straße');
    expect(decodeText(Uint8Array.from([0xff, 0xfe, 0x41, 0x00]))).toBe('A');
    expect(decodeText(Uint8Array.from([0xfe, 0xff, 0x00, 0x41]))).toBe('A');
    expect(decodeText(Uint8Array.from([0x53, 0xfc, 0x64]))).toBeNull();
  });
});

describe('stops', () => {
  it('join neighbouring words and go by the order of the file', () => {
    const later = result('b', 'x'.repeat(400), 1000, [
      mark(10, 20, 0.6),
      mark(40, 50, 0.9),
      mark(300, 310, 0.5),
    ]);
    const first = result('a', 'x'.repeat(100), 0, [mark(5, 9, 0.4)]);
    const stops = stopsOf([later, first]);
    expect(stops.map(({ passage, start, end }) => [passage.id, start, end])).toEqual([
      ['a', 5, 9],
      ['b', 10, 50],
      ['b', 300, 310],
    ]);
    expect(stopOfPassage(stops, 'b')).toBe(1);
    expect(stopOfPassage(stops, 'gone')).toBe(-1);
  });

  it('are for passages that say something about the query', () => {
    const warm = result('a', 'end the contract', 0, [mark(0, 3)]);
    expect(isMatch(warm)).toBe(true);
    expect(isMatch({ highlights: [{ ...mark(0, 3), heat: 0.2 }] })).toBe(false);
    expect(isMatch({ highlights: [{ ...mark(0, 3), part: 'heading' }] })).toBe(true);
    expect(isMatch({ highlights: [{ ...mark(0, 3), part: 'title' }] })).toBe(false);
  });

  it('give a passage without hot words one stop at its beginning', () => {
    expect(stopsOf([result('a', 'text', 0, [mark(0, 2, 0.05)])])).toMatchObject([
      { start: 0, end: 0, heat: 0 },
    ]);
  });
});

describe('lines of a source', () => {
  it('end at every kind of line end and cut very long lines', () => {
    const source = `one\r\ntwo\n\n${'x'.repeat(4500)}`;
    const rows = sourceRows(source);
    expect(rows.slice(0, 3).map((row) => source.slice(row.start, row.end))).toEqual(['one', 'two', '']);
    expect(rows.slice(3).map((row) => row.end - row.start)).toEqual([2000, 2000, 500]);
    expect(rows.map((row) => row.line)).toEqual([1, 2, 3, 4, null, null]);
    expect(rowAt(rows, source.indexOf('two') + 1)).toBe(1);
    expect(rowAt(rows, source.length)).toBe(5);
  });

  it('carry heat and syntax colours at once and lose no character', () => {
    const source = 'export const pause = 5; // wait';
    const colours = colourRuns(source, 'typescript');
    expect(colours.map((run) => source.slice(run.start, run.end))).toContain('export');
    const row = sourceRows(source)[0];
    if (row === undefined) throw new Error('no row');
    const at = source.indexOf('pause');
    const runs = rowRuns(source, row, [{ ...mark(at - 3, at + 5), passage: 'p' }], colours);
    expect(runs.flatMap((run) => run.pieces.map((piece) => piece.text)).join('')).toBe(source);
    const hot = runs.filter((run) => run.heat.step > 0);
    expect(hot.flatMap((run) => run.pieces.map((piece) => piece.text)).join('')).toBe('st pause');
  });

  it('have no colours for what is no code', () => {
    expect(colourRuns('plain words', 'text')).toEqual([]);
    expect(colourRuns('x'.repeat(400_000), 'python')).toEqual([]);
  });
});

describe('tables', () => {
  const cell = (start: number, end: number, name: string) => ({
    start,
    end,
    place: { kind: 'sheet' as const, sheet: 'Budget', cell: name },
  });

  it('are put together from cells, without separators and labels', () => {
    const text = 'Item | Amount\nItem: Rent | Amount: 900';
    const rent = text.indexOf('Item: Rent');
    const segments = [
      cell(0, 4, 'A1'),
      cell(4, 13, 'B1'),
      cell(rent, rent + 10, 'A2'),
      cell(rent + 10, text.length, 'B2'),
    ];
    const at = text.indexOf('900');
    const [table] = tablesOf(
      [detail('p', text, segments)],
      new Map([['p', result('p', text, 0, [mark(at, at + 3)])]]),
    );
    expect(table).toMatchObject({ name: 'Budget', columns: 2 });
    expect(table?.rows.map((row) => [...row.cells.values()].map((each) => each.text))).toEqual([
      ['Item', 'Amount'],
      ['Rent', '900'],
    ]);
    expect(table?.rows[1]?.cells.get(1)?.highlights).toMatchObject([{ start: 0, end: 3 }]);
  });

  it('take their labels from any row above, and keep a remark beside its cell', () => {
    const lines = ['Household', 'Item', 'Item: Rent', 'Item: Heating', 'Ask the supplier'];
    const text = lines.join('\n');
    const places = ['A1', 'A3', 'A4', 'A5', 'A5'];
    let at = 0;
    const segments = lines.map((line, index) => {
      const segment = cell(at, at + line.length, places[index] ?? '');
      at += line.length + 1;
      return segment;
    });
    // The remark is told after another cell, as programs write them at the end.
    const [rent, heating, remark] = [segments[2], segments[3], segments[4]];
    if (!rent || !heating || !remark) throw new Error('no segments');
    const order = [segments[0], segments[1], heating, rent, remark].flatMap((each) => each ?? []);
    const supplier = text.indexOf('supplier');
    const [table] = tablesOf(
      [detail('p', text, order)],
      new Map([['p', result('p', text, 0, [mark(supplier, supplier + 8)])]]),
    );
    const cells = table?.rows.map((row) => row.cells.get(0));
    expect(cells?.map((each) => each?.text)).toEqual([
      'Household',
      'Item',
      'Rent',
      'Heating — Ask the supplier',
    ]);
    const [highlight] = cells?.[3]?.highlights ?? [];
    expect(cells?.[3]?.text.slice(highlight?.start, highlight?.end)).toBe('supplier');
  });

  it('are put together from lines, missing cells in their column', () => {
    const lines = [
      'Month | Item | Amount',
      'Month: May | Item: Rent | Amount: 890',
      'Month: June | Amount: 12',
    ];
    let at = 0;
    const segments = lines.map((text, index) => {
      const segment = { start: at, end: at + text.length, place: { kind: 'line' as const, line: index + 1 } };
      at += text.length + 1;
      return segment;
    });
    const [table] = tablesOf([detail('p', lines.join('\n'), segments)], new Map());
    expect(table?.rows.map((row) => [0, 1, 2].map((column) => row.cells.get(column)?.text))).toEqual([
      ['Month', 'Item', 'Amount'],
      ['May', 'Rent', '890'],
      ['June', undefined, '12'],
    ]);
  });
});

describe('marks on PDF pages', () => {
  const text = 'end the contract';
  const page = (start: number, end: number, item: number, itemStart: number) => ({
    start,
    end,
    place: { kind: 'page' as const, page: 3, item, itemStart },
  });

  it('name the item and the offsets in it', () => {
    const details = new Map([['p', detail('p', text, [page(0, 8, 7, 20), page(8, 16, 8, 0)])]]);
    const marks = pdfMarks([result('p', text, 0, [mark(4, 16)])], details);
    expect(marks.map(({ page: number, item, start, end }) => [number, item, start, end])).toEqual([
      [3, 7, 24, 28],
      [3, 8, 0, 8],
    ]);
    const [stop] = stopsOf([result('p', text, 0, [mark(8, 16)])]);
    if (stop === undefined) throw new Error('no stop');
    expect(placeOfStop(stop, details)).toEqual({ page: 3, item: 8 });
  });
});

describe('kinds of preview', () => {
  it('go by format and family', () => {
    const kinds = [
      ['pdf', 'document'],
      ['markdown', 'text'],
      ['html', 'web'],
      ['csv', 'sheet'],
      ['python', 'code'],
      ['text', 'text'],
      ['docx', 'document'],
      ['email', 'mail'],
    ].map(([format = '', family = '']) => kindOf({ path: '/f', format, family }));
    expect(kinds).toEqual(['pdf', 'markdown', 'html', 'table', 'source', 'source', 'passages', 'passages']);
  });
});
