import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decodeText, looksLikeText } from '../../../app/extract/encoding.ts';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { LineIndex } from '../../../app/extract/lines.ts';
import { formatOf } from '../../../app/extract/registry.ts';
import { decodedFixture, extractFixture, extractText, outline } from './fixture.ts';
import { sourceMapFaults } from './source-map.ts';

const SAMPLES: Record<string, [text: string, encodings: string[]]> = {
  french: [
    'Les élèves ont été très étonnés par la décision du maître. Où est passé le garçon ? Ça ne va pas être facile.',
    ['windows-1252', 'utf-16le', 'utf-16be', 'utf-32le'],
  ],
  german: [
    'Die Prüfung der Verträge wird größtenteils durch die Behörde übernommen. Schöne Grüße.',
    ['iso-8859-1'],
  ],
  typography: ['He said “hello” — it’s fine… and the price is 5€.', ['windows-1252', 'utf-8']],
  polish: [
    'Umowa najmu zostaje zawarta na czas określony. Zażółć gęślą jaźń, a potem idź do domu; wszyscy będą wdzięczni.',
    ['iso-8859-2'],
  ],
  russian: [
    'Договор аренды заключается на срок три года и может быть продлён по соглашению сторон. Плата вносится ежемесячно.',
    ['koi8-r', 'windows-1251', 'iso-8859-5', 'cp866', 'utf-16le'],
  ],
  greek: [
    'Η σύμβαση μίσθωσης συνάπτεται για τρία χρόνια και μπορεί να παραταθεί με συμφωνία των μερών.',
    ['windows-1253'],
  ],
  japanese: [
    '契約の期間は三年とし、当事者の合意により延長することができる。賃料は毎月支払うものとします。',
    ['shift_jis', 'euc-jp', 'utf-16le'],
  ],
  chinese: [
    '合同期限为三年，经双方协商一致可以延长。租金每月支付一次。 我们需要在下个星期之前完成这个项目。',
    ['gb18030', 'utf-16be'],
  ],
  taiwanese: [
    '合約期限為三年，經雙方協商一致可以延長。租金每月支付一次。我們需要在下個星期之前完成這個項目。',
    ['big5'],
  ],
  korean: [
    '계약 기간은 삼 년으로 하며 당사자의 합의에 따라 연장할 수 있다. 임대료는 매월 지급한다.',
    ['euc-kr'],
  ],
};

describe('decoding', () => {
  for (const [language, [text, encodings]] of Object.entries(SAMPLES)) {
    for (const encoding of encodings) {
      const marked = encoding === 'utf-32le';
      it(`reads ${language} in ${encoding}${marked ? ' with a mark' : ''}`, () => {
        const bytes = iconv.encode(text, encoding, { addBOM: marked });
        expect(decodeText(bytes).text).toBe(text);
      });
    }
  }

  it('leaves byte-order marks out of the text', () => {
    for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'utf-32be'])
      expect(decodeText(iconv.encode('naïve words', encoding, { addBOM: true })).text).toBe('naïve words');
  });

  it('reads ISO-2022-JP by its escape sequences', () => {
    const bytes = Buffer.from('\x1b$B7@Ls\x1b(B');
    expect(decodeText(bytes).text).toBe('契約');
  });

  it('keeps UTF-8 with a few damaged bytes as UTF-8 and says how many', () => {
    const bytes = Buffer.concat([
      Buffer.from('Größe, Länge, Höhe, Übermaß, Änderung, öffnen. '.repeat(3)),
      Buffer.from([0xff, 0x41]),
    ]);
    const decoded = decodeText(bytes);
    expect(decoded.encoding).toBe('utf-8');
    expect(decoded.text).toContain('Übermaß');
    expect(decoded.warnings).toEqual(['1 characters could not be read as utf-8.']);
  });

  it('does not take a replacement character that was written for damage', () => {
    expect(decodeText(Buffer.from('a \ufffd b')).warnings).toEqual([]);
  });

  it('believes the declared encoding of bytes that are not UTF-8', () => {
    const bytes = iconv.encode('Příliš žluťoučký kůň', 'windows-1250');
    expect(decodeText(bytes, { declared: 'windows-1250' }).text).toBe('Příliš žluťoučký kůň');
    expect(decodeText(Buffer.from('Größe'), { declared: 'iso-8859-1' }).text).toBe('Größe');
  });

  it('refuses binary data and takes a log with a run of zero bytes', () => {
    const binary = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) & 0xff));
    expect(() => decodeText(binary)).toThrow('no text');
    expect(looksLikeText(binary)).toBe(false);
    expect(() => decodeText(Buffer.alloc(1000))).toThrow('no text');
    const log = Buffer.concat([
      Buffer.from('line one\n'),
      Buffer.alloc(4000),
      Buffer.from('line after the power cut\n'),
    ]);
    expect(decodeText(log).text).toContain('line after the power cut');
  });

  it('stops near the wanted length without reading on', () => {
    const bytes = Buffer.from('wörter '.repeat(700_000));
    const { text } = decodeText(bytes, { maxChars: 1_500_000 });
    expect(text.length).toBeGreaterThanOrEqual(1_500_000);
    expect(text.length).toBeLessThan(2_600_000);
    expect(text.endsWith('\ufffd')).toBe(false);
  });
});

describe('lines', () => {
  it('counts \\n, \\r\\n and a lone \\r as one line end each', () => {
    const lines = new LineIndex('a\r\nb\rc\nd');
    expect(lines.count).toBe(4);
    expect([1, 2, 3, 4].map((line) => lines.textOf(line))).toEqual(['a', 'b', 'c', 'd']);
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((offset) => lines.lineAt(offset))).toEqual([1, 1, 1, 2, 2, 3, 3, 4]);
  });
});

describe('plain text', () => {
  it('splits paragraphs and underlined headings, with CRLF', async () => {
    const document = await extractFixture('notes.txt');
    expect(document.title).toBe('Meeting notes');
    expect(outline(document)).toEqual([
      'heading1 Meeting notes',
      'paragraph The roof of the boathouse leaks\nabove the second window.',
      'heading2 Agreed',
      'paragraph Agreed: The carpenter comes on Thursday.',
    ]);
    expect(sourceMapFaults(document, decodedFixture('notes.txt'))).toEqual([]);
    const at = document.text.indexOf('second window');
    const segment = document.segments.find(({ start, end }) => start <= at && at < end);
    expect(segment?.place).toEqual({ kind: 'line', line: 5 });
  });

  it('makes a log entry of each dated line and what hangs below it', async () => {
    const document = await extractFixture('server.log');
    expect(document.blocks.map(({ kind }) => kind)).toEqual(Array(5).fill('entry'));
    expect(outline(document)[2]).toContain('refused\njava.net.ConnectException');
    expect(sourceMapFaults(document, decodedFixture('server.log'))).toEqual([]);
  });

  for (const [name, words] of [
    ['russian.txt', 'Арендная плата вносится ежемесячно.'],
    ['utf16.txt', 'were kept in a green binder.'],
    ['japanese.txt', '賃料は毎月支払うものとします。'],
  ] as const) {
    it(`reads ${name} and keeps its map exact`, async () => {
      const document = await extractFixture(name);
      expect(document.text).toContain(words);
      expect(document.metadata.encoding).toMatch(/^(koi8-r|utf-16le|shift_jis)$/);
      expect(sourceMapFaults(document, decodedFixture(name))).toEqual([]);
    });
  }

  it('takes rules, tables and code for text, not for headings', async () => {
    const document = await extractText(
      '---\n\na | b\n--+--\n1 | 2\n\nx = y\n----------------------------\n',
      'a.txt',
    );
    expect(document.blocks.filter(({ kind }) => kind === 'heading')).toEqual([]);
  });

  it('takes a line of ten million characters as one segment', async () => {
    const document = await extractText(`${'word '.repeat(2_000_000)}end`, 'long.txt');
    expect(document.text.length).toBe(10_000_003);
    expect(document.segments).toHaveLength(1);
  });

  it('cuts at the limit, keeps the offsets valid and says so', async () => {
    const text = Array.from({ length: 3000 }, (_, i) => `Paragraph ${i} about nothing.\n\n`).join('');
    const document = await extractText(text, 'a.txt', 10_000);
    expect(document.text.length).toBeLessThanOrEqual(10_000);
    expect(document.warnings.join()).toMatch(/Only the first [\d,]+ of/);
    expect(sourceMapFaults(document, text)).toEqual([]);
  });

  it('names text of unknown kind text and binary data unsupported', async () => {
    expect((await extractText('Some words.', 'file.unheardof')).format).toBe('text');
    const binary = new Uint8Array(Array.from({ length: 3000 }, (_, i) => (i * 7919) & 0xff));
    await expect(extractBytes(binary, 'file.unheardof', { textChars: 1000 })).rejects.toMatchObject({
      problem: 'unsupported',
    });
    await expect(extractBytes(binary, 'file.txt', { textChars: 1000 })).rejects.toMatchObject({
      problem: 'corrupt',
    });
  });

  it('says of white space alone that it is empty', async () => {
    await expect(extractText(' \n\n\t\n', 'a.txt')).rejects.toMatchObject({ problem: 'empty' });
  });
});

describe('recognition', () => {
  const head = (text: string) => new TextEncoder().encode(text);
  it('goes by name, then by content', () => {
    expect(formatOf('a.md', head('x'))?.format).toBe('markdown');
    expect(formatOf('README', head('x'))?.format).toBe('text');
    expect(formatOf('a.HTML', head('x'))?.format).toBe('html');
    expect(formatOf('download', head('%PDF-1.7\n'))?.format).toBe('pdf');
    expect(formatOf('download', head('<!-- saved -->\n<!DOCTYPE html><p>'))?.format).toBe('html');
    expect(formatOf('download', head('\\documentclass{book}'))?.format).toBe('latex');
    expect(formatOf('download', head('nothing known'))).toBe(null);
  });

  it('takes an armoured key for no AsciiDoc', () => {
    expect(formatOf('key.asc', head('= Title'))?.format).toBe('asciidoc');
    expect(formatOf('a.pdf.asc', head('-----BEGIN PGP SIGNATURE-----'))?.format).not.toBe('pdf');
  });
});
