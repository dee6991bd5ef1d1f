import { describe, expect, it } from 'vitest';
import { decodedFixture, extractFixture, extractText, outline } from './fixture.ts';
import { sourceMapFaults } from './source-map.ts';

const EXPECTED: Record<string, { title: string; metadata: Record<string, string>; outline: string[] }> = {
  'manual.rst': {
    title: 'The brew house',
    metadata: { author: 'Tom Hale', date: '2023-11-02' },
    outline: [
      'heading1 The brew house',
      'paragraph Brewing needs patience and clean vessels; see the valve\nor the guild.',
      'heading2 Mashing',
      'paragraph Mashing: Heat the water to 68 degrees:',
      'code Mashing: heater --celsius 68\nstir',
      'paragraph Mashing: Then add the malt.',
      'paragraph Mashing: Never boil the grains.',
      'code Mashing: def mash(malt):\n    return malt * 2',
      'heading3 Mashing: Steps',
      'list-item Mashing > Steps: Crush the malt\nbetween rollers.',
      'list-item Mashing > Steps: Rest for an hour.',
      'list-item Mashing > Steps: First runnings',
      'list-item Mashing > Steps: Second runnings',
      'heading50 Mashing > Steps: sparge(water, rate=2)',
      'paragraph Mashing > Steps > sparge(water, rate=2): Rinses the grains with hot water.',
      'list-item Mashing > Steps > sparge(water, rate=2): param water: litres of it',
      'heading2 Yeast',
      'row Yeast: Strain | Time',
      'row Yeast: Ale | 5 d',
      'row Yeast: Lager | 14 d',
      'row Yeast: Vessel | Litres',
      'row Yeast: Tun | 120',
      'list-item Yeast: Attenuation',
      'list-item Yeast: How much sugar is eaten.',
      'paragraph Yeast: The end, says Smith.',
      'paragraph Yeast: Foot of the page.',
    ],
  },
  'notes.org': {
    title: 'Orchard notebook',
    metadata: { author: 'Lena Brandt' },
    outline: [
      'paragraph Preface about apple trees.',
      'heading1 Pruning',
      'paragraph Pruning: Cut every branch that crosses another.\nSee the pruning guide.',
      'heading2 Pruning: Tools',
      'list-item Pruning > Tools: Saw',
      'list-item Pruning > Tools: Loppers with\nlong handles',
      'list-item Pruning > Tools: Sharpen first',
      'code Pruning > Tools: oil --tool saw',
      'heading1 Harvest',
      'row Harvest: Variety | Crates',
      'row Harvest: Boskoop | 14',
      'row Harvest: Gala | 9',
      'code Harvest: fixed width',
      'paragraph Harvest: Apples keep in the cellar.',
    ],
  },
  'guide.adoc': {
    title: 'Sailing the fjord',
    metadata: { author: 'Nils Aker', description: 'Winds and anchorages' },
    outline: [
      'heading1 Sailing the fjord',
      'paragraph The katabatic wind falls from the plateau at dusk; read the anchorages.',
      'heading2 Winds',
      'paragraph Winds: NOTE: Reef early.',
      'caption Winds: Wind table',
      'row Winds: Month | Knots',
      'row Winds: May | 12',
      'row Winds: June | 9',
      'heading2 Anchorages',
      'list-item Anchorages: Hidden bay',
      'list-item Anchorages: with two rings',
      'list-item Anchorages: Drop the anchor',
      'list-item Anchorages: Back down',
      'list-item Anchorages: Swell',
      'list-item Anchorages: Long waves from far away.',
      'code Anchorages: log --wind "NW 5"',
      'heading3 Anchorages: Depths',
      'paragraph Anchorages > Depths: See the chart and a local copy.',
      'caption Anchorages > Depths: Aerial view of the bay',
    ],
  },
  'paper.tex': {
    title: 'On the migration of eels',
    metadata: { author: 'Karin Müller, Ole Skov' },
    outline: [
      'paragraph Eels cross the ocean once.',
      'heading3 Routes',
      'paragraph Routes: The silver eel leaves the river in autumn\nand swims six thousand kilometres; 50 % die.',
      'paragraph Routes: Naïve estimates, á la Schmidt, were low. He used nets.',
      'heading4 Routes: Depth',
      'list-item Routes > Depth: At night near the surface.',
      'list-item Routes > Depth: By day below 500 metres.',
      'caption Routes > Depth: Catch by year',
      'row Routes > Depth: Year | Tonnes',
      'row Routes > Depth: 1980 | 400',
      'code Routes > Depth: v = d / t',
      'code Routes > Depth: swim --depth 500',
      'paragraph Routes > Depth: See the data.',
    ],
  },
};

describe('light markup', () => {
  for (const [name, expected] of Object.entries(EXPECTED)) {
    it(`reads the structure of ${name}`, async () => {
      const document = await extractFixture(name);
      expect(document.title).toBe(expected.title);
      expect(document.metadata).toMatchObject(expected.metadata);
      expect(outline(document)).toEqual(expected.outline);
    });

    it(`maps ${name} exactly, with each kind of line end`, async () => {
      const source = decodedFixture(name);
      for (const end of ['\n', '\r\n', '\r']) {
        const other = source.replaceAll('\n', end);
        const document = await extractText(other, name);
        expect(sourceMapFaults(document, other)).toEqual([]);
        expect(outline(document)).toEqual(expected.outline);
      }
    });
  }

  it('reads LaTeX without a document environment, unbalanced braces included', async () => {
    const document = await extractText(
      '\\chapter{Eels}\nText {with \\textbf{one brace} too many{.\n\n$ 5 costs.',
      'a.tex',
    );
    expect(document.text).toContain('Text with one brace too many.');
    expect(document.text).toContain('5 costs.');
  });

  it('does not take \\LaTeX macros without text for text', async () => {
    const document = await extractText(
      '\\newcommand{\\x}[1]{hidden}\\vspace{3cm}\\label{here}Seen.',
      'a.tex',
    );
    expect(document.text).toBe('Seen.');
  });

  it('searches LaTeX that only defines as plain text', async () => {
    const document = await extractText('\\newcommand{\\seaweed}[1]{\\emph{#1}}\n', 'macros.tex');
    expect(document.text).toContain('seaweed');
    expect(document.format).toBe('latex');
  });

  it('ends blocks that are never closed', async () => {
    const org = await extractText('* Head\n#+BEGIN_SRC c\nint x;\n* Next\nWords.\n', 'a.org');
    expect(org.text).toContain('Words.');
    const adoc = await extractText('= T\n\n----\ncode for ever\n', 'a.adoc');
    expect(adoc.text).toContain('code for ever');
    const rst = await extractText(
      'Title\n=====\n\n.. note::\n\n  * deep\n\n    * deeper::\n\n        code\n\nout\n',
      'a.rst',
    );
    expect(outline(rst).at(-1)).toBe('paragraph out');
  });

  it('takes deep nesting without running into the stack', async () => {
    const lines = Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}- item ${depth}\n`).join(
      '\n',
    );
    const document = await extractText(lines, 'a.rst');
    expect(document.text).toContain('item 2999');
  });
});
