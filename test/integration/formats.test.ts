import { appendFileSync, cpSync, existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { found, indexFolder, openEngine, search } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

/** What each file answers, and where the words really stand. */
const KNOWN: readonly [file: string, query: string, place: RegExp][] = [
  ['letter.pdf', 'monthly rent of 640 euros', /^page 1$/],
  ['report.pdf', 'the keeper’s journal on migrating geese', /^page 2$/],
  ['budget.xlsx', 'path:budget.xlsx rent', /^Budget!/],
  ['budget.ods', 'path:budget.ods rent', /^Budget!/],
  ['bees.pptx', 'path:bees.pptx beekeeping beginners', /^slide 1$/],
  ['bees.odp', 'path:bees.odp beekeeping beginners', /^slide 1$/],
  ['notes.docx', 'path:notes.docx deposit three months', /^paragraph \d+$/],
  ['notes.odt', 'path:notes.odt deposit three months', /^paragraph \d+$/],
  ['notes.rtf', 'path:notes.rtf deposit three months', /^paragraph \d+$/],
  ['lighthouse.epub', 'storms kept the relief away', /^chapter 2/],
  ['letters.mbox', 'path:letters.mbox dahlias frost', /^message 1/],
  ['clock.eml', 'repair of the tower clock', /^message 1/],
  ['tides.ipynb', 'storm surge of January', /^cell \d/],
  ['talk.srt', 'path:talk.srt sharpen chisels', /^0:0\d/],
  ['talk.vtt', 'path:talk.vtt grain and knots', /^0:0\d/],
  ['plants.csv', 'path:plants.csv peas need a net', /^line \d+$/],
  ['manual.xml', 'goats climb anything that leans', /^line \d+$/],
  ['utf16.txt', 'minutes of the sailing club', /^line 1$/],
  ['japanese.txt', '契約の期間', /^line 1$/],
  ['russian.txt', 'договор аренды', /^line 1$/],
  ['server.log', 'slow query took 2310 ms', /^line \d+$/],
  ['page.html', 'high water comes later each day', /^line \d+$/],
  ['people.vcf', 'Karl Gross repairs clocks', /^line \d+$/],
  ['code/IndexWriter.java', 'path:IndexWriter.java commit segment', /^line \d+$/],
];
const LOCKED = ['encrypted.pdf', 'locked-budget.xlsx', 'locked-lease.docx'];
const fixtures = resolve('test/fixtures/files');

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
}

it('indexes, searches, changes, renames and deletes files of every format', {
  timeout: 300_000,
}, async () => {
  expect(existsSync(fixtures)).toBe(true);
  const base = temporaryFolder('formats');
  const folder = join(base, 'files');
  cpSync(fixtures, folder, { recursive: true });
  const all = filesOf(folder);
  const engine = await openEngine(join(base, 'data'));
  await indexFolder(engine, folder);

  const status = await engine.call('status', { problems: 100 });
  expect(status.files).toBe(all.length);
  const encrypted = status.problems
    .filter((entry) => entry.problem === 'encrypted')
    .map((entry) => basename(entry.path));
  expect(encrypted.toSorted()).toEqual(LOCKED.toSorted());
  expect(status.problems.filter((entry) => !['encrypted', 'unsupported'].includes(entry.problem))).toEqual(
    [],
  );

  for (const [file, query, place] of KNOWN) {
    const { results } = await search(engine, query, { k: 5 });
    const result = results.find((entry) => entry.path === join(folder, file));
    // The same text lies in several formats: a copy may stand under another as its twin.
    const twin = results
      .flatMap((entry) => entry.passages.flatMap((passage) => passage.duplicates))
      .find((entry) => entry.path === join(folder, file));
    expect(result ?? twin, `${query} should find ${file}`).toBeDefined();
    expect(result?.passages[0]?.placeLabel ?? twin?.placeLabel, file).toMatch(place);
  }

  // Every file that can be read is found by words of its own.
  const troubled = new Set(status.problems.map((entry) => entry.path));
  for (const name of all) {
    const path = join(folder, name);
    if (troubled.has(path)) continue;
    const { passages } = await engine.call('getFilePassages', { path });
    const words =
      passages
        .at(-1)
        ?.text.match(/[\p{L}\p{N}]+/gu)
        ?.slice(0, 12)
        .join(' ') ?? '';
    const { results } = await search(engine, `${words} path:${JSON.stringify(name)}`, { k: 3 });
    expect(
      results.map((entry) => entry.path),
      `${name} by its own words "${words}"`,
    ).toContain(path);
  }

  appendFileSync(join(folder, 'notes.txt'), '\nThe kingfisher nests beside the weir.\n');
  renameSync(join(folder, 'letter.pdf'), join(folder, 'rental letter.pdf'));
  rmSync(join(folder, 'report.pdf'));
  rmSync(join(folder, 'code'), { recursive: true });
  await engine.call('sync', {});
  expect((await found(engine, folder, 'kingfisher nests'))[0]).toBe('notes.txt');
  expect((await found(engine, folder, 'monthly rent of 640 euros'))[0]).toBe('rental letter.pdf');
  expect(await found(engine, folder, 'the keeper’s journal on migrating geese')).not.toContain('report.pdf');
  expect(await found(engine, folder, 'path:code')).toEqual([]);
});
