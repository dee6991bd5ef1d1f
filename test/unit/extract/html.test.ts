import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { decodedFixture, extractFixture, extractText, outline } from './fixture.ts';
import { sourceMapFaults } from './source-map.ts';

describe('HTML', () => {
  it('reads title, metadata, headings, rows, code and lists, and leaves the frame out', async () => {
    const document = await extractFixture('page.html');
    expect(document.title).toBe('Tide tables & harbours');
    expect(document.metadata).toEqual({
      language: 'en',
      author: 'R. Tamsin',
      description: 'When the water comes.',
    });
    expect(outline(document)).toEqual([
      'heading1 Tide tables & harbours',
      'paragraph High water comes fifty minutes later each day; the café on the quay closes at six.',
      'heading2 North shore',
      'row North shore: Port | High',
      'row North shore: Ardglass | 04:12',
      'row North shore: Strangford | 05:47',
      'code North shore: tide --port ardglass\n  --days 3',
      'list-item North shore: Mooring rings are painted white.',
      'list-item North shore: Ask the harbour master.',
      'paragraph North shore: One line\nand another.',
      'paragraph North shore: Chart of the bay',
    ]);
    expect(sourceMapFaults(document, decodedFixture('page.html'))).toEqual([]);
  });

  it('tells the line of words that the source spells with references', async () => {
    const document = await extractFixture('page.html');
    const at = document.text.indexOf('é on the quay');
    const segment = document.segments.find(({ start, end }) => start <= at && at < end);
    expect(segment?.place).toMatchObject({ kind: 'line', line: 16 });
    expect(segment?.sourceStart).toBeUndefined();
  });

  it('leaves the name of the site out of the title', async () => {
    const page = (title: string) =>
      extractText(`<title>${title}</title><h1>Eel fishing</h1><p>Text.</p>`, 'a.html');
    expect((await page('Eel fishing — Coastal guide')).title).toBe('Eel fishing');
    expect((await page('Eel fishing rights')).title).toBe('Eel fishing rights');
    expect((await page('Coastal guide: Eel fishing')).title).toBe('Coastal guide: Eel fishing');
  });

  it('keeps a page whole when its main element holds little of it', async () => {
    const page = `<main><p>Hi.</p></main><div><p>${'The story is told outside. '.repeat(40)}</p></div>`;
    expect((await extractText(page, 'a.html')).text).toContain('told outside');
  });

  it('keeps a page that is nothing but navigation', async () => {
    expect((await extractText('<nav><a href="x">Only link</a></nav>', 'a.html')).text).toBe('Only link');
  });

  it('takes tables that arrange a page for paragraphs', async () => {
    const page =
      '<table><tr><td><h2>Left</h2><p>One.</p></td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>';
    expect(outline(await extractText(page, 'a.html'))).toEqual([
      'heading2 Left',
      'paragraph Left: One.',
      'row Left: a | b',
    ]);
  });

  it('puts what a manual says of a function under its signature', async () => {
    const page = `<h1>Files</h1><dl class="py class"><dt class="sig">class Path(name)</dt><dd><p>A path.</p>
      <dl class="py method"><dt>open(mode)</dt><dd><p>Opens it.</p></dd></dl><p>More of paths.</p></dd></dl>
      <p>After all.</p><dl><dt>Term</dt><dd>Meaning</dd></dl>`;
    expect(outline(await extractText(page, 'a.html'))).toEqual([
      'heading1 Files',
      'heading51 class Path(name)',
      'paragraph class Path(name): A path.',
      'heading52 class Path(name): open(mode)',
      'paragraph class Path(name) > open(mode): Opens it.',
      'paragraph class Path(name): More of paths.',
      'paragraph After all.',
      'list-item Term',
      'list-item Meaning',
    ]);
  });

  it('believes the encoding that the page names', async () => {
    const page = '<meta charset="windows-1250"><p>Příliš žluťoučký kůň</p>';
    const document = await extractBytes(iconv.encode(page, 'windows-1250'), 'a.html', { textChars: 1000 });
    expect(document.text).toBe('Příliš žluťoučký kůň');
  });

  it('never runs into the stack: elements nested ten thousand deep', async () => {
    const page = `${'<div><b>'.repeat(10_000)}bottom${'</b></div>'.repeat(10_000)}<p>after</p>`;
    const document = await extractText(page, 'a.html');
    expect(document.text).toBe('bottom\nafter');
    const unclosed = await extractText(`${'<table><tr><td>'.repeat(10_000)}cell`, 'a.html');
    expect(unclosed.text).toBe('cell');
  });

  it('treats what looks like markup in text as text', async () => {
    const document = await extractText(
      '<p>if a &lt;b&gt; then 1 < 2 && x</p><p>&notanentity; &#x110000; &#0;</p>',
      'a.html',
    );
    expect(document.text.split('\n')[0]).toBe('if a <b> then 1 < 2 && x');
  });

  it('reads pages without any structure', async () => {
    expect(outline(await extractText('just <i>words</i> here', 'a.html'))).toEqual([
      'paragraph just words here',
    ]);
  });
});
