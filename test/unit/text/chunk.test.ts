import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkDocument, chunkInSteps, contentKey } from '../../../app/text/chunk.ts';
import { contextParts } from '../../../app/text/context.ts';
import { anyDocument, documentOf, measure, type Part, paragraph, random } from './documents.ts';

const chunk = (parts: readonly Part[], title?: string) =>
  chunkDocument(documentOf(parts, title), { measure });
const words = (count: number, seed = 1): string => {
  const next = random(seed);
  return paragraph(next, Math.ceil(count / 24));
};

describe('chunkDocument', () => {
  it('joins a heading to what follows and does not repeat it in the context', () => {
    const passages = chunk(
      [
        { kind: 'heading', text: 'Install', level: 1 },
        { kind: 'paragraph', text: 'Run the installer.' },
        { kind: 'heading', text: 'On Linux', level: 2 },
        { kind: 'paragraph', text: words(150, 2) },
        { kind: 'paragraph', text: words(150, 3) },
      ],
      'Guide',
    );
    expect(passages[0]).toMatchObject({
      text: 'Install\n\nRun the installer.',
      headings: ['Install'],
      context: 'Guide\n',
      title: 'Guide',
    });
    expect(passages[1]?.text.startsWith('On Linux\n\n')).toBe(true);
    expect(passages[1]).toMatchObject({ headings: ['Install', 'On Linux'], context: 'Guide\nInstall\n' });
    expect(passages[2]).toMatchObject({
      headings: ['Install', 'On Linux'],
      context: 'Guide\nInstall › On Linux\n',
    });
  });

  it('keeps a heading and its first subheading together and a lone heading by itself', () => {
    const passages = chunk([
      { kind: 'heading', text: 'Part', level: 1 },
      { kind: 'heading', text: 'Chapter', level: 2 },
      { kind: 'paragraph', text: 'Body.' },
      { kind: 'heading', text: 'Empty', level: 2 },
      { kind: 'heading', text: 'Next', level: 2 },
      { kind: 'paragraph', text: 'More.' },
    ]);
    expect(passages.map(({ text }) => text)).toEqual(['Part\n\nChapter\n\nBody.', 'Empty', 'Next\n\nMore.']);
    expect(passages.map(({ headings }) => headings)).toEqual([
      ['Part', 'Chapter'],
      ['Part', 'Empty'],
      ['Part', 'Next'],
    ]);
    expect(passages.map(({ context }) => context)).toEqual(['', 'Part\n', 'Part\n']);
  });

  it('leaves a title out of the context where the text says it itself', () => {
    const passages = chunk(
      [
        { kind: 'heading', text: 'Guide', level: 1 },
        { kind: 'paragraph', text: words(180, 1) },
        { kind: 'paragraph', text: words(180, 2) },
      ],
      'Guide',
    );
    expect(passages[0]?.context).toBe('');
    expect(passages[1]?.context).toBe('Guide\n');
    expect(passages[1]?.headings).toEqual([]);
  });

  it('joins short paragraphs to passages near the target and cuts long ones at sentences', () => {
    const next = random(7);
    const short = chunk(
      Array.from({ length: 60 }, () => ({ kind: 'paragraph' as const, text: paragraph(next, 1) })),
    );
    for (const { text } of short) expect(measure(text)).toBeGreaterThanOrEqual(60);
    const long = chunk([{ kind: 'paragraph', text: paragraph(next, 120) }]);
    expect(long.length).toBeGreaterThan(5);
    for (const { text } of long) {
      expect(text).toMatch(/^[A-Z].*\.$/s);
      expect(measure(text)).toBeGreaterThanOrEqual(60);
    }
  });

  it('never cuts inside a word unless the word alone is too long, nor inside a Chinese word', () => {
    const spaced = `${'constitutional '.repeat(400)}`;
    for (const { text } of chunk([{ kind: 'paragraph', text: spaced }])) {
      expect(text).toMatch(/^(constitutional ?)+$/);
    }
    const chinese = '人工智能技术正在改变我们的日常生活方式'.repeat(60);
    const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });
    const starts = new Set([...segmenter.segment(chinese)].map(({ index }) => index));
    const passages = chunk([{ kind: 'paragraph', text: chinese }]);
    expect(passages.length).toBeGreaterThan(4);
    for (const { start } of passages) expect(starts.has(start)).toBe(true);
  });

  it('cuts code at blank lines, keeps indentation and joins small neighbouring symbols', () => {
    const body = (name: string, lines: number): string =>
      `    def ${name}(self):\n${Array.from({ length: lines }, (_, n) => `        self.value_${n} = ${n}`).join('\n')}`;
    const text = [body('a', 1), body('b', 1), body('c', 60)];
    const document = documentOf(text.map((code) => ({ kind: 'code', text: code })));
    const blocks = document.blocks.map((block, index) => ({
      ...block,
      headings: ['Box', 'abc'.charAt(index)],
    }));
    const passages = chunkDocument({ ...document, blocks }, { measure });
    expect(passages[0]?.text).toBe(`${text[0]}\n\n${text[1]}`);
    expect(passages[0]?.headings).toEqual(['Box']);
    expect(passages[1]?.text.startsWith('    def c(self):')).toBe(true);
    expect(passages[1]?.headings).toEqual(['Box', 'c']);
    for (const passage of passages.slice(2)) {
      expect(passage.text).toMatch(/^ {8}self\.value_\d+ = \d+\n/);
      expect(passage.context).toBe('Box › c\n');
    }
  });

  it('cuts wrapped prose at sentences and lines that stand for themselves at lines', () => {
    const next = random(31);
    const prose = paragraph(next, 80);
    const wrapped = prose.replace(/(.{60,72}) /g, '$1\n');
    const passages = chunk([{ kind: 'paragraph', text: wrapped }]);
    expect(passages.length).toBeGreaterThan(5);
    for (const { text } of passages) expect(text).toMatch(/^[A-Z].*\.$/s);
    const log = Array.from({ length: 200 }, (_, n) => `${n} Started job. Took ${'very '.repeat(n % 9)}long`);
    const entries = chunk([{ kind: 'paragraph', text: log.join('\n') }]);
    expect(entries.length).toBeGreaterThan(5);
    for (const { text } of entries) for (const line of text.split('\n')) expect(log).toContain(line);
  });

  it('keeps the head of a piece of code with the beginning of its body', () => {
    const functions = Array.from(
      { length: 20 },
      (_, n) =>
        `function number${n}(value) {\n  const first = value + ${n};\n  use(first, value);\n  return first;\n}`,
    );
    const passages = chunk([{ kind: 'code', text: functions.join('\n') }]);
    expect(passages.length).toBeGreaterThan(3);
    for (const { text } of passages) expect(text.endsWith('{')).toBe(false);
  });

  it('groups rows without cutting them', () => {
    const rows = Array.from({ length: 300 }, (_, n) => ({
      kind: 'row' as const,
      text: `${n}\tname ${n}\t${n * 37}`,
    }));
    const passages = chunk(rows);
    expect(passages.length).toBeGreaterThan(3);
    for (const { text } of passages)
      for (const line of text.split('\n\n')) expect(rows.some((row) => row.text === line)).toBe(true);
  });

  it('keeps messages apart', () => {
    const document = documentOf([
      { kind: 'message', text: 'First mail.' },
      { kind: 'message', text: 'Its second paragraph.' },
      { kind: 'message', text: 'Second mail.' },
    ]);
    const segments = document.segments.map((segment, index) => ({
      ...segment,
      place: { kind: 'message' as const, message: index < 2 ? 1 : 2 },
    }));
    const passages = chunkDocument({ ...document, segments }, { measure });
    expect(passages.map(({ text }) => text)).toEqual([
      'First mail.\n\nIts second paragraph.',
      'Second mail.',
    ]);
  });

  it('bounds the context, the innermost heading staying', () => {
    const passages = chunk(
      [
        { kind: 'heading', text: words(60, 1), level: 1 },
        { kind: 'heading', text: 'Inner', level: 2 },
        { kind: 'paragraph', text: words(190, 2) },
        { kind: 'paragraph', text: words(190, 3) },
      ],
      words(90, 4),
    );
    for (const { context } of passages) expect(measure(context)).toBeLessThanOrEqual(40);
    expect(passages.at(-1)?.context).toMatch(/\nInner\n$/);
  });

  it('gives each passage segments of its own, with lines counted inside them', () => {
    const lines = Array.from({ length: 200 }, (_, n) => `value_${n} = compute(${n})`).join('\n');
    const passages = chunkDocument(
      { ...documentOf([{ kind: 'code', text: lines }]), format: 'python' },
      { measure },
    );
    expect(passages.length).toBeGreaterThan(5);
    for (const passage of passages) {
      const first = Number(/value_(\d+)/.exec(passage.text)?.[1]);
      expect(passage.segments[0]?.place).toMatchObject({ kind: 'line', line: first + 1 });
      expect(passage.segments[0]).toMatchObject({
        start: 0,
        end: passage.text.length,
        sourceStart: passage.start,
      });
    }
  });

  it('covers every character that is no white space exactly once, within the model limit', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        const covered = new Uint8Array(document.text.length);
        const passages = chunkDocument(document, { measure });
        passages.forEach((passage, index) => {
          expect(passage.ordinal).toBe(index);
          expect(passage.text).toBe(document.text.slice(passage.start, passage.end));
          expect(measure(passage.context)).toBeLessThanOrEqual(40);
          expect(measure(passage.context + passage.text)).toBeLessThanOrEqual(240);
          for (let at = passage.start; at < passage.end; at += 1) covered[at] = (covered[at] ?? 0) + 1;
          let end = 0;
          for (const segment of passage.segments) {
            expect(segment.start).toBeGreaterThanOrEqual(end);
            expect(segment.end).toBeGreaterThan(segment.start);
            end = segment.end;
          }
          expect(end).toBeLessThanOrEqual(passage.text.length);
          if (document.segments.length > 0) expect(passage.segments.length).toBeGreaterThan(0);
        });
        for (let at = 0; at < covered.length; at += 1) {
          const space = /\s/.test(document.text.charAt(at));
          if (space ? (covered[at] ?? 0) > 1 : covered[at] !== 1) {
            throw new Error(`character ${at} is covered ${covered[at]} times`);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it('tells title, headings and text apart in what the model read', () => {
    fc.assert(
      fc.property(anyDocument, (document) => {
        for (const passage of chunkDocument(document, { measure })) {
          const whole = passage.context + passage.text;
          const strings = { title: passage.title, heading: passage.headings.join(' › '), text: passage.text };
          let named = 0;
          for (const { part, start, end, offset } of contextParts(passage)) {
            expect(whole.slice(start, end)).toBe(strings[part].slice(offset, offset + end - start));
            named += end - start;
          }
          expect(named).toBeGreaterThanOrEqual(
            whole.replace(/\n/g, '').length - (passage.text.match(/\n/g)?.length ?? 0) - 4,
          );
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('stability of passages under edits', () => {
  const keys = (parts: readonly Part[]) =>
    new Set(chunk(parts, 'Title').map(({ context, text }) => contentKey('m', context, text)));
  const changed = (before: readonly Part[], after: readonly Part[]): number => {
    const old = keys(before);
    return [...keys(after)].filter((key) => !old.has(key)).length;
  };

  it.each([3, 5, 8])(
    'changes hardly more than two passages of a document with %i paragraphs a section',
    (size) => {
      const counts = Array.from({ length: 150 }, (_, seed) => {
        const next = random(seed * 7919 + 3);
        const parts: Part[] = [];
        for (let section = 0; section < 12; section += 1) {
          parts.push({ kind: 'heading', text: `Section ${section}`, level: 1 });
          for (let n = 0; n < size; n += 1) parts.push({ kind: 'paragraph', text: paragraph(next) });
        }
        const at = 1 + Math.floor(next() * (parts.length - 1));
        const added: Part = { kind: 'paragraph', text: paragraph(next) };
        return changed(parts, [...parts.slice(0, at), added, ...parts.slice(at)]);
      });
      expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeLessThanOrEqual(2);
      expect(counts.filter((count) => count > 3).length).toBeLessThanOrEqual(counts.length * 0.03);
      expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    },
  );

  it('resynchronises in flat text', () => {
    let sum = 0;
    let worst = 0;
    const runs = 60;
    for (let seed = 0; seed < runs; seed += 1) {
      const next = random(seed * 7919 + 1);
      const parts: Part[] = Array.from({ length: 200 }, () => ({ kind: 'paragraph', text: paragraph(next) }));
      const added: Part = { kind: 'paragraph', text: paragraph(next) };
      const count = changed(parts, [...parts.slice(0, 40), added, ...parts.slice(40)]);
      sum += count;
      worst = Math.max(worst, count);
    }
    expect(sum / runs).toBeLessThanOrEqual(3);
    expect(worst).toBeLessThanOrEqual(6);
  });

  it('resynchronises inside one huge paragraph', () => {
    const next = random(99);
    const sentences = Array.from({ length: 2000 }, () => paragraph(next, 1));
    const before = sentences.join(' ');
    const after = [
      ...sentences.slice(0, 500),
      'One more sentence stands here.',
      ...sentences.slice(500),
    ].join(' ');
    expect(
      changed([{ kind: 'paragraph', text: before }], [{ kind: 'paragraph', text: after }]),
    ).toBeLessThanOrEqual(4);
  });
});

describe('cost', () => {
  it('measures a text of megabytes a bounded number of times over', () => {
    const next = random(5);
    const pieces = Array.from({ length: 20_000 }, () => paragraph(next, 2));
    for (const text of [
      pieces.join('\n\n'),
      pieces.join(' '),
      pieces.join(' ').replace(/[.\s]+/g, ' '),
      'x'.repeat(2_000_000),
    ]) {
      let measured = 0;
      const document = { ...documentOf([{ kind: 'paragraph', text }]) };
      const passages = chunkDocument(document, {
        measure: (part) => {
          measured += part.length;
          return measure(part);
        },
      });
      expect(passages.length).toBeGreaterThan(800);
      expect(measured).toBeLessThan(6 * text.length);
    }
  });

  it('grows with the length of a text, not with its square', () => {
    const time = (text: string): number => {
      const document = documentOf([{ kind: 'paragraph', text }]);
      const times = Array.from({ length: 2 }, () => {
        const from = performance.now();
        chunkDocument(document, { measure: (part) => part.length / 4 });
        return performance.now() - from;
      });
      return Math.min(...times);
    };
    const next = random(6);
    const line = Array.from({ length: 6000 }, () => paragraph(next, 1)).join(' ');
    for (const text of [line, '漢字仮名'.repeat(40_000)]) {
      expect(time(text.repeat(8)) / time(text)).toBeLessThan(40);
    }
  });
});

describe('chunkInSteps', () => {
  it('makes the same passages, pausing often in long documents', async () => {
    const next = random(8);
    const parts: Part[] = [{ kind: 'paragraph', text: paragraph(next, 20_000) }];
    for (let n = 0; n < 2000; n += 1)
      parts.push({ kind: n % 9 === 0 ? 'heading' : 'paragraph', text: paragraph(next) });
    const document = documentOf(parts, 'Long');
    let measured = 0;
    let most = 0;
    let pauses = 0;
    const counting = (text: string): number => {
      measured += text.length;
      return measure(text);
    };
    const passages = await chunkInSteps(document, { measure: counting }, async () => {
      most = Math.max(most, measured);
      measured = 0;
      pauses += 1;
    });
    expect(passages).toEqual(chunkDocument(document, { measure }));
    expect(pauses).toBeGreaterThan(30);
    expect(most).toBeLessThan(100_000);
  });
});

describe('contentKey', () => {
  it('tells model, context and text apart', () => {
    expect(contentKey('m', 'a', 'b')).toBe(contentKey('m', 'a', 'b'));
    expect(
      new Set([contentKey('m', 'ab', ''), contentKey('m', 'a', 'b'), contentKey('n', 'a', 'b')]).size,
    ).toBe(3);
    expect(contentKey('m', 'a', 'b')).toMatch(/^[0-9a-f]{64}$/);
  });
});
