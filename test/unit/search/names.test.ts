import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileRecord } from '../../../app/contract/file.ts';
import { findNamed } from '../../../app/search/names/find.ts';
import { compareMisspelt, compareName } from '../../../app/search/names/match.ts';
import { NameIndex, nameRanges } from '../../../app/search/names/name-index.ts';
import { baseName, namePieces, prepareName } from '../../../app/search/names/pieces.ts';
import { holdsWithinOneEdit, withinOneEdit } from '../../../app/search/names/typo.ts';

const record = (path: string): FileRecord => ({
  fileId: path,
  path,
  root: '/',
  size: 1,
  modified: 0,
  identity: '',
  contentHash: '',
  format: 'text',
  family: 'text',
  title: '',
  generation: 1,
  passages: 1,
  problem: null,
  detail: '',
  strikes: 0,
  indexedAt: 0,
});

const FILES = [
  '/docs/2024-03 lease_agreement.pdf',
  '/docs/Lease agreement draft.docx',
  '/docs/leasehold.md',
  '/docs/Résumé Müller.odt',
  '/code/HttpServerTest.ts',
  '/code/http_server.ts',
  '/code/_read_only.py',
  '/code/read_only.py',
  '/code/python3.11-config.txt',
  '/notes/会议记录2024.md',
  '/notes/Протокол собрания.txt',
].map(record);

/** A store whose texts hold the given words and no others. */
const storeOf = (files: readonly FileRecord[], words: readonly string[]) => ({
  store: {
    ledger: { allFiles: () => files.values() },
    holdsWord: async (word: string) => words.includes(word),
  } as never,
});
const named = async (query: string, words: readonly string[] = []) =>
  (await findNamed(query, storeOf(FILES, words), null, 10)).map((match) => baseName(match.fileId));

describe('names', () => {
  it('are cut where letters, digits and case change', () => {
    expect(namePieces('2024-03 leaseAgreement_HTTPServer.pdf').map((piece) => piece.text)).toEqual([
      '2024',
      '03',
      'lease',
      'agreement',
      'http',
      'server',
      'pdf',
    ]);
    expect(prepareName('Meeting 3.11 minutes')).toMatchObject({ stem: 'meeting311minutes' });
    expect(prepareName('.gitignore').stem).toBe('gitignore');
    expect(baseName('C:\\docs\\a.txt')).toBe('a.txt');
  });

  it.each([
    ['2024-03 lease_agreement.pdf', '2024-03 lease_agreement.pdf'],
    ['2024-03 LEASE_agreement', '2024-03 lease_agreement.pdf'],
    ['resume muller', 'Résumé Müller.odt'],
    ['httpservertest', 'HttpServerTest.ts'],
    ['HTTP server.ts', 'http_server.ts'],
    ['read_only.py', 'read_only.py'],
    ['_read_only.py', '_read_only.py'],
    ['python3.11-conf', 'python3.11-config.txt'],
    ['会议记录2024', '会议记录2024.md'],
    ['会议记录', '会议记录2024.md'],
    ['протокол собрания', 'Протокол собрания.txt'],
    ['agreement lease 2024', '2024-03 lease_agreement.pdf'],
  ])('typed whole or in part: %s', async (query, name) => {
    expect((await named(query))[0]).toBe(name);
  });

  it.each([
    ['2024-03 laese_agreement.pdf', '2024-03 lease_agreement.pdf'],
    ['http_sevrer.ts', 'http_server.ts'],
    ['HttpSrverTest.ts', 'HttpServerTest.ts'],
    ['pythn3.11-config', 'python3.11-config.txt'],
    ['leasehould', 'leasehold.md'],
    ['Resume Müllr', 'Résumé Müller.odt'],
    ['протакол собрания', 'Протокол собрания.txt'],
  ])('typed with one letter wrong: %s', async (query, name) => {
    expect((await named(query))[0]).toBe(name);
  });

  it('leave words that are in the texts to the texts', async () => {
    // "leash" is one letter from "lease", but it is a word.
    expect(await named('leash', ['leash'])).toEqual([]);
    expect(await named('lease', ['lease'])).not.toContain('leasehold.md');
    expect(await named('what is in the lease about deposits', ['lease'])).toEqual([]);
    expect(await named('???')).toEqual([]);
  });

  it('put no more than three files first for a word that many names have', async () => {
    const many = Array.from({ length: 20 }, (_, i) => record(`/n/notes about topic ${i} of the year.md`));
    const found = await findNamed('notes', storeOf(many, ['notes']), null, 10);
    expect(found).toHaveLength(3);
    expect(await findNamed('notes about topic 7 of the year', storeOf(many, []), null, 10)).toMatchObject([
      { fileId: '/n/notes about topic 7 of the year.md', kind: 'stem' },
    ]);
  });

  it('keep to a filter', async () => {
    const found = await findNamed('lease', storeOf(FILES, []), (file) => file.path.endsWith('.docx'), 10);
    expect(found.map((match) => match.fileId)).toEqual(['/docs/Lease agreement draft.docx']);
  });

  it('follow the ledger, and are not looked through again while it stays as it is', async () => {
    let files = FILES;
    let walks = 0;
    const ledger = {
      revision: 1,
      allFiles: () => {
        walks += 1;
        return files.values();
      },
    };
    const { store } = storeOf(FILES, []) as { store: object };
    const parts = { store: { ...store, ledger } } as never;
    const find = async () => (await findNamed('leasehold', parts, null, 10)).map((match) => match.fileId);
    expect(await find()).toEqual(['/docs/leasehold.md']);
    expect(await find()).toEqual(['/docs/leasehold.md']);
    expect(walks).toBe(1);
    files = [record('/x/leasehold.txt')];
    ledger.revision += 1;
    expect(await find()).toEqual(['/x/leasehold.txt']);
    expect(walks).toBe(2);
  });

  it('follow files that come, go and move', () => {
    const index = new NameIndex();
    index.update(FILES);
    expect(index.search('leasehold', null)).toHaveLength(1);
    index.update([record('/x/other.txt'), ...FILES.slice(3)]);
    expect(index.search('leasehold', null)).toEqual([]);
    expect(index.search('other.txt', null)).toMatchObject([{ kind: 'whole', fileId: '/x/other.txt' }]);
  });

  it('weigh words by how few names have them', () => {
    const index = new NameIndex();
    const notes = Array.from({ length: 50 }, (_, i) => record(`/n/notes ${i}.md`));
    const lease = record('/n/notes lease.md');
    index.update([...notes, lease]);
    expect(index.evidence(['lease'])(lease)).toBe(1);
    expect(index.evidence(['notes', 'lease'])(lease)).toBeGreaterThan(0.9);
    expect(index.evidence(['notes', 'bread'])(lease)).toBeLessThan(0.05);
    expect(index.evidence([])(lease)).toBe(0);
  });

  it('say what of the name matched', () => {
    const ranges = (name: string, query: string) =>
      compareName(prepareName(name), prepareName(query))?.ranges.map(({ start, end }) =>
        name.slice(start, end),
      );
    expect(ranges('2024-03 lease_agreement.pdf', 'agreement lease')).toEqual(['lease', 'agreement']);
    expect(ranges('HttpServerTest.ts', 'server test')).toEqual(['Server', 'Test']);
    expect(ranges('HttpServerTest.ts', 'http ser')).toEqual(['Http', 'Ser']);
    expect(nameRanges('lease_agreement.pdf', ['agreement', 'flat', 'pdf'])).toEqual([
      { start: 6, end: 15 },
      { start: 16, end: 19 },
    ]);
  });
});

describe('typos', () => {
  it('are one insertion, deletion, replacement or exchange', () => {
    for (const wrong of ['lease', 'lesae', 'leas', 'leases', 'leaze', 'elase', 'xlease', 'ease'])
      expect(withinOneEdit(wrong, 'lease'), wrong).toBe(true);
    for (const other of ['lse', 'laes', 'leasing', 'release', 'esale', '']) {
      expect(withinOneEdit(other, 'lease'), other).toBe(false);
    }
  });

  it('are found wherever they are, and are symmetric', () => {
    const word = fc.string({ minLength: 5, maxLength: 12, unit: fc.constantFrom(...'abcdef') });
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom(...'abcdef'), fc.nat(3), (text, at, letter, kind) => {
        const i = at % (text.length - 1);
        const wrong = [
          text.slice(0, i) + letter + text.slice(i + 1),
          text.slice(0, i) + text.slice(i + 1),
          text.slice(0, i) + letter + text.slice(i),
          text.slice(0, i) + text.charAt(i + 1) + text.charAt(i) + text.slice(i + 2),
        ][kind] as string;
        expect(withinOneEdit(wrong, text)).toBe(true);
        expect(withinOneEdit(text, wrong)).toBe(true);
        expect(holdsWithinOneEdit(`xyz${wrong}uvw`, text)).toBe(true);
      }),
    );
  });

  it('find a name, whole or by one of its words', () => {
    const misspelt = (name: string, query: string) =>
      compareMisspelt(prepareName(name), prepareName(query))?.kind;
    expect(misspelt('lease_agreement.pdf', 'lease_agreemnt.pdf')).toBe('typo');
    expect(misspelt('lease_agreement.pdf', 'lease agreemnt')).toBe('typo-stem');
    expect(misspelt('2024 lease agreement draft.pdf', 'agreemnt')).toBe('typo-part');
    expect(misspelt('lease_agreement.pdf', 'lees agreemnt')).toBeUndefined();
    expect(misspelt('a.txt', 'b.txt')).toBe('typo');
    expect(misspelt('a.c', 'b.c')).toBeUndefined();
  });
});
