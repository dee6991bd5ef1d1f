import fc from 'fast-check';
import type { Block, ExtractedDocument, Segment } from '../../../app/contract/document.ts';

/** Counts as WordPiece roughly does: words in parts of four letters, CJK by character, punctuation by itself. */
export function measure(text: string): number {
  let tokens = 0;
  for (const [word] of text.matchAll(/\p{Script=Han}|[\p{L}\p{N}\p{M}_]+|[^\s]/gu)) {
    tokens += /^\p{Script=Han}|^[^\p{L}\p{N}]/u.test(word) ? 1 : Math.ceil(word.length / 4);
  }
  return tokens;
}

export interface Part {
  readonly kind: Block['kind'];
  readonly text: string;
  readonly level?: number;
}

/** A document of the given parts, each on lines of its own, with line segments and heading paths. */
export function documentOf(parts: readonly Part[], title?: string): ExtractedDocument {
  let text = '';
  let line = 1;
  const blocks: Block[] = [];
  const segments: Segment[] = [];
  const path: { level: number; text: string }[] = [];
  for (const part of parts) {
    if (part.text.trim() === '') continue;
    if (text !== '') {
      text += '\n\n';
      line += 2;
    }
    const start = text.length;
    text += part.text;
    const lines = part.text.split('\n').length - 1;
    const level = part.level ?? 1;
    if (part.kind === 'heading') while ((path.at(-1)?.level ?? 0) >= level) path.pop();
    blocks.push({
      start,
      end: text.length,
      kind: part.kind,
      headings: path.map((entry) => entry.text),
      ...(part.kind === 'heading' ? { level } : {}),
    });
    segments.push({
      start,
      end: text.length,
      place: { kind: 'line', line, ...(lines > 0 ? { endLine: line + lines } : {}) },
      sourceStart: start,
    });
    line += lines;
    if (part.kind === 'heading') path.push({ level, text: part.text.trim() });
  }
  return {
    format: 'markdown',
    family: 'text',
    ...(title === undefined ? {} : { title }),
    text,
    blocks,
    segments,
    metadata: {},
    warnings: [],
  };
}

/** The same numbers for the same seed. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const VOCABULARY =
  'alpha beam cedar drift ember fjord grain harbour island juniper kelp lantern meadow north orchard pebble quarry river stone timber upland valley willow yarrow zephyr'.split(
    ' ',
  );

export function sentence(next: () => number, words = 6 + Math.floor(next() * 12)): string {
  const list = Array.from({ length: words }, () => {
    const word = VOCABULARY[Math.floor(next() * VOCABULARY.length)] ?? 'x';
    return next() < 0.15 ? `${word}${Math.floor(next() * 1000)}` : word;
  });
  const text = list.join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

export function paragraph(next: () => number, sentences = 1 + Math.floor(next() * 5)): string {
  return Array.from({ length: sentences }, () => sentence(next)).join(' ');
}

const anyText = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 400 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
  {
    weight: 6,
    arbitrary: fc
      .array(fc.tuple(fc.nat(2 ** 31), fc.nat(30)), { maxLength: 4 })
      .map((list) => list.map(([seed, count]) => paragraph(random(seed), count)).join('\n\n')),
  },
  { weight: 1, arbitrary: fc.nat(6000).map((length) => 'x'.repeat(length)) },
  {
    weight: 1,
    arbitrary: fc.nat(900).map((length) => '永遠の都市に雨が降る。'.repeat(Math.ceil(length / 11))),
  },
  { weight: 1, arbitrary: fc.nat(500).map((length) => '=- \t\n'.repeat(length)) },
);

/** Documents of any kind of block, text of any kind, with gaps and overlaps between blocks. */
export const anyDocument: fc.Arbitrary<ExtractedDocument> = fc
  .record({
    parts: fc.array(
      fc.record({
        kind: fc.constantFrom<Block['kind']>(
          'heading',
          'paragraph',
          'list-item',
          'code',
          'row',
          'message',
          'caption',
          'entry',
        ),
        text: anyText,
        level: fc.integer({ min: 1, max: 4 }),
      }),
      { maxLength: 12 },
    ),
    title: fc.option(fc.string({ maxLength: 300 }), { nil: undefined }),
    dropped: fc.array(fc.nat(11), { maxLength: 3 }),
    shift: fc.integer({ min: -5, max: 5 }),
  })
  .map(({ parts, title, dropped, shift }) => {
    const document = documentOf(parts, title);
    const blocks = document.blocks
      .filter((_, index) => !dropped.includes(index))
      .map((block) => ({ ...block, start: Math.max(0, block.start + shift) }));
    return { ...document, blocks };
  });
