import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import {
  groupParagraphs,
  measureStyle,
  withoutRunningLines,
} from '../../../app/extract/formats/pdf-layout.ts';
import type { PdfLine, PdfPage } from '../../../app/extract/formats/pdf-lines.ts';
import { WordList } from '../../../app/extract/formats/pdf-text.ts';
import { extractFixture, fixtureBytes, outline, textOf } from './fixture.ts';
import { assemble, imageObject, pdfOf, writePdf } from './pdf-writer.ts';
import { pdfMapFaults } from './source-map.ts';

const extract = (bytes: Uint8Array, name = 'a.pdf') => extractBytes(bytes, name, { textChars: 1_000_000 });

describe('PDF', () => {
  it('reads paragraphs, headings and lists, and puts broken words together', async () => {
    const document = await extractFixture('report.pdf');
    expect(document.title).toBe('Annual Report of the Harbour Lighthouse');
    const headings = document.blocks.filter(({ kind }) => kind === 'heading');
    expect(headings.map((block) => [block.level, textOf(document, block)])).toEqual(
      expect.arrayContaining([
        [2, '1. Maintenance'],
        [3, '1.1. Electrical installation'],
        [2, '2. Observations'],
        [3, '2.1. Weather'],
        [2, '3. Plans'],
      ]),
    );
    // "no-/ticeable", "rec-/ommendations", "diffi-/culties", "light-/house" are broken at line ends.
    for (const word of [
      'noticeable',
      'recommendations',
      'difficulties',
      'the lighthouse during',
      'meteorological',
    ])
      expect(document.text).toContain(word);
    // Hyphens that belong to their word stay.
    for (const word of ['well-known', 're-established', 'forty-two']) expect(document.text).toContain(word);
    const deposit = document.blocks.find((block) =>
      textOf(document, block).startsWith('The emergency generator'),
    );
    expect(deposit?.headings).toEqual(['1. Maintenance', '1.1. Electrical installation']);
    expect(outline(document)).toContainEqual(
      expect.stringMatching(/^list-item .*• Telephone line: disconnected/),
    );
    // Page numbers are no text.
    expect(document.text).not.toMatch(/-2-|-3-/);
  });

  it('reads columns one after the other', async () => {
    const document = await extractFixture('columns.pdf');
    expect(document.text).toMatch(
      /thirty degrees, which the keepers attributed to the unusually thick insulation/,
    );
    expect(document.text.indexOf('Hives')).toBeLessThan(document.text.indexOf('Harvest'));
  });

  it('reads title, author, table rows and umlauts of an office document', async () => {
    const document = await extractFixture('letter.pdf');
    expect(document.title).toBe('Rental agreement');
    expect(document.metadata).toMatchObject({ author: 'Ada Berg', language: 'en-US' });
    expect(document.text).toContain('Jonas Weiß');
    expect(outline(document)).toEqual(
      expect.arrayContaining(['heading2 Deposit', 'row Deposit: Rent 640', 'row Deposit: Heating 85']),
    );
  });

  for (const name of ['report.pdf', 'columns.pdf', 'letter.pdf', 'owner-only.pdf']) {
    it(`maps every word of ${name} to its text item`, async () => {
      const document = await extractFixture(name);
      expect(document.segments.length).toBeGreaterThan(10);
      expect(await pdfMapFaults(document, fixtureBytes(name))).toEqual([]);
    });
  }

  it('tells files apart that give no text', async () => {
    const scanned = writePdf([['q 200 0 0 300 0 0 cm /Im1 Do Q']], { Im1: imageObject() });
    const problems: [string, Uint8Array][] = [
      ['encrypted', fixtureBytes('encrypted.pdf')],
      ['scanned', scanned],
      ['empty', writePdf([['0 0 m 10 10 l S']])],
      ['corrupt', new TextEncoder().encode('%PDF-1.7\nnothing that follows is PDF')],
      ['corrupt', fixtureBytes('report.pdf').subarray(0, 200)],
    ];
    for (const [problem, bytes] of problems) await expect(extract(bytes)).rejects.toMatchObject({ problem });
  });

  it('says which pages have no text', async () => {
    const document = await extract(
      writePdf([['0 0 m 1 1 l S'], ...pdfOf(['Words on the second page.']), ['']]),
    );
    expect(document.text).toBe('Words on the second page.');
    expect(document.warnings).toEqual(['Pages 1, 3 have no text.']);
    expect(document.segments[0]?.place).toMatchObject({ kind: 'page', page: 2, item: 0, itemStart: 0 });
  });

  it('reads a file that was cut off as far as it goes', async () => {
    const whole = writePdf(pdfOf(['First words here.', 'Second words here.']));
    const document = await extract(whole.subarray(0, whole.length - 30));
    expect(document.text).toContain('First words here.');
  });

  it('reads Japanese set with a predefined character map and no font in the file', async () => {
    const words = '契約の期間は三年とする。';
    const hex = Buffer.from(words, 'utf16le').swap16().toString('hex');
    const content = `BT /F1 12 Tf 72 700 Td <${hex}> Tj ET`;
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Count 1 /Kids [5 0 R] >>',
      '<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UCS2-H /DescendantFonts [7 0 R] >>',
      '<< >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 6 0 R >>',
      `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> /FontDescriptor 8 0 R >>',
      '<< /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 6 /FontBBox [-123 -257 1001 910] /ItalicAngle 0 /Ascent 709 /Descent -241 /CapHeight 709 /StemV 69 >>',
    ];
    const document = await extract(assemble(objects.map((object) => Buffer.from(object))));
    expect(document.text).toBe(words);
  });

  it('reads what was filled into a form', async () => {
    const objects = [
      '<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [7 0 R 8 0 R 9 0 R] /DA (/F1 12 Tf) >> >>',
      '<< /Type /Pages /Count 1 /Kids [5 0 R] >>',
      '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
      '<< >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents 6 0 R /Annots [7 0 R 8 0 R 9 0 R] >>',
      '<< /Length 43 >>\nstream\nBT /F1 12 Tf 72 700 Td (Application) Tj ET  \nendstream',
      '<< /Type /Annot /Subtype /Widget /FT /Tx /T (lastName) /V (Lindqvist) /Rect [100 600 200 620] /P 5 0 R >>',
      '<< /Type /Annot /Subtype /Widget /FT /Tx /T (secret) /Ff 8192 /V (hunter2) /Rect [100 500 200 520] /P 5 0 R >>',
      '<< /Type /Annot /Subtype /Widget /FT /Tx /T (empty) /Rect [100 400 200 420] /P 5 0 R >>',
    ];
    const document = await extract(assemble(objects.map((object) => Buffer.from(object))));
    expect(outline(document)).toEqual(['paragraph Application', 'entry lastName: Lindqvist']);
    expect(document.segments.at(-1)?.place).toEqual({ kind: 'page', page: 1 });
  });

  it('stops at the limit of text', async () => {
    const pages = pdfOf(
      Array.from({ length: 40 }, (_, i) => `Page ${i} ${'says the same again '.repeat(3)}`),
    );
    const document = await extractBytes(writePdf(pages), 'a.pdf', { textChars: 500 });
    expect(document.text.length).toBeLessThanOrEqual(500);
    expect(document.warnings.join()).toMatch(/Only pages 1 to \d+ of 40/);
  });

  it('gives the pages it has read when its time is nearly up', async () => {
    const bytes = writePdf(pdfOf(['First page.', 'Second page.', 'Third page.']));
    let asked = 0;
    const document = await extractBytes(bytes, 'a.pdf', { textChars: 1000 }, () =>
      ++asked > 1 ? 'time' : null,
    );
    expect(document.text).toBe('First page.\nSecond page.');
    expect(document.warnings).toEqual(['Only pages 1 to 2 of 3 are searchable: it takes long to read.']);
  });

  it('takes no file name or program name for a title', async () => {
    for (const title of ['Microsoft Word - draft.doc', 'untitled', 'x', 'thesis_final.tex', '12345']) {
      const document = await extract(writePdf(pdfOf(['Words of the text.']), {}, `/Title (${title})`));
      expect(document.title).toBeUndefined();
    }
    const good = await extract(writePdf(pdfOf(['Words.']), {}, '/Title (Microsoft Word - Minutes of May)'));
    expect(good.title).toBe('Minutes of May');
  });
});

/** A line of 10-point text at the given height, as wide as its words. */
function line(text: string, y: number, over: Partial<PdfLine> = {}): PdfLine {
  return {
    page: 1,
    runs: [{ item: 0, itemStart: 0, text, spaced: false }],
    text,
    x: 72,
    right: 72 + text.length * 5,
    y,
    size: 10,
    font: 'body',
    soleFont: 'body',
    stops: [],
    monospace: false,
    leaders: false,
    turn: 0,
    ...over,
  };
}

const page = (number: number, lines: PdfLine[]): PdfPage => ({ page: number, lines, top: 800, bottom: 0 });

describe('PDF layout', () => {
  it('takes running heads and page numbers off, but the first head stays when its words are nowhere else', () => {
    const pages = [1, 2, 3, 4].map((number) =>
      page(number, [
        line('Quarterly bulletin', 780, { page: number }),
        line(`Body of page ${'abcd'[number - 1]} in words`, 700, { page: number }),
        line(`More words ${'wxyz'[number - 1]}`, 690, { page: number }),
        line(`${number + 10}`, 30, { page: number }),
      ]),
    );
    const cleaned = withoutRunningLines(pages);
    expect(cleaned.flatMap(({ lines }) => lines.map(({ text }) => text))).toEqual([
      'Quarterly bulletin',
      'Body of page a in words',
      'More words w',
      'Body of page b in words',
      'More words x',
      'Body of page c in words',
      'More words y',
      'Body of page d in words',
      'More words z',
    ]);
  });

  it('keeps pages that are all alike', () => {
    const pages = [1, 2, 3, 4].map((number) => page(number, [line('Parcel label', 780, { page: number })]));
    expect(withoutRunningLines(pages)).toEqual(pages);
  });

  it('breaks paragraphs at wider gaps, indentation and short last lines', () => {
    const lines = [
      line('The first paragraph begins here and goes', 700),
      line('on in a second line which ends.', 688),
      line('After a gap the second paragraph begins', 660),
      line('and ends short.', 648),
      line('Third one starts at once since the line above', 636),
      line('was short and ended.', 624),
      line('An indented line begins the fourth one, too', 612, { x: 90, right: 300 }),
      line('which goes on at the margin and on and on.', 600),
    ];
    const pages = [page(1, lines)];
    const paragraphs = groupParagraphs(pages, measureStyle(pages));
    expect(paragraphs.map((paragraph) => paragraph.lines.length)).toEqual([2, 2, 2, 2]);
  });

  it('goes on with a paragraph in the next column and on the next page', () => {
    const pages = [
      page(1, [
        line('This sentence goes on in the', 100),
        line('second column and does not', 780, { x: 320 }),
        line('end there either, because', 768, { x: 320 }),
      ]),
      page(2, [
        line('the next page has its end.', 780, { page: 2 }),
        line('Another begins after a gap.', 700, { page: 2 }),
      ]),
    ];
    const paragraphs = groupParagraphs(pages, measureStyle(pages));
    expect(paragraphs.map(({ lines }) => lines.length)).toEqual([4, 1]);
    expect(new Set(paragraphs[0]?.lines.map((each) => each.page))).toEqual(new Set([1, 2]));
  });

  it('makes rows of lines that begin again at the same place after a wide gap', () => {
    const stop = (x: number, gap: number) => ({ stops: [{ x, gap }] });
    const lines = [
      line('Item Price', 700, stop(200, 4)),
      line('A very long name 12', 688, stop(200, 0.5)),
      line('Prose without columns that follows below.', 660),
    ];
    const pages = [page(1, lines)];
    expect(groupParagraphs(pages, measureStyle(pages)).map(({ kind }) => kind)).toEqual([
      'row',
      'row',
      'paragraph',
    ]);
  });

  it('decides on hyphens by the words of the document', () => {
    const words = new WordList();
    words.add('The recommendation was well-known and the e-mail arrived');
    expect(words.joins('recommen', 'dation')).toBe(true);
    expect(words.joins('well', 'known')).toBe(false);
    expect(words.joins('un', 'seen')).toBe(true);
  });
});
