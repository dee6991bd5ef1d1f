import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { extractFixture, fixtureBytes, outline } from './fixture.ts';
import { labelOfText, placeOfText, problemOf, problemOfFixture } from './places.ts';

describe('Word documents', () => {
  it('keep headings, lists, table rows and comments, with paragraph numbers', async () => {
    const document = await extractFixture('lease.docx');
    expect(document.format).toBe('docx');
    expect(document.title).toBe('Lease of the old mill');
    expect(document.metadata).toMatchObject({ author: 'Ada Miller', keywords: 'lease, mill' });
    expect(outline(document)).toEqual([
      'heading1 Lease of the old mill',
      'paragraph This agreement is made between the owner and the tenant.',
      'heading1 Rent and deposit',
      'paragraph Rent and deposit: The rent is nine hundred euros a month, due on the third working day.',
      'heading2 Rent and deposit: Deposit',
      'paragraph Rent and deposit > Deposit: The deposit is three months of rent.',
      'list-item Rent and deposit > Deposit: Keys are handed over on the first day.',
      'list-item Rent and deposit > Deposit: Meters are read together.',
      'row Rent and deposit > Deposit: Item | Amount | Due',
      'row Rent and deposit > Deposit: Rent | 900 | monthly',
      'row Rent and deposit > Deposit: Heating | 120 | monthly',
      'heading1 Notice',
      'paragraph Notice: Either side may end the lease with three months of notice. Naïve façade “quotes” — 中文.',
      'paragraph Notice: Comment by Bob: Check the local law.',
    ]);
    expect(labelOfText(document, 'This agreement')).toBe('paragraph 2');
    expect(labelOfText(document, 'Heating')).toBe('paragraph 15');
    expect(labelOfText(document, '120')).toBe('paragraph 16');
    expect(labelOfText(document, 'Check the local law')).toBe('paragraph 19');
    expect(document.text).not.toContain('HEADER');
  });

  it('of LibreOffice keep footnotes and the text of frames', async () => {
    const document = await extractFixture('notes.docx');
    expect(labelOfText(document, 'Footnote: The mill stands by the brook.')).toBe('paragraph 19');
    expect(labelOfText(document, 'Near the weir')).toBe('paragraph 20');
    expect(labelOfText(document, 'Framed remark about the weir.')).toBe('paragraph 21');
  });

  it('of 97–2003 give their paragraphs and notes', async () => {
    const document = await extractFixture('notes.doc');
    expect(document.format).toBe('doc');
    expect(labelOfText(document, 'The rent is nine hundred euros')).toBe('paragraph 4');
    expect(outline(document)).toContain('row Heating | 120 | monthly');
    expect(document.text).toContain('Footnote: The mill stands by the brook.');
  });

  it('under another name are still told by their content', async () => {
    const renamed = await extractBytes(fixtureBytes('lease.docx'), 'lease.doc', { textChars: 1e6 });
    expect(renamed.format).toBe('docx');
    const bare = await extractBytes(fixtureBytes('notes.rtf'), 'notes', { textChars: 1e6 });
    expect(bare.format).toBe('rtf');
  });
});

describe('OpenDocument and RTF texts', () => {
  it.each(['notes.odt', 'notes.rtf'])('%s: headings, rows, notes, frames', async (name) => {
    const document = await extractFixture(name);
    const lines = outline(document);
    expect(lines).toContain('heading2 Rent and deposit: Deposit');
    expect(lines).toContain('list-item Rent and deposit > Deposit: Meters are read together.');
    expect(lines).toContain('row Rent and deposit > Deposit: Rent | 900 | monthly');
    expect(document.text).toContain('Naïve façade “quotes” — 中文.');
    expect(document.text).toContain('Footnote: The mill stands by the brook.');
    expect(document.text).toContain('Comment: Check the local law.');
    expect(document.text).toContain('Framed remark about the weir.');
    expect(document.text).not.toContain('HEADER');
    expect(document.metadata.author).toBe('Ada Miller');
    expect(labelOfText(document, 'The deposit is three months')).toBe('paragraph 6');
    expect(labelOfText(document, 'Heating')).toBe('paragraph 15');
  });

  it('RTF: code pages by font, escapes, hidden text, binary data and deep groups', async () => {
    const source = String.raw`{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial;}{\f2\fcharset128 Mincho;}}{\stylesheet{\s1 heading 1;}}
{\pard\s1 Caf\'e9 \emdash  bar\par}{\f1 \'cf\'f0\'e8\'e2\'e5\'f2\par}{\f2 \'93\'fa\'96\'7b\par}\uc1\u8364?5 \u-10179?\u-8704?{\v secret}{\*\unknown gone}{\pict\bin4 }}}}}a\{b\}\par}`;
    const document = await extractBytes(Buffer.from(source, 'latin1'), 'a.rtf', { textChars: 1e6 });
    expect(outline(document)).toEqual([
      'heading1 Café — bar',
      'paragraph Привет',
      'paragraph 日本',
      'paragraph €5 😀a{b}',
    ]);
    const deep = `{\\rtf1 ${'{'.repeat(20_000)}x${'}'.repeat(20_000)}}`;
    expect(await problemOf(Buffer.from(deep), 'deep.rtf')).toBe('corrupt');
  });
});

describe('workbooks', () => {
  it.each(['budget.xlsx', 'budget-libreoffice.xlsx', 'budget.ods'])(
    '%s: cells as displayed, each with its place, under their columns',
    async (name) => {
      const document = await extractFixture(name);
      expect(document.title).toBe('Budget of the house');
      const lines = outline(document);
      expect(lines).toContain('row Budget: Item: Rent | Amount: 900.00 € | Due: 03.02.2026 | Paid: TRUE');
      expect(lines).toContain('row Budget: Item | Amount | Due | Paid');
      expect(lines).toContain('row Visit plan: Who: Karl | When: 2026-05-02 9:00:00 | Notes: train at nine');
      expect(lines).toContain('caption Budget: Ask the supplier for a lower price');
      expect(labelOfText(document, 'Household budget')).toBe('Budget!A1');
      expect(labelOfText(document, '34.20 €')).toBe('Budget!B6');
      expect(labelOfText(document, 'and music')).toBe('Visit plan!C2');
      expect(labelOfText(document, 'Ask the supplier')).toBe('Budget!A5');
      expect(placeOfText(document, 'Household')).toEqual({ kind: 'sheet', sheet: 'Budget', cell: 'A1' });
    },
  );

  it('show a formula where its value was never computed, else the value', async () => {
    expect((await extractFixture('budget.xlsx')).text).toContain('=SUM(B4:B6)');
    const computed = await extractFixture('budget-libreoffice.xlsx');
    expect(labelOfText(computed, '1054.7')).toBe('Budget!B7');
  });
});

describe('presentations', () => {
  it.each(['bees.pptx', 'bees-libreoffice.pptx', 'bees.odp'])(
    '%s: slides, notes, tables, groups',
    async (name) => {
      const document = await extractFixture(name);
      expect(document.family).toBe('slides');
      expect(document.title).toBe('Beekeeping for beginners');
      const lines = outline(document);
      expect(lines).toContain('heading1 What a hive needs');
      expect(lines).toContain('list-item What a hive needs: Water within a short flight');
      expect(lines).toContain('row Costs of the first year: Smoker | 35');
      expect(labelOfText(document, 'Water within')).toBe('slide 2');
      expect(labelOfText(document, 'Tell the story of the swarm')).toBe('slide 2, notes');
      expect(labelOfText(document, 'Grouped remark')).toBe('slide 3');
    },
  );

  it('keep the words of charts', async () => {
    const document = await extractFixture('bees.pptx');
    expect(labelOfText(document, 'Honey in kilograms')).toBe('slide 3');
  });
});

describe('files that give no text', () => {
  it.each([
    ['locked-lease.docx', 'encrypted'],
    ['locked-budget.xlsx', 'encrypted'],
    ['budget.xls', 'unsupported'],
  ])('%s is %s', async (name, problem) => {
    expect(await problemOfFixture(name)).toBe(problem);
  });

  it.each(['lease.docx', 'budget.xlsx', 'bees.pptx', 'notes.odt', 'lighthouse.epub', 'notes.doc'])(
    '%s cut in half is corrupt',
    async (name) => {
      const bytes = fixtureBytes(name);
      expect(await problemOf(bytes.subarray(0, bytes.length >> 1), name)).toBe('corrupt');
    },
  );

  it.each([
    'a.docx',
    'a.xlsx',
    'a.pptx',
    'a.odt',
    'a.epub',
    'a.rtf',
    'a.doc',
    'a.msg',
    'a.ipynb',
    'a.srt',
    'a.xml',
  ])('a picture called %s is corrupt', async (name) => {
    const picture = Buffer.from('89504e470d0a1a0a0000000d4948445200000001', 'hex');
    expect(await problemOf(picture, name)).toMatch(/^(corrupt|unsupported)$/);
  });
});
