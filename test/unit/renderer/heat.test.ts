import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Highlight } from '../../../app/contract/search.ts';
import { heatRuns, heatStep, inPart, letterWidth, snippetRange } from '../../../renderer/search/heat.ts';

const mark = (start: number, end: number, heat: number, words: number[] = [0], exact = false): Highlight => ({
  part: 'text',
  start,
  end,
  heat,
  words,
  exact,
});

describe('the five steps', () => {
  it('begin above the floor and end at five', () => {
    expect([0, 0.05, 0.11].map(heatStep)).toEqual([0, 0, 0]);
    expect([0.12, 0.3, 0.5, 0.7, 0.9, 1].map(heatStep)).toEqual([1, 2, 3, 4, 5, 5]);
  });

  it('never fall as heat grows', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b) => {
          expect(heatStep(Math.max(a, b))).toBeGreaterThanOrEqual(heatStep(Math.min(a, b)));
        },
      ),
    );
  });
});

describe('runs', () => {
  it('cut a text at its highlights and leave nothing out', () => {
    const text = 'the tenant may end the contract';
    const runs = heatRuns([mark(4, 10, 0.5, [1]), mark(15, 18, 0.9, [2])], 0, text.length);
    expect(runs.map((run) => text.slice(run.start, run.end)).join('')).toBe(text);
    expect(
      runs.filter((run) => run.step > 0).map((run) => [text.slice(run.start, run.end), run.words]),
    ).toEqual([
      ['tenant', [1]],
      ['end', [2]],
    ]);
  });

  it('give overlapping words the hottest step and the words of all', () => {
    const runs = heatRuns([mark(0, 6, 0.3, [0]), mark(4, 10, 0.9, [1])], 0, 10);
    expect(runs.map(({ start, end, step, words }) => [start, end, step, words])).toEqual([
      [0, 4, 2, [0]],
      [4, 6, 5, [0, 1]],
      [6, 10, 5, [1]],
    ]);
  });

  it('cover any range exactly once, in order, whatever the highlights', () => {
    const highlight = fc
      .tuple(fc.nat(80), fc.nat(30), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean())
      .map(([start, length, heat, exact]) => mark(start, start + length, heat, [length % 4], exact));
    fc.assert(
      fc.property(
        fc.array(highlight, { maxLength: 12 }),
        fc.nat(60),
        fc.nat(60),
        (highlights, from, length) => {
          const runs = heatRuns(highlights, from, from + length);
          let at = from;
          for (const run of runs) {
            expect(run.start).toBe(at);
            expect(run.end).toBeGreaterThan(run.start);
            at = run.end;
          }
          expect(at).toBe(from + length);
        },
      ),
    );
  });
});

describe('what is shown of a part', () => {
  const coverage = [
    { word: 0, share: 0.5, heat: 0.8, found: true },
    { word: 1, share: 0.5, heat: 0.1, found: true },
  ];

  const text = 'let and Debian, or let that go: Debian that the';
  const strings = { text, title: 'Debian', headings: [] };
  const exact = (word: string, heat: number, index: number, from = 0) => {
    const start = text.indexOf(word, from);
    return mark(start, start + word.length, heat, [index], true);
  };
  const shown = (highlights: Highlight[]) =>
    inPart({ ...strings, highlights, coverage }, 'text').map((each) => text.slice(each.start, each.end));

  it('keeps exact occurrences of short words that tell something and leaves out those of "the"', () => {
    expect(shown([exact('let', 0.8, 0), exact('let', 0, 0, 5), exact('the', 0, 1)])).toEqual(['let', 'let']);
  });

  it('keeps every exact occurrence of other words, though the model may see nothing in them', () => {
    expect(shown([exact('Debian', 0, 1), exact('Debian', 0, 1, 20), exact('that', 0, 1)])).toEqual([
      'Debian',
      'Debian',
    ]);
  });

  it('gives each part its own', () => {
    const highlights = [mark(0, 5, 0.8), { ...mark(0, 4, 0.5), part: 'title' as const }];
    expect(inPart({ ...strings, highlights, coverage }, 'title')).toHaveLength(1);
  });
});

describe('snippets', () => {
  const text = `${'Filler words stand here. '.repeat(30)}Here the contract ends. ${'More filler follows. '.repeat(30)}`;
  const at = text.indexOf('contract');

  it('hold the hottest words and begin at a word', () => {
    const { start, end } = snippetRange(text, [mark(at, at + 8, 0.9)], 190);
    expect(text.slice(start, end)).toContain('contract');
    expect(start === 0 || /\s/.test(text[start - 1] ?? '')).toBe(true);
    expect(end - start).toBeLessThanOrEqual(190);
  });

  it('hold words that stand there letter for letter where nothing is hot', () => {
    const { start, end } = snippetRange(text, [mark(at, at + 8, 0, [0], true)], 190);
    expect(text.slice(start, end)).toContain('contract');
  });

  it('begin at the beginning when nothing is hot, and leave short texts whole', () => {
    expect(snippetRange(text, [], 190).start).toBe(0);
    expect(snippetRange('short', [mark(0, 5, 1)], 190)).toEqual({ start: 0, end: 5 });
  });

  it('prefer where most heat is together', () => {
    const other = text.length - 100;
    const highlights = [
      mark(at, at + 8, 0.6),
      mark(other, other + 4, 0.5),
      mark(other + 10, other + 14, 0.5),
    ];
    const { start, end } = snippetRange(text, highlights, 190);
    expect(start).toBeLessThanOrEqual(other);
    expect(end).toBeGreaterThanOrEqual(other + 14);
  });

  it('always hold the best word, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1, maxLength: 120 }),
        fc.nat(),
        (words, pick) => {
          const whole = words.join(' ');
          const index = pick % words.length;
          const start = words.slice(0, index).join(' ').length + (index > 0 ? 1 : 0);
          const end = start + (words[index]?.length ?? 0);
          const cut = snippetRange(whole, [mark(start, end, 1)], 100);
          expect(cut.start).toBeLessThanOrEqual(start);
          expect(cut.end).toBeGreaterThanOrEqual(end);
        },
      ),
    );
  });
});

describe('wide letters', () => {
  it('count double, so that two lines hold half as many of them', () => {
    expect(letterWidth('')).toBe(1);
    expect(letterWidth('the tenant')).toBe(1);
    expect(letterWidth('敷金は返還する')).toBe(2);
    expect(letterWidth('PDF 契約')).toBeCloseTo(1 + 2 / 6);
    expect(letterWidth('계약')).toBe(2);
  });

  it('begin a snippet at a sentence, where no space parts them', () => {
    const text = `${'甲は物件を乙に賃貸し、乙はこれを賃借する。'.repeat(4)}敷金は退去後三十日以内に返還する。${'以下余白。'.repeat(10)}`;
    const at = text.indexOf('返還');
    const { start, end } = snippetRange(text, [mark(at, at + 2, 0.9)], 55);
    expect(text[start - 1]).toBe('。');
    expect(text.slice(start, end)).toContain('返還');
  });
});
