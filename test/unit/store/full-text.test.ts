import { beforeAll, describe, expect, it } from 'vitest';
import type { StoreWriter } from '../../../app/store/index.ts';
import { phraseExpression } from '../../../app/store/word-match.ts';
import { fileRecord, openWriter, passageOf, passagesOf, temporaryDirectory } from './store-kit.ts';

const TEXTS = {
  run: 'She was running through the forest, quickly.',
  cafe: 'Ein Café in der Müllerstraße, naïve résumé.',
  decomposed: 'Another cafe\u0301 with combining marks.',
  cjk: '東京都の図書館で本を読む。',
  mixed: '使用LanceDB建立索引',
  russian: 'Быстрая лиса прыгает через ленивую собаку; ёлка.',
  code: 'const userName = get_user_name(config["key"]); // C++ => a->b',
  hamlet: 'To be, or not to be: that is the question.',
  ligature: 'A \ufb01nding in the \uff37\uff49\uff44\uff45 of\ufb01ce.',
  long: `${'x'.repeat(300)} is one long word`,
  hyphen: 'A soft\u00adhyphen inside exam\u00adple words and well-known facts.',
} as const;
type Name = keyof typeof TEXTS;

/** Runs each test twice: against rows that the index does not cover yet, and against rows that it does. */
describe.each(['unindexed', 'indexed'])('full text over %s rows', (state) => {
  let store: StoreWriter;
  const pidOf = new Map<number, Name>();

  beforeAll(async () => {
    const { mkdtempSync, rmSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    const { join } = await import('node:path');
    const { openStoreWriter } = await import('../../../app/store/index.ts');
    const { silentLogger, systemScheduler } = await import('../../../app/contract/index.ts');
    const { SHAPE } = await import('./store-kit.ts');
    const directory = mkdtempSync(join(tmpdir(), 'passim-text-'));
    store = await openStoreWriter({
      directory,
      shape: SHAPE,
      scheduler: systemScheduler,
      logger: silentLogger,
      delayMs: 1,
    });
    // The index is made with the first row there is.
    await store.commitFile(fileRecord('/root/first'), passagesOf('nothing of note'));
    for (const [name, text] of Object.entries(TEXTS)) {
      const { pids } = await store.commitFile(fileRecord(`/root/${name}`), passagesOf(text));
      for (const pid of pids) pidOf.set(pid, name as Name);
    }
    if (state === 'indexed') await store.maintain({ force: true });
    expect((await store.stats()).unindexedRows).toBe(state === 'indexed' ? 0 : Object.keys(TEXTS).length);
    return async () => {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    };
  });

  const names = (pids: Iterable<number>): (Name | undefined)[] => [...pids].map((pid) => pidOf.get(pid));
  const search = async (query: string): Promise<(Name | undefined)[]> =>
    names((await store.fullText(query, { limit: 10 })).map((hit) => hit.pid));
  const containing = async (phrase: string) => names(await store.containing(phrase));

  it.each<[string, Name[]]>([
    ['run', ['run']],
    ['RUNS', ['run']],
    ['cafe', ['cafe']],
    ['café', ['cafe']],
    ['resume', ['cafe']],
    ['finding', ['ligature']],
    ['елка', ['russian']],
    ['mullerstrasse', ['cafe']],
    ['собаку', ['russian']],
    ['question', ['hamlet']],
    ['example', ['hyphen']],
    ['lancedb', ['mixed']],
    ['図書館', ['cjk']],
    ['索引', ['mixed']],
    ['user', ['code']],
  ])('finds the stem of %s', async (query, expected) => {
    expect(await search(query)).toEqual(expect.arrayContaining(expected));
  });

  it('an accent that is composed of two characters is the same letter', async () => {
    expect(new Set(await search('CAFÉ'))).toEqual(new Set(['cafe', 'decomposed']));
  });

  it.each<[string, Name[]]>([
    ['running', ['run']],
    ['run', []],
    ['Forest', ['run']],
    ['résumé', ['cafe']],
    ['resume', ['cafe']],
    ['cafe', ['cafe', 'decomposed']],
    ['not to be', ['hamlet']],
    ['to be or not', ['hamlet']],
    ['be to', []],
    ['question to', []],
    ['図書館', ['cjk']],
    ['京都', ['cjk']],
    ['書館で本', ['cjk']],
    ['索引', ['mixed']],
    ['lancedb 建立', ['mixed']],
    ['LanceDB', ['mixed']],
    ['елка', ['russian']],
    ['ёлка', ['russian']],
    ['get_user_name', ['code']],
    ['user name', ['code']],
    ['username', ['code']],
    ['C++', ['code']],
    ['a->b', ['code']],
    ['=>', ['code']],
    ['config["key"]', ['code']],
    ['x'.repeat(300), ['long']],
    ['x'.repeat(299), []],
    ['example', ['hyphen']],
    ['finding in the wide office', ['ligature']],
    ['known facts', ['hyphen']],
    ['well-known', ['hyphen']],
    ["' OR 1=1 --", []],
    ['%', []],
    ['', []],
    ['   ', []],
  ])('passages with exactly "%s"', async (phrase, expected) => {
    expect(await containing(phrase)).toEqual(expected);
  });

  it.each([
    "'; DROP TABLE passages; --",
    '"unbalanced',
    'words:(a OR b',
    'AND OR NOT',
    '+ - * ? ~ ^ : \\ / [ ] { } ( )',
    'a'.repeat(50_000),
    '\u0000\u0001',
    '\ud800 lone surrogate',
    '🎉🎉🎉',
    '*',
    'forest^1000 quickly~2',
    '%_',
  ])('takes the query %j as plain words', async (query) => {
    const hits = await store.fullText(query, { limit: 100 });
    for (const hit of hits) expect(hit.score).toBeGreaterThan(0);
    await store.containing(query);
  });

  it('scores given passages as in the whole', async () => {
    const all = await store.fullText('forest question words', { limit: 100 });
    expect(all.length).toBe(4);
    const [, ...others] = all;
    const pids = Uint32Array.from(others.map((hit) => hit.pid)).sort();
    expect(await store.fullText('forest question words', { limit: 100, pids })).toEqual(others);
    expect(await store.fullText('forest', { limit: 10, pids: new Uint32Array() })).toEqual([]);
    // So many scattered numbers are not sent along but applied to the answer.
    const scattered = Uint32Array.from({ length: 5_000 }, (_, i) => 10_000 + 2 * i);
    expect(await store.fullText('forest', { limit: 10, pids: scattered })).toEqual([]);
    const odd = Uint32Array.from([...pids, ...scattered]);
    expect(await store.fullText('forest question words', { limit: 100, pids: odd })).toEqual(others);
  });
});

it('title and headings are found too, also when the model reads a shortened context', async () => {
  const store = await openWriter({ directory: temporaryDirectory() });
  const { pids } = await store.commitFile(fileRecord('/root/a'), [
    passageOf('plain text', 0, {
      title: 'Aardvark handbook',
      headings: ['Burrows', 'Digging'],
      context: 'Digging\n',
    }),
  ]);
  for (const word of ['aardvark', 'burrow', 'digging', 'plain'])
    expect((await store.fullText(word, { limit: 5 })).map((hit) => hit.pid)).toEqual(pids);
});

it('a word has to end where the phrase ends', () => {
  const cat = phraseExpression('cat');
  expect(cat?.test('the cat sat')).toBe(true);
  expect(cat?.test('concatenate')).toBe(false);
  expect(cat?.test('cats')).toBe(false);
  expect(cat?.test('“Cat”.')).toBe(true);
  expect(phraseExpression(' ')).toBeNull();
  expect(phraseExpression("user's")?.test('the user’s guide')).toBe(true);
  expect(phraseExpression('lancedb')?.test('使用LanceDB建立')).toBe(true);
  expect(phraseExpression('^-&&![]|~')?.test('a ^-&&![]|~ b')).toBe(true);
});
