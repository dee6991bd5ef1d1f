import { describe, expect, it } from 'vitest';
import {
  type ExtractedDocument,
  extractedDocumentSchema,
  type Place,
} from '../../../app/contract/document.ts';
import { resultMessage, workerMessage } from '../../../app/extract/protocol.ts';
import { fromWire, toWire } from '../../../app/extract/wire.ts';
import { extractFixture } from './fixture.ts';

const PLACES: Place[] = [
  { kind: 'line', line: 3 },
  { kind: 'line', line: 3, endLine: 9 },
  { kind: 'page', page: 2 },
  { kind: 'page', page: 2, item: 0, itemStart: 7 },
  { kind: 'slide', slide: 4, part: 'notes' },
  { kind: 'sheet', sheet: 'Budget', cell: 'B7' },
  { kind: 'message', message: 2, line: 5, subject: 'Rent' },
  { kind: 'time', seconds: 12.5 },
];

function documentOf(places: readonly Place[]): ExtractedDocument {
  return {
    format: 'text',
    family: 'text',
    title: 'Title',
    text: 'ab'.repeat(places.length),
    blocks: [
      { start: 0, end: 2, kind: 'heading', headings: [], level: 2 },
      { start: 2, end: 4, kind: 'entry', headings: ['A', 'B'] },
      { start: 4, end: 6, kind: 'row', headings: ['A', 'B'] },
    ],
    segments: places.map((place, index) => ({
      start: index * 2,
      end: index * 2 + 1,
      place,
      ...(index % 2 === 0 ? { sourceStart: index * 10 } : {}),
    })),
    metadata: { author: 'x' },
    warnings: ['w'],
  };
}

const travelled = (value: unknown): unknown => structuredClone(value);

describe('documents on their way to the parent', () => {
  it('arrive as they were sent', () => {
    const document = documentOf(PLACES);
    expect(fromWire(travelled(toWire(document)))).toEqual(document);
  });

  for (const name of ['guide.md', 'letter.pdf', 'manual.rst']) {
    it(`arrive as they were sent: ${name}, which is of the contract's form`, async () => {
      const document = await extractFixture(name);
      const message = travelled(resultMessage(7, { ok: true, document, bytes: 3 }));
      expect(workerMessage(message)).toEqual({
        type: 'result',
        id: 7,
        outcome: { ok: true, document, bytes: 3 },
      });
      expect(extractedDocumentSchema.parse(document)).toEqual(document);
    });
  }

  it('are refused when anything about them is not of the form agreed', () => {
    const wire = toWire(documentOf(PLACES));
    const changed = (change: (copy: { -readonly [K in keyof typeof wire]: (typeof wire)[K] }) => void) => {
      const copy = structuredClone(wire);
      change(copy);
      return fromWire(copy);
    };
    expect(changed(() => {})).not.toBe(null);
    expect(changed((copy) => copy.segments.set([9999], 1))).toBe(null);
    expect(changed((copy) => copy.segments.set([5], 0))).toBe(null);
    expect(changed((copy) => copy.segments.set([77], 3))).toBe(null);
    expect(changed((copy) => copy.segments.set([0], 4))).toBe(null);
    expect(changed((copy) => copy.blocks.set([99], 2))).toBe(null);
    expect(changed((copy) => copy.blocks.set([99], 4))).toBe(null);
    expect(
      changed((copy) => {
        copy.places = [];
      }),
    ).toBe(null);
    expect(
      changed((copy) => {
        copy.segments = copy.segments.subarray(1);
      }),
    ).toBe(null);
    expect(
      changed((copy) => {
        copy.head = { ...copy.head, family: 'nonsense' as never };
      }),
    ).toBe(null);
    for (const message of [
      null,
      5,
      {},
      { type: 'result' },
      { type: 'result', id: 1, outcome: { ok: false, problem: 'tired', detail: '' } },
    ])
      expect(workerMessage(message)).toBe(null);
  });
});
