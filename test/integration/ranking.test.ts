import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { createEngine, type RunningEngine } from '../../app/engine.ts';
import { seededRandom } from '../../app/eval/statistics.ts';
import { misspell, partOf, uniqueNames } from '../helpers/names.ts';
import { makeTemporaryFolder } from '../helpers/temp.ts';

const NOTES: Readonly<Record<string, string>> = {
  'lease_agreement_2024.md':
    "# Lease\n\nThe tenant may end the contract with three months' notice to the landlord.",
  'sourdough-bread.txt': 'Knead the dough, let it rise for an hour and bake the loaf in a hot oven.',
  'red_dwarf_stars.md': 'A red dwarf burns its hydrogen slowly and shines for trillions of years.',
  'HttpRetryPolicy.ts':
    'export function retryDelay(attempt: number) { return 2 ** attempt * ERR_BACKOFF_MS; }',
  'invoice-4711.txt':
    'Invoice 4711 for the repair of the heating, due on 12 May. IBAN DE89370400440532013000.',
  'Café menu.txt':
    'Crème brûlée, jalapeño soup, naïve salads and a résumé of the wines of the Über vineyard.',
  '会议记录.md': '会议决定下个月开始使用新的数据库。预算由财务部门批准。',
  '東京の旅行.md': '東京では浅草寺を訪れて、隅田川で船に乗りました。',
  'Протокол.txt': 'Собрание решило купить новый сервер и отремонтировать крышу.',
  'running-plan.md':
    'Week one: runners run easily for twenty minutes. He ran a marathon and runs again on Sunday.',
  'Wolfgang.md': 'Wolfgang asked Jennifer to water the plants while he is in Lisbon.',
  'tax-return-notes.md': 'Deduct the home office, keep receipts of donations, file before the end of July.',
  'pancakes.txt': 'Pancakes: mix flour, eggs and milk and fry them thin in butter.',
};

let engine: RunningEngine;
let folder: string;
let remove: () => void;

beforeAll(async () => {
  const base = makeTemporaryFolder('ranking');
  remove = base.remove;
  folder = join(base.path, 'notes');
  mkdirSync(folder);
  for (const [name, text] of Object.entries(NOTES)) writeFileSync(join(folder, name), text);
  engine = await createEngine({
    home: join(base.path, 'data'),
    mode: 'write',
    watch: false,
    suspects: [],
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  engine.begin();
  await engine.call('addFolder', { path: folder });
  await engine.call('sync', {});
}, 120_000);
afterAll(async () => {
  await engine.stop();
  remove();
});

const ask = (query: string) => engine.call('search', { query, k: 5 });
const first = async (query: string) => (await ask(query)).results[0]?.name;

describe('what people type', () => {
  it.each([
    ['a question that shares no word with its answer', 'how can I cancel my flat', 'lease_agreement_2024.md'],
    ['one word', 'marathon', 'running-plan.md'],
    ['one word, by meaning', 'renter', 'lease_agreement_2024.md'],
    ['a typo', 'sourdogh loaf', 'sourdough-bread.txt'],
    ['two typos', 'the tennant may end the contarct', 'lease_agreement_2024.md'],
    ['another form of a word', 'donated receipt', 'tax-return-notes.md'],
    ['another form of a word, stemmed', 'baking loaves', 'sourdough-bread.txt'],
    ['accents left out', 'creme brulee jalapeno', 'Café menu.txt'],
    ['accents put in', 'pláns för thé plants', 'Wolfgang.md'],
    ['capitals', 'RED DWARF HYDROGEN', 'red_dwarf_stars.md'],
    ['Chinese', '数据库预算', '会议记录.md'],
    ['Japanese', '浅草寺', '東京の旅行.md'],
    ['Russian', 'купить сервер', 'Протокол.txt'],
    ['an identifier', 'ERR_BACKOFF_MS', 'HttpRetryPolicy.ts'],
    ['a function', 'retryDelay', 'HttpRetryPolicy.ts'],
    ['a number', '4711', 'invoice-4711.txt'],
    ['an account number', 'DE89370400440532013000', 'invoice-4711.txt'],
    ['a person', 'what did Wolfgang want from Jennifer', 'Wolfgang.md'],
    ['quoted words', '"end of July"', 'tax-return-notes.md'],
    [
      'a long query',
      `${'I am thinking about my apartment and the paper that I signed, '.repeat(12)} how many months before I move out do I have to tell the landlord?`,
      'lease_agreement_2024.md',
    ],
  ])('%s', async (_, query, name) => {
    expect(await first(query)).toBe(name);
  });

  it('finds files by their names: whole, in part, and with one letter wrong', async () => {
    const paths = Object.keys(NOTES).map((name) => join(folder, name));
    const random = seededRandom(11);
    const names = uniqueNames(paths, paths.length, random).filter(({ name }) =>
      /^[\x20-\x7e]{10,}$/.test(name),
    );
    expect(names.length).toBeGreaterThan(8);
    let misspelt = 0;
    for (const { name } of names) {
      expect(await first(name)).toBe(name);
      expect(await first(partOf(name, paths, random))).toBe(name);
      if ((await first(misspell(name, random))) === name) misspelt += 1;
    }
    expect(misspelt / names.length).toBeGreaterThan(0.8);
  });
});

describe('confidence', () => {
  it('parts what the notes answer from what they do not', async () => {
    const confidence = async (query: string) => (await ask(query)).confidence ?? 0;
    const answered = [
      'how long is the notice for a tenant',
      'how to bake a loaf of bread',
      'do I keep receipts of donations',
    ];
    const not = ['xqzv wopl trenk', 'how tall is the Eiffel tower', 'asdf jkl qwer'];
    const worst = Math.min(...(await Promise.all(answered.map(confidence))));
    const best = Math.max(...(await Promise.all(not.map(confidence))));
    expect(worst).toBeGreaterThan(best);
    expect(worst).toBeGreaterThan(0.5);
    expect(best).toBeLessThan(0.4);
  });

  it('is told for each result, and is high for a name that is typed whole', async () => {
    const { results, confidence } = await ask('red_dwarf_stars.md');
    expect(results[0]).toMatchObject({ name: 'red_dwarf_stars.md' });
    expect(confidence).toBeGreaterThan(0.9);
    for (const file of (await ask('notice to the landlord')).results) {
      expect(file.confidence).toBeGreaterThanOrEqual(0);
      expect(file.confidence).toBeLessThanOrEqual(1);
      for (const passage of file.passages)
        expect(passage.confidence).toBeLessThanOrEqual(file.confidence ?? 0);
    }
  });
});
