import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PassimError } from '../../../app/contract/errors.ts';
import { type FileFacts, filterMatcher, parseQuery } from '../../../app/text/query.ts';

const NOW = new Date(2024, 4, 15, 12, 30).getTime();
const file = (facts: Partial<FileFacts> = {}): FileFacts => ({
  path: '/home/ann/Documents/Notes/2024/Budget Plan.pdf',
  root: '/home/ann/Documents',
  format: 'pdf',
  family: 'document',
  size: 2_000_000,
  modified: NOW,
  ...facts,
});
const passes = (query: string, facts: Partial<FileFacts> = {}): boolean =>
  filterMatcher(parseQuery(query).filters, NOW)(file(facts));
const at = (year: number, month: number, day: number, hour = 12): number =>
  new Date(year, month - 1, day, hour).getTime();
const modified = (query: string, when: number): boolean => passes(`modified:${query}`, { modified: when });

describe('words of a query', () => {
  it('reads words with their offsets in the query and in the text', () => {
    const query = '  how  do +contracts end? -lease "notice period" ext:pdf';
    const parsed = parseQuery(query);
    expect(parsed.text).toBe('how do contracts end? notice period');
    expect(parsed.words.map(({ text }) => text)).toEqual([
      'how',
      'do',
      'contracts',
      'end',
      'notice',
      'period',
    ]);
    for (const word of parsed.words) {
      expect(query.slice(word.start, word.end)).toBe(word.text);
      expect(parsed.text.slice(word.textStart, word.textEnd)).toBe(word.text);
    }
    expect(parsed.required).toEqual(['contracts']);
    expect(parsed.excluded).toEqual(['lease']);
    expect(parsed.phrases).toEqual(['notice period']);
    expect(parsed.words.map(({ required }) => required)).toEqual([false, false, true, false, true, true]);
    expect(parsed.words.map(({ phrase }) => phrase)).toEqual([null, null, null, null, 0, 0]);
  });

  it.each([
    ['https://example.org/a:b', 'https://example.org/a:b'],
    ['std::vector type::new', 'std::vector type::new'],
    ['meet at 12:30', 'meet at 12:30'],
    ['C:\\Users\\ann', 'C:\\Users\\ann'],
    ['foo:bar note:"x y"', 'foo:bar note:"x y"'],
    ['C++ and C#', 'C++ and C#'],
    ['a - b + c -- d', 'a - b + c -- d'],
    ['--verbose', '--verbose'],
    ['"never closed', 'never closed'],
    ['5" disk', '5" disk'],
    ['"" x', 'x'],
  ])('takes %s as words', (query, text) => {
    const parsed = parseQuery(query);
    expect(parsed.text).toBe(text);
    expect(parsed.filters).toEqual([]);
    expect(parsed.excluded).toEqual([]);
  });

  it('keeps inner punctuation and drops what is around a word', () => {
    const texts = parseQuery('(Who) wrote "C++", a.b@c.org, .NET and don’t?').words.map(({ text }) => text);
    expect(texts).toEqual(['Who', 'wrote', 'C++', 'a.b@c.org', '.NET', 'and', 'don’t']);
  });

  it('finds words in scripts without spaces', () => {
    const parsed = parseQuery('人工智能 的发展');
    expect(parsed.words.length).toBeGreaterThan(2);
    expect(parsed.words.map(({ text }) => text).join('')).toBe('人工智能的发展');
  });

  it('excludes phrases and takes typographic quotes', () => {
    expect(parseQuery('cats -"black cat"').excluded).toEqual(['black cat']);
    expect(parseQuery('“exact  phrase”').phrases).toEqual(['exact phrase']);
  });
});

describe('path:, ext: and type:', () => {
  it.each([
    ['path:notes', true],
    ['path:Notes/2024', true],
    ['path:notes\\2024', true],
    ['path:ann', false],
    ['path:/home/ann', true],
    ['path:documents', true],
    ['path:/notes/', true],
    ['path:otes/', true],
    ['path:"budget plan"', true],
    ['path:*.pdf', true],
    ['path:*.doc', false],
    ['path:n?tes', true],
    ['path:notes/*.pdf', false],
    ['path:notes/**/*.pdf', true],
    ['path:notes/*/*.pdf', true],
    ['path:no*/', true],
    ['path:2024/budget*', true],
    ['-path:notes', false],
    ['-path:other', true],
    ['path:other,notes', true],
    ['ext:pdf', true],
    ['EXT:.PDF', true],
    ['ext:docx,pdf', true],
    ['ext:docx', false],
    ['-ext:pdf', false],
    ['type:pdf', true],
    ['type:Document', true],
    ['type:mail', false],
    ['type:email,documents', true],
    ['ext:pdf path:other', false],
  ])('%s on a PDF → %s', (query, expected) => {
    expect(passes(query)).toBe(expected);
  });

  it('takes endings of several parts and leaves hidden names alone', () => {
    expect(passes('ext:tar.gz', { path: '/home/ann/Documents/a.tar.gz' })).toBe(true);
    expect(passes('ext:gitignore', { path: '/home/ann/Documents/.gitignore' })).toBe(false);
  });

  it('compares Windows paths and decomposed letters', () => {
    const windows = { path: 'C:\\Users\\ann\\Docs\\Re\u0301sume\u0301.txt', root: 'C:\\Users\\ann\\Docs' };
    expect(passes('path:docs/résumé', windows)).toBe(true);
    expect(passes('path:ann', windows)).toBe(false);
    expect(passes('path:C:\\Users', windows)).toBe(true);
  });

  it('answers a hostile pattern at once', () => {
    const value = `${'*a'.repeat(3000)}b`;
    expect(passes(`path:${value}`, { path: `/home/ann/Documents/${'a'.repeat(250)}` })).toBe(false);
  });
});

describe('modified:', () => {
  it.each<[string, number, boolean]>([
    ['2024', at(2024, 1, 1, 0), true],
    ['2024', at(2023, 12, 31, 23), false],
    ['2024-02', at(2024, 2, 29), true],
    ['2024-02', at(2024, 3, 1, 0), false],
    ['2024-3-5', at(2024, 3, 5, 23), true],
    ['2024-03-05', at(2024, 3, 6, 0), false],
    ['>2024-01-01', at(2024, 1, 1), false],
    ['>2024-01-01', at(2024, 1, 2, 0), true],
    ['>=2024-01-01', at(2024, 1, 1, 0), true],
    ['<2024', at(2023, 12, 31), true],
    ['<2024', at(2024, 1, 1, 0), false],
    ['<=2024', at(2024, 12, 31), true],
    ['2023..2024-06', at(2024, 6, 30, 23), true],
    ['2023..2024-06', at(2024, 7, 1, 0), false],
    ['2023..2024-06', at(2022, 12, 31), false],
    ['..2023', at(1999, 1, 1), true],
    ['2023..', at(2030, 1, 1), true],
    ['today', at(2024, 5, 15, 0), true],
    ['today', at(2024, 5, 14), false],
    ['yesterday', at(2024, 5, 14), true],
    ['"last week"', at(2024, 5, 6, 0), true],
    ['"last week"', at(2024, 5, 12, 23), true],
    ['"last week"', at(2024, 5, 13, 0), false],
    ['last week', at(2024, 5, 8), true],
    ['this-month', at(2024, 5, 1, 0), true],
    ['lastyear', at(2023, 7, 1), true],
    ['7d', at(2024, 5, 9), true],
    ['7d', at(2024, 5, 7), false],
    ['3m', at(2024, 2, 16), true],
    ['3m', at(2024, 2, 14), false],
    ['1y', at(2023, 5, 16), true],
    ['<2w', at(2024, 5, 10), true],
    ['>2w', at(2024, 5, 10), false],
    ['>2w', at(2024, 4, 10), true],
    ['7d..3d', at(2024, 5, 10), true],
    ['7d..3d', at(2024, 5, 14), false],
    ['2023,2024-05', at(2024, 5, 2), true],
  ])('modified:%s, %d → %s', (query, when, expected) => {
    expect(modified(query, when)).toBe(expected);
  });

  it('does not take the words after it for its value', () => {
    const parsed = parseQuery('modified:today last week report');
    expect(parsed.text).toBe('last week report');
    expect(parseQuery('modified:last week report').text).toBe('report');
  });

  it('ends an age in months at the last day of a shorter month', () => {
    const filters = parseQuery('modified:1m').filters;
    const now = new Date(2024, 2, 31, 12).getTime();
    expect(filterMatcher(filters, now)(file({ modified: at(2024, 2, 29, 13) }))).toBe(true);
    expect(filterMatcher(filters, now)(file({ modified: at(2024, 2, 29, 11) }))).toBe(false);
  });
});

describe('size:', () => {
  it.each<[string, number, boolean]>([
    ['>1MB', 1_000_001, true],
    ['>1MB', 1_000_000, false],
    ['>=1MB', 1_000_000, true],
    ['<=10k', 10_000, true],
    ['<10k', 10_000, false],
    ['1MB..5MB', 5_000_000, true],
    ['1mb..5mb', 5_000_001, false],
    ['..1KiB', 1024, true],
    ['1.5GB..', 1_400_000_000, false],
    ['5MB', 5_400_000, true],
    ['5MB', 5_600_000, false],
    ['0', 0, true],
    ['0', 1, false],
    ['100', 100, true],
    ['100', 101, false],
  ])('size:%s, %d bytes → %s', (query, size, expected) => {
    expect(passes(`size:${query}`, { size })).toBe(expected);
  });
});

describe('faults in operators', () => {
  it.each([
    ['modified:soon', 'modified'],
    ['modified:2024-13', 'modified'],
    ['modified:2023-02-29', 'modified'],
    ['modified:..', 'modified'],
    ['size:big', 'size'],
    ['size:5MB..1MB', 'size'],
    ['size:>', 'size'],
    ['-ext:', 'ext'],
    ['ext:a/b', 'ext'],
    ['path: x', 'path'],
    ['type:""', 'type'],
    ['Type:,', 'type'],
  ])('%s names %s', (query, operator) => {
    let caught: unknown;
    try {
      parseQuery(query);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(PassimError);
    expect(caught).toMatchObject({ code: 'query-syntax', subject: operator });
    expect((caught as PassimError).message).toContain(`${operator}:`);
    expect((caught as PassimError).message).toContain('e.g.');
  });

  it('knows the kinds of file when told them', () => {
    const types = new Set(['pdf', 'python']);
    expect(parseQuery('type:pdf,mail,py', { types }).filters).toHaveLength(1);
    expect(() => parseQuery('type:pfd', { types })).toThrow(/type:pfd.*document/);
  });

  it('throws nothing but query-syntax, whatever is typed, and keeps offsets right', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom(
        '"',
        '+',
        '-',
        'path:',
        'ext:',
        'type:',
        'modified:',
        'size:',
        ',',
        '..',
        '>',
        '2024',
        '1MB',
        ' ',
        '“',
      ),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const query = pieces.join('');
        try {
          const parsed = parseQuery(query);
          filterMatcher(parsed.filters, NOW)(file());
          let last = 0;
          for (const word of parsed.words) {
            expect(query.slice(word.start, word.end)).toBe(word.text);
            expect(parsed.text.slice(word.textStart, word.textEnd)).toBe(word.text);
            expect(word.start).toBeGreaterThanOrEqual(last);
            last = word.end;
          }
        } catch (error) {
          if (!(error instanceof PassimError) || error.code !== 'query-syntax') throw error;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('reads ten thousand characters of punctuation at once', () => {
    for (const text of ['.', '"', '-', '+"', '.a', '(((']) {
      const parsed = parseQuery(text.repeat(10_000 / text.length));
      expect(parsed.filters).toEqual([]);
    }
  });
});
