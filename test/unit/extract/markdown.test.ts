import { describe, expect, it } from 'vitest';
import { splitMarkdown } from '../../../app/extract/formats/markdown-chunks.ts';
import { decodedFixture, extractFixture, extractText, outline } from './fixture.ts';
import { sourceMapFaults } from './source-map.ts';

describe('Markdown', () => {
  it('reads front matter, headings, lists, code, tables, raw HTML and footnotes', async () => {
    const document = await extractFixture('guide.md');
    expect(document.format).toBe('markdown');
    expect(document.title).toBe('Keeping sourdough');
    expect(document.metadata).toMatchObject({
      author: 'Ines Moreau',
      date: '2024-03-09',
      tags: 'bread, fermentation',
    });
    expect(outline(document)).toEqual([
      'paragraph How to feed a starter and when to bake.',
      'paragraph bread, fermentation',
      'heading1 Keeping sourdough',
      'paragraph Feed the starter with equal weights of flour and water; see\nthe flour table for hydration & ash.',
      'heading2 Schedule',
      'list-item Schedule: Take it out of the fridge in the evening.',
      'list-item Schedule: Feed it:',
      'list-item Schedule: once at night,',
      'list-item Schedule: once in the morning.',
      'paragraph Schedule: A starter that smells of acetone is hungry — feed it twice.',
      'code Schedule: weigh --grams 50 starter\n# then wait',
      'heading3 Schedule: Flour',
      'row Schedule > Flour: Flour | Protein | Water',
      'row Schedule > Flour: Rye | 9 % | much',
      'row Schedule > Flour: Spelt | 12 % | less',
      'paragraph Schedule > Flour: Why rye? It carries more wild yeast.',
      'paragraph Schedule > Flour: The crumb of a rye loaf',
      'heading2 Setext heading',
      'paragraph Setext heading: Escaped *stars* and a note. See https://example.org/bread too.',
      'paragraph Setext heading: The footnote speaks of barley.',
    ]);
  });

  it('maps every stretch to its line and offset', async () => {
    const document = await extractFixture('guide.md');
    const source = decodedFixture('guide.md');
    expect(sourceMapFaults(document, source)).toEqual([]);
    const mapped = document.segments.filter(({ sourceStart }) => sourceStart !== undefined);
    const covered = mapped.reduce((sum, { start, end }) => sum + end - start, 0);
    // What is not mapped: separators, joints, and the dash that the source spells as a reference.
    expect(covered / document.text.length).toBeGreaterThan(0.9);
    const at = document.text.indexOf('acetone');
    const segment = document.segments.find(({ start, end }) => start <= at && at < end);
    expect(segment?.place).toMatchObject({ kind: 'line', line: 21 });
  });

  it('keeps its map with CRLF and with lone CR', async () => {
    const source = decodedFixture('guide.md');
    for (const end of ['\r\n', '\r']) {
      const other = source.replaceAll('\n', end);
      const document = await extractText(other, 'a.md');
      expect(document.text).not.toContain('\r');
      expect(sourceMapFaults(document, other)).toEqual([]);
      expect(outline(document)).toEqual(outline(await extractFixture('guide.md')));
    }
  });

  it('reads TOML front matter and survives a broken one', async () => {
    const toml = await extractText('+++\ntitle = "Harbour"\nauthors = ["A", "B"]\n+++\nText.\n', 'a.md');
    expect(toml.title).toBe('Harbour');
    expect(toml.metadata.authors).toBe('A, B');
    const broken = await extractText('---\ntitle: [unclosed\n---\nText.\n', 'a.md');
    expect(broken.warnings).toEqual(['Its front matter could not be parsed.']);
    expect(broken.text).toBe('Text.');
  });

  it('does not let a front matter reach for prototypes or unfold aliases', async () => {
    const bomb = `---\na: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n__proto__: evil\n---\nText.\n`;
    const document = await extractText(bomb, 'a.md');
    expect(document.text).toBe('Text.');
    expect(JSON.stringify(document.metadata).length).toBeLessThan(10_000);
  });

  it('reads deep nesting and long files as plain text rather than failing', async () => {
    const deep = await extractText(`${'> '.repeat(5000)}bottom\n`, 'a.md');
    expect(deep.text).toContain('bottom');
    const long = await extractText('Word after word. '.repeat(500_000), 'a.md');
    expect(long.text.length).toBeGreaterThan(8_000_000);
    expect(long.warnings.join()).toContain('plain text');
  });

  it('reads long files in stretches as it would whole', async () => {
    const section = (number: number) =>
      `## Section ${number}\n\nA [link][target] and ${'plain words that fill the line. '.repeat(30)}\n\n` +
      '```\n## no heading\n```\n\n';
    const source = `# Long\n\n${Array.from({ length: 420 }, (_, i) => section(i)).join('')}[target]: https://example.org\n`;
    expect(splitMarkdown(source).length).toBeGreaterThan(2);
    const document = await extractText(source, 'a.md');
    expect(document.title).toBe('Long');
    expect(document.blocks.filter(({ kind }) => kind === 'heading')).toHaveLength(421);
    expect(document.blocks.filter(({ kind }) => kind === 'code')).toHaveLength(420);
    expect(document.text).not.toContain('[');
    expect(document.text).not.toContain('https:');
    expect(document.blocks.at(-1)?.headings).toEqual(['Section 419']);
    expect(sourceMapFaults(document, source)).toEqual([]);
  });
});
