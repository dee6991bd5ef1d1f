import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../app/contract/engine.ts';
import { found, indexFolder, openEngine, search } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const LEASE = `# Lease agreement

## Termination

The tenant may end the contract with three months' notice, in writing, at the end of a month.

## Deposit

The deposit is two monthly rents and is paid back within six weeks after the keys were handed over.
`;
const RECIPE = `# Pancakes

Mix flour, eggs and milk to a smooth batter, let it rest, and fry thin pancakes in hot butter.
`;
const CODE = `def fibonacci(n):
    """Return the n-th Fibonacci number."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a
`;

function makeFolder(): { folder: string; home: string } {
  const base = temporaryFolder('engine');
  const folder = join(base, 'files');
  mkdirSync(join(folder, 'home'), { recursive: true });
  writeFileSync(join(folder, 'home', 'lease.md'), LEASE);
  writeFileSync(join(folder, 'pancakes.md'), RECIPE);
  writeFileSync(join(folder, 'numbers.py'), CODE);
  return { folder, home: join(base, 'data') };
}

describe('the engine', () => {
  it('finds passages by meaning and shows which words matched', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);

    const response = await search(engine, 'how can I cancel my flat', { explain: true });
    const [first] = response.results;
    expect(first?.path).toBe(join(folder, 'home', 'lease.md'));
    const passage = first?.passages[0];
    expect(passage?.text).toContain("three months' notice");
    expect(passage?.headings).toEqual(['Termination']);
    expect(passage?.placeLabel).toMatch(/^line \d+$/);

    // The weighted similarities sum to the score, and shares to one.
    const tokens = passage?.tokens ?? [];
    const sum = tokens.reduce((total, token) => total + token.similarity * token.weight, 0);
    expect(sum).toBeCloseTo(passage?.scores.maxsim ?? 0, 3);
    expect(tokens.reduce((total, token) => total + token.share, 0)).toBeCloseTo(1, 5);
    const cancel = tokens.find((token) => token.token === 'cancel');
    expect(cancel?.heat).toBeGreaterThan(0);
    for (const token of tokens.filter((entry) => entry.kind === 'special')) expect(token.word).toBeNull();

    // Highlights are whole words of the text.
    for (const mark of passage?.highlights.filter((entry) => entry.part === 'text') ?? []) {
      expect(passage?.text.slice(mark.start, mark.end)).toMatch(/^[\p{L}\p{N}'’ -]+$/u);
    }
  });

  it('says line and place that are really there', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const { results } = await search(engine, 'deposit paid back');
    const passage = results[0]?.passages.find((entry) => entry.text.includes('deposit'));
    const lines = readFileSync(join(folder, 'home', 'lease.md'), 'utf8').split('\n');
    const line = Number(/^line (\d+)$/.exec(passage?.placeLabel ?? '')?.[1]);
    const strongest = passage?.highlights
      .filter((mark) => mark.part === 'text')
      .toSorted((a, b) => b.heat - a.heat)[0];
    expect(lines[line - 1]).toContain(passage?.text.slice(strongest?.start, strongest?.end) ?? 'nothing');
  });

  it('follows changes, renames and removals, and encodes nothing twice', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    const events: EngineEvent[] = [];
    engine.onEvent((event) => events.push(event));
    await indexFolder(engine, folder);
    const outcomes = (): string[] =>
      events
        .splice(0)
        .flatMap((event) =>
          event.type === 'file' ? [`${event.outcome} ${event.path.slice(folder.length + 1)}`] : [],
        )
        .toSorted();
    expect(outcomes()).toEqual(['indexed home/lease.md', 'indexed numbers.py', 'indexed pancakes.md']);

    await engine.call('sync', {});
    expect(outcomes()).toEqual([]);

    writeFileSync(join(folder, 'pancakes.md'), `${RECIPE}\nServe them with blueberry jam.\n`);
    renameSync(join(folder, 'numbers.py'), join(folder, 'sequence.py'));
    rmSync(join(folder, 'home', 'lease.md'));
    await engine.call('sync', {});
    expect(outcomes()).toEqual(['indexed pancakes.md', 'removed home/lease.md', 'renamed sequence.py']);

    expect((await found(engine, folder, 'blueberry jam'))[0]).toBe('pancakes.md');
    expect((await found(engine, folder, 'fibonacci number'))[0]).toBe('sequence.py');
    expect(await found(engine, folder, 'notice to end the contract')).not.toContain('home/lease.md');
    expect((await engine.call('status', {})).files).toBe(2);
  });

  it('keeps everything over a restart', async () => {
    const { folder, home } = makeFolder();
    const first = await openEngine(home);
    await indexFolder(first, folder);
    const before = await search(first, 'pancake batter');
    await first.stop();
    const second = await openEngine(home);
    const after = await search(second, 'pancake batter');
    expect(after.results.map((file) => [file.path, file.score])).toEqual(
      before.results.map((file) => [file.path, file.score]),
    );
  });

  it('does not empty the index when a folder is not there', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    renameSync(folder, `${folder}-away`);
    await engine.call('sync', {});
    const status = await engine.call('status', {});
    expect(status.searchable).toBe(3);
    expect(status.folders[0]?.state).toBe('missing');
    renameSync(`${folder}-away`, folder);
    await engine.call('sync', {});
    expect((await engine.call('status', {})).folders[0]?.state).toBe('ready');
    expect((await found(engine, folder, 'pancakes'))[0]).toBe('pancakes.md');
  });

  it('understands filters, phrases and exact words', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    expect(await found(engine, folder, 'number ext:py')).toEqual(['numbers.py']);
    expect(await found(engine, folder, 'number -ext:py,md')).toEqual([]);
    expect(await found(engine, folder, '"smooth batter"')).toEqual(['pancakes.md']);
    expect(await found(engine, folder, 'pancakes +deposit')).toEqual(['home/lease.md']);
    expect(await found(engine, folder, 'the -fry -Fibonacci')).toEqual(['home/lease.md']);
    expect(await found(engine, folder, 'path:home')).toEqual(['home/lease.md']);
    await expect(search(engine, 'x modified:soon')).rejects.toMatchObject({
      code: 'query-syntax',
      subject: expect.stringContaining('modified'),
    });
  });

  it('lets weights change the ranking', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const query = 'pancakes contract';
    expect((await found(engine, folder, query, { tokenWeights: { '0': 0 } }))[0]).toBe('home/lease.md');
    expect((await found(engine, folder, query, { tokenWeights: { '1': 0 } }))[0]).toBe('pancakes.md');
    expect((await found(engine, folder, query, { tokenWeights: { '0': -2 } }))[0]).toBe('home/lease.md');
    await expect(search(engine, query, { tokenWeights: { '7': 1 } })).rejects.toMatchObject({
      code: 'bad-request',
      subject: 'tokenWeights.7',
    });
  });

  it('finds files by name, also those whose text cannot be read', async () => {
    const { folder, home } = makeFolder();
    writeFileSync(
      join(folder, 'Holiday Photo 2023.jpg'),
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0]),
    );
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const { results } = await search(engine, 'holiday photo');
    expect(results[0]?.name).toBe('Holiday Photo 2023.jpg');
    expect(results[0]?.passages).toEqual([]);
    const status = await engine.call('status', {});
    expect(status.problems.map((entry) => entry.problem)).toEqual(['unsupported']);
  });

  it('collapses the same passage in two files', async () => {
    const { folder, home } = makeFolder();
    writeFileSync(join(folder, 'copy of pancakes.txt'), RECIPE.replace('# ', ''));
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const { results } = await search(engine, 'frying in hot butter');
    const [first] = results;
    expect(first?.passages[0]?.duplicates).toHaveLength(1);
    expect(results.filter((file) => file.path.includes('pancakes'))).toHaveLength(1);
  });

  it('looks again at a file whose time changed and finds nothing to do when the bytes are the same', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const before = (await search(engine, 'fibonacci')).results[0]?.passages[0]?.id;
    utimesSync(join(folder, 'numbers.py'), new Date(), new Date(Date.now() + 5_000));
    await engine.call('sync', {});
    expect((await search(engine, 'fibonacci')).results[0]?.passages[0]?.id).toBe(before);
  });

  it('takes the vectors of a passage that stands elsewhere in another file', async () => {
    const { folder, home } = makeFolder();
    const shared = '## Notice\n\nThe tenant may end the contract with three months of notice, in writing.\n';
    const filler = (topic: string): string =>
      `## ${topic}\n\n${`A remark about ${topic} and nothing else. `.repeat(30)}\n\n`;
    writeFileSync(join(folder, 'first.md'), `# Papers\n\n${filler('islands')}${shared}`);
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const before = (await engine.call('status', {})).progress.encodedPassages;
    writeFileSync(join(folder, 'second.md'), `# Papers\n\n${filler('gardens')}${filler('bridges')}${shared}`);
    await engine.call('sync', {});
    const status = await engine.call('status', {});
    const { total, passages } = await engine.call('getFilePassages', { path: join(folder, 'second.md') });
    expect(passages.map((passage) => passage.ordinal)).toEqual(Array.from({ length: total }, (_, i) => i));
    expect(passages.at(-1)?.text).toContain('three months of notice');
    expect(status.progress.encodedPassages - before).toBe(total - 1);
  });

  it('explains any passage and walks through a file', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    const path = join(folder, 'home', 'lease.md');
    const { total, passages } = await engine.call('getFilePassages', { path });
    expect(passages).toHaveLength(total);
    const [first] = passages;
    const explained = await engine.call('explain', { query: 'money back', id: first?.id ?? '' });
    expect(explained.tokens?.length).toBeGreaterThan(2);
    expect((await engine.call('getPassage', { id: first?.id ?? '' })).text).toBe(first?.text);
    await expect(engine.call('getPassage', { id: 'p999999' })).rejects.toMatchObject({ code: 'not-found' });
    const similar = await engine.call('similar', { id: first?.id ?? '' });
    expect(similar.results.map((file) => file.path)).not.toContain(path);
    expect(similar.results.length).toBeGreaterThan(0);
  });

  it('refuses what is not in the contract', async () => {
    const engine = await openEngine(join(temporaryFolder('engine'), 'data'));
    await expect(engine.call('search', { query: 7 as unknown as string })).rejects.toMatchObject({
      code: 'bad-request',
      subject: 'search.query',
    });
    await expect(engine.call('erase' as 'search', { query: '' })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(
      engine.call('addFolder', {
        path: '/no/such/folder',
        include: [],
        exclude: [],
        hidden: false,
        ignoreFiles: true,
      }),
    ).rejects.toMatchObject({ code: 'folder-missing' });
  });
});
