import { describe, expect, it } from 'vitest';
import { sniffDelimiter } from '../../../app/extract/formats/csv.ts';
import { decodedFixture, extractFixture, extractText, outline } from './fixture.ts';
import { labelOfText, placeOfText, problemOf, untrueOffsets } from './places.ts';
import { sourceMapFaults } from './source-map.ts';

describe('delimited tables', () => {
  it('carry the column labels in every record and the line it begins on', async () => {
    const document = await extractFixture('plants.csv');
    expect(outline(document)).toEqual([
      'row Plant | Sown | Height cm | Remark',
      'row Plant: Peas | Sown: 2026-03-01 | Height cm: 120 | Remark: needs a net,\nfacing south',
      'row Plant: Beans | Sown: 2026-05-10 | Height cm: 200 | Remark: said "pole" on the bag',
    ]);
    expect(labelOfText(document, 'Peas')).toBe('line 2');
    expect(labelOfText(document, 'facing south')).toBe('line 3');
    expect(labelOfText(document, 'Beans')).toBe('line 4');
    const stations = await extractFixture('stations.tsv');
    expect(labelOfText(stations, 'name: Pass | elevation: 1890')).toBe('line 3');
  });

  it('are sniffed for their delimiter', () => {
    expect(sniffDelimiter('a,b\n1,2\n', 'csv')).toBe(',');
    expect(sniffDelimiter('a;b;c\n"1,5";"2,5";"3,5"\n', 'csv')).toBe(';');
    expect(sniffDelimiter('a\tb\n1\t2\n', 'csv')).toBe('\t');
    expect(sniffDelimiter('sep=|\na|b\n', 'csv')).toBe('|');
    expect(sniffDelimiter('no table here', 'csv')).toBe(',');
  });

  it('without labels stand as they are', async () => {
    const document = await extractText('1,2026-01-01,ok\n2,2026-01-02,bad\n', 'log.csv');
    expect(outline(document)).toEqual(['row 1 | 2026-01-01 | ok', 'row 2 | 2026-01-02 | bad']);
  });

  it('count lines of \\r\\n, after empty lines and through ragged rows', async () => {
    const document = await extractText('name,age\r\n\r\n"Ida\r\nGross",7\r\nBob,8,left,early\r\n', 'a.csv');
    expect(labelOfText(document, 'Ida')).toBe('line 3');
    expect(labelOfText(document, 'Gross')).toBe('line 4');
    expect(labelOfText(document, 'Bob')).toBe('line 5');
    expect(labelOfText(document, 'early')).toBe('line 5');
  });

  it('with a quote that never closes are told as corrupt or read', async () => {
    const bytes = new TextEncoder().encode(`a,b\n"${'x,y\n'.repeat(400_000)}`);
    expect(await problemOf(bytes, 'a.csv')).toBe('corrupt');
  });
});

describe('JSON', () => {
  it('becomes entries with key paths and lines', async () => {
    const document = await extractFixture('places.json');
    expect(document.title).toBe('Places to visit');
    expect(outline(document).slice(1, 3)).toEqual([
      'entry regions: name: Coast\nplaces.name: Old harbour\nplaces.tags: boats, fish\nplaces.note: Go early.\nBring coins.\n',
      'entry regions: name: Hills\nplaces.name: Stone circle\nplaces.height: 412.5\nplaces.open: true\n',
    ]);
    expect(placeOfText(document, 'Stone circle')).toEqual({
      kind: 'key',
      key: 'regions[1].places[0].name',
      line: 5,
    });
    expect(placeOfText(document, 'Bring coins.')).toEqual({
      kind: 'key',
      key: 'regions[0].places[0].note',
      line: 4,
    });
    expect(untrueOffsets(document, decodedFixture('places.json'))).toEqual([]);
    expect(document.segments.filter((segment) => segment.sourceStart !== undefined).length).toBeGreaterThan(
      5,
    );
  });

  it('Lines give an entry for each record', async () => {
    const document = await extractFixture('kettle.jsonl');
    expect(outline(document)).toEqual([
      'entry id: 1\ntext: The kettle boiled dry\n',
      'entry id: 2\ntext: Replaced the fuse\nby.name: Bob\n',
    ]);
    expect(labelOfText(document, 'Replaced the fuse')).toBe('line 3');
    const renamed = await extractText('{"a": "one"}\n{"a": "two"}\n', 'x.json');
    expect(outline(renamed)).toEqual(['entry a: one\n', 'entry a: two\n']);
  });

  it('with comments, trailing commas and torn ends is read as far as it goes', async () => {
    const document = await extractText('// note\n{"a": "one", /* x */ "b": ["two", ], "c": "thr', 'a.json');
    expect(document.text).toContain('a: one');
    expect(document.text).toContain('b: two');
    expect(document.warnings[0]).toMatch(/no valid JSON \(line 2\)/);
  });

  it('that is none is searchable as plain text', async () => {
    const document = await extractText('just words', 'a.json');
    expect(document.text).toBe('just words');
    expect(document.family).toBe('data');
    expect(document.warnings[0]).toMatch(/no valid JSON/);
  });

  it('nested a hundred thousand deep ends in text or a typed problem', async () => {
    const bytes = new TextEncoder().encode(`${'['.repeat(100_000)}"deep"${']'.repeat(100_000)}`);
    expect(await problemOf(bytes, 'a.json')).toMatch(/^(text of \d+ characters|corrupt)$/);
  });

  it('leaves out encoded bytes and long lists of numbers', async () => {
    const document = await extractText(
      JSON.stringify({
        name: 'x',
        picture: 'QUJD'.repeat(100),
        numbers: Array.from({ length: 500 }, (_, i) => i),
      }),
      'a.json',
    );
    expect(document.text).not.toContain('QUJD');
    expect(document.text).toContain('0, 1, 2');
    expect(document.text).not.toContain('499');
  });

  it('keeps __proto__ as a key like any other', async () => {
    const document = await extractText('{"__proto__": {"polluted": "yes"}}', 'a.json');
    expect(document.text).toContain('polluted: yes');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('configuration', () => {
  it('in YAML: entries by key under their document, letter for letter', async () => {
    const document = await extractFixture('deploy.yaml');
    expect(outline(document)[0]).toBe(
      'entry Deployment shop > apiVersion: # How the shop runs\napiVersion: apps/v1',
    );
    expect(outline(document)).toContain('entry Service shop-door > spec: spec: &anchor\n  ports: [80, 443]');
    expect(labelOfText(document, 'replicas')).toBe('line 7');
    expect(sourceMapFaults(document, decodedFixture('deploy.yaml'))).toEqual([]);
  });

  it('in YAML: long values are divided at their keys', async () => {
    const paths = Array.from(
      { length: 30 },
      (_, i) => `  /path${i}:\n    get:\n      summary: Gets thing ${i}\n`,
    ).join('');
    const document = await extractText(`title: Things\npaths:\n${paths}`, 'api.yaml');
    expect(document.title).toBe('Things');
    expect(document.blocks.length).toBeGreaterThan(20);
    expect(document.blocks.find((block) => block.headings[0] === 'paths')).toBeDefined();
    expect(labelOfText(document, 'Gets thing 29')).toBe(`line ${2 + 29 * 3 + 3}`);
  });

  it('in YAML: a bomb of aliases is not unfolded, broken text is searchable', async () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(`*${of}`).join(', ')}]\n`;
    const bomb = `a: &a [lol, lol]\n${level('b', 'a')}${level('c', 'b')}${level('d', 'c')}${level('e', 'd')}`;
    const document = await extractText(bomb, 'bomb.yaml');
    expect(document.text.length).toBeLessThanOrEqual(bomb.length);
    const broken = await extractText('a: [1, 2\nb: "x\n', 'broken.yaml');
    expect(broken.text).toContain('a: [1, 2');
    expect(broken.warnings[0]).toMatch(/no valid YAML/);
  });

  it('in TOML: tables as headings, comments with them, strings over lines intact', async () => {
    const document = await extractFixture('bakery.toml');
    expect(outline(document)).toEqual([
      'entry # Settings of the bakery\ntitle = "Bakery"',
      'entry ovens > stone: # The big oven\n[ovens.stone]\nheat = 260\nnote = """\n[not.a.table]\nkeep the door shut"""',
      'entry staff: [[staff]]\nname = "Ida"',
    ]);
    expect(labelOfText(document, 'keep the door shut')).toBe('line 9');
    expect(sourceMapFaults(document, decodedFixture('bakery.toml'))).toEqual([]);
    const broken = await extractText('a = = 1\n', 'a.toml');
    expect(broken.warnings[0]).toMatch(/no valid TOML \(line 1\)/);
  });

  it('in INI: sections as headings', async () => {
    const document = await extractFixture('app.ini');
    expect(outline(document)).toContain('entry printer: [printer]\n; slow but good\nport = lpt1');
    expect(labelOfText(document, 'volume')).toBe('line 7');
  });
});

describe('XML', () => {
  it('of prose: titles as headings, blocks of text, lists and listings', async () => {
    const document = await extractFixture('manual.xml');
    expect(document.title).toBe('Keeping goats');
    expect(outline(document)).toEqual([
      'heading1 Keeping goats',
      'heading2 Fences',
      'paragraph Fences: Goats climb anything that leans.',
      'list-item Fences: Use posts & wire',
      'heading2 Milk',
      'paragraph Milk: Twice a day.',
      'code Milk: cool(4)\nstore(2)',
    ]);
    expect(labelOfText(document, 'that leans')).toBe('line 5');
    expect(labelOfText(document, 'store(2)')).toBe('line 7');
    expect(untrueOffsets(document, decodedFixture('manual.xml'))).toEqual([]);
  });

  it('of data: entries by element', async () => {
    const document = await extractFixture('shelf.xml');
    expect(outline(document)).toContain('entry book: name: Of moles\nyear: 1911\n');
    expect(placeOfText(document, 'Of moles')).toEqual({ kind: 'key', key: 'book[1].name', line: 3 });
  });

  it('nested ten thousand deep, or without an end, is read', async () => {
    const deep = await extractText(`<a>${'<b>'.repeat(10_000)}deep${'</b>'.repeat(10_000)}</a>`, 'a.xml');
    expect(deep.text).toContain('deep');
    const torn = await extractText('<a><b>one</b><b>two', 'a.xml');
    expect(torn.text).toContain('two');
  });
});

describe('notebooks', () => {
  it('keep Markdown, code and printed output by cell', async () => {
    const document = await extractFixture('tides.ipynb');
    expect(document.title).toBe('Tides of the bay');
    expect(document.metadata.language).toBe('python');
    const lines = outline(document);
    expect(lines).toContain('heading2 Storm surge');
    expect(lines).toContain('paragraph A look at two years of gauges.');
    expect(lines).toContain(
      'code Loading: import pandas as pd\n\ndef load(path):\n    return pd.read_csv(path)',
    );
    expect(lines).toContain('code Loading: loaded 730 rows');
    expect(lines).toContain('code Storm surge: ZeroDivisionError: division by zero');
    expect(placeOfText(document, 'return pd.read_csv')).toEqual({ kind: 'notebook-cell', cell: 2, line: 4 });
    expect(labelOfText(document, 'The surge of January')).toBe('cell 3, line 2');
    expect(labelOfText(document, 'loaded 730 rows')).toBe('cell 2');
  });

  it('of format 3 are read, others are corrupt', async () => {
    const old = {
      worksheets: [
        {
          cells: [
            { cell_type: 'heading', level: 2, source: ['Old heading'] },
            { cell_type: 'code', input: ['x = 1'], outputs: [] },
          ],
        },
      ],
      metadata: {},
    };
    expect(outline(await extractText(JSON.stringify(old), 'old.ipynb'))).toEqual([
      'heading2 Old heading',
      'code Old heading: x = 1',
    ]);
    expect(await problemOf(new TextEncoder().encode('{"a": 1}'), 'a.ipynb')).toBe('corrupt');
    expect(await problemOf(new TextEncoder().encode('[}'), 'a.ipynb')).toBe('corrupt');
  });
});

describe('subtitles', () => {
  it('of SubRip run on until a pause and know their times', async () => {
    const document = await extractFixture('talk.srt');
    expect(outline(document)).toEqual([
      'paragraph Welcome to the workshop.\nToday we sharpen\nchisels.',
      'paragraph - Keep the angle.',
    ]);
    expect(placeOfText(document, 'chisels')).toEqual({ kind: 'time', seconds: 3.6, endSeconds: 6 });
    expect(labelOfText(document, 'Keep the angle')).toBe('1:30');
    expect(untrueOffsets(document, decodedFixture('talk.srt'))).toEqual([]);
  });

  it('of WebVTT and SubStation Alpha', async () => {
    const vtt = await extractFixture('talk.vtt');
    expect(outline(vtt)).toEqual(['paragraph Ida: Look at the grain & the knots.', 'paragraph Second cue.']);
    expect(labelOfText(vtt, 'Second cue')).toBe('0:10');
    expect(vtt.text).not.toContain('note');
    expect(outline(await extractFixture('talk.ass'))).toEqual(['paragraph Ida: Hold it,\nsteady']);
  });
});
