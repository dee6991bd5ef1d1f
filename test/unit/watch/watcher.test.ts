import {
  appendFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WatchedFolder } from '../../../app/contract/settings.ts';
import type { FolderWatcherOptions } from '../../../app/watch/watcher.ts';
import { folderWith, watched, write } from './folders.ts';
import { FakeBackend, TestIndex } from './harness.ts';
import { ManualScheduler } from './manual-scheduler.ts';

async function start(
  folders: readonly (string | WatchedFolder)[],
  options: Partial<FolderWatcherOptions> = {},
  backend = new FakeBackend(),
) {
  const scheduler = new ManualScheduler();
  const index = new TestIndex(folders, scheduler, { watchFactory: backend.factory, ...options });
  await index.watcher.start();
  const advance = (ms: number) => scheduler.advance(ms, index.settled);
  await advance(0);
  return { backend, scheduler, index, advance, watcher: index.watcher };
}

describe('FolderWatcher', () => {
  it('asks for a comparison at the start, then tells of changes that have come to rest', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { backend, index, advance } = await start([root]);
    expect(index.rescans).toEqual(['start']);
    expect(index.states.at(-1)).toEqual({ watching: 'events', state: 'ready' });
    write(root, { 'b.txt': '1' });
    backend.event(join(root, 'b.txt'), join(root, 'b.txt'), join(root, 'a.txt'));
    await advance(400);
    expect(index.batches).toEqual([]);
    await advance(1500);
    expect(index.batches).toEqual([{ changed: [join(root, 'b.txt'), join(root, 'a.txt')], removed: [] }]);
    expect(index.watcher.idle).toBe(true);
    await advance(10_000);
    expect(index.batches).toHaveLength(1);
  });

  it('makes one change of an atomic save, and of a file deleted and written anew', async () => {
    const root = folderWith({ 'a.txt': '1', 'b.txt': '1' });
    const { backend, index, advance } = await start([root]);
    write(root, { 'a.txt.new': '2' });
    backend.event(join(root, 'a.txt.new'));
    renameSync(join(root, 'a.txt.new'), join(root, 'a.txt'));
    backend.event(join(root, 'a.txt'), join(root, 'a.txt.new'));
    rmSync(join(root, 'b.txt'));
    backend.event(join(root, 'b.txt'));
    await advance(500);
    write(root, { 'b.txt': '2' });
    backend.event(join(root, 'b.txt'));
    await advance(5000);
    expect(index.batches.flatMap(({ changed }) => changed).sort()).toEqual([
      join(root, 'a.txt'),
      join(root, 'b.txt'),
    ]);
    expect(index.batches.flatMap(({ removed }) => removed)).toEqual([join(root, 'a.txt.new')]);
  });

  it('tells of one save at once, then waits for a file that goes on being written, but not for ever', async () => {
    const root = folderWith({ 'log.txt': '' });
    const { backend, index, advance } = await start([root]);
    for (let second = 0; second < 20; second += 1) {
      appendFileSync(join(root, 'log.txt'), 'line\n');
      backend.event(join(root, 'log.txt'));
      await advance(900);
    }
    expect(index.batches).toHaveLength(1);
    for (let second = 0; second < 20; second += 1) {
      appendFileSync(join(root, 'log.txt'), 'line\n');
      backend.event(join(root, 'log.txt'));
      await advance(900);
    }
    expect(index.batches).toHaveLength(2);
    await advance(5000);
    expect(index.batches).toHaveLength(3);
  });

  it('tells of a renamed folder’s new paths before the old ones are removed', async () => {
    const root = folderWith(
      Object.fromEntries(Array.from({ length: 1200 }, (_, n) => [`old/f${n}.txt`, String(n)])),
    );
    write(root, { 'other.txt': 'x' });
    const { backend, index, advance } = await start([root]);
    renameSync(join(root, 'old'), join(root, 'new'));
    const names = Array.from({ length: 1200 }, (_, n) => `f${n}.txt`);
    backend.event(...names.map((name) => join(root, 'old', name)), join(root, 'old'));
    backend.event(join(root, 'new'), ...names.map((name) => join(root, 'new', name)));
    await advance(20_000);
    const firstRemoval = index.batches.findIndex(({ removed }) => removed.length > 0);
    const lastChange = index.batches.findLastIndex(({ changed }) => changed.length > 0);
    expect(lastChange).toBeLessThanOrEqual(firstRemoval);
    for (const { changed, removed } of index.batches)
      expect(changed.length + removed.length).toBeLessThanOrEqual(500);
    expect(index.paths).toEqual(
      [...names.map((name) => join(root, 'new', name)), join(root, 'other.txt')].sort(),
    );
  });

  it('holds a removal back for the change that comes a little after it', async () => {
    const root = folderWith({ 'old.txt': '1', 'other.txt': '1' });
    const { backend, index, advance } = await start([root]);
    renameSync(join(root, 'old.txt'), join(root, 'new.txt'));
    backend.event(join(root, 'old.txt'));
    await advance(800);
    backend.event(join(root, 'new.txt'));
    await advance(5000);
    expect(index.batches.map(({ changed, removed }) => [...changed, ...removed])).toEqual([
      [join(root, 'new.txt'), join(root, 'old.txt')],
    ]);
  });

  it('does not let a log that never rests hold removals back', async () => {
    const root = folderWith({ 'log.txt': '', 'a.txt': '1', 'b.txt': '1' });
    const { backend, index, advance } = await start([root]);
    for (let n = 0; n < 12; n += 1) {
      appendFileSync(join(root, 'log.txt'), 'line\n');
      backend.event(join(root, 'log.txt'));
      if (n === 5) {
        rmSync(join(root, 'a.txt'));
        backend.event(join(root, 'a.txt'));
      }
      await advance(900);
    }
    expect(index.batches.flatMap(({ removed }) => removed)).toEqual([join(root, 'a.txt')]);
  });

  it('tells nothing of ignored paths, folders and links', async () => {
    const root = folderWith({ 'a.txt': '1', 'sub/': '' });
    symlinkSync('a.txt', join(root, 'link.txt'));
    const { backend, index, advance } = await start([root]);
    write(root, { '.hidden': '1', 'node_modules/x.js': '1', '~$a.docx': '1' });
    backend.event(...['.hidden', 'node_modules/x.js', '~$a.docx', 'sub'].map((name) => join(root, name)));
    await advance(5000);
    expect(index.batches).toEqual([]);
    expect(backend.last.ignores(join(root, 'node_modules'), true)).toBe(true);
    expect(backend.last.ignores(join(root, 'node_modules'), undefined)).toBe(false);
    expect(backend.last.ignores(join(root, 'a.txt'), false)).toBe(false);
    expect(backend.last.ignores(join(root, '.gitignore'), false)).toBe(false);
  });

  it('reads the rules anew and compares when an ignore file changes', async () => {
    const root = folderWith({ 'a.txt': '1', 'b.log': '1' });
    const { backend, index, advance } = await start([root]);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'b.log')]);
    write(root, { '.gitignore': '*.log\n' });
    backend.event(join(root, '.gitignore'));
    await advance(2000);
    expect(index.rescans).toContain('rules');
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    expect(backend.requests).toHaveLength(2);
    expect(backend.open).toBe(1);
  });

  it('hands on one thing at a time and lets events wait meanwhile', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { backend, index, advance, scheduler } = await start([root]);
    let release: () => void = () => {};
    index.before = () => new Promise((done) => (release = done));
    backend.event(join(root, 'a.txt'));
    const busy = scheduler.advance(3000, async () => {
      await new Promise((done) => setTimeout(done, 20));
    });
    await busy;
    expect(index.busy).toBe(1);
    write(root, { 'b.txt': '1' });
    backend.event(join(root, 'b.txt'));
    index.watcher.rescan();
    expect(index.batches).toEqual([]);
    index.before = async () => {};
    release();
    await advance(3000);
    expect(index.mostBusy).toBe(1);
    expect(index.batches.map(({ changed }) => changed)).toEqual([
      [join(root, 'a.txt')],
      [join(root, 'b.txt')],
    ]);
    expect(index.rescans).toEqual(['start', 'periodic']);
  });

  it('compares again some time after taking a batch failed', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { backend, index, advance } = await start([root]);
    index.before = async () => {
      throw new Error('disk full');
    };
    write(root, { 'b.txt': '1' });
    backend.event(join(root, 'b.txt'));
    await advance(3000);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    index.before = async () => {};
    await advance(40_000);
    expect(index.rescans).toEqual(['start', 'recovery']);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'b.txt')]);
  });

  it('compares every so many minutes', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { index, advance } = await start([root], { reconcileMinutes: 10 });
    write(root, { 'unseen.txt': '1' });
    await advance(9 * 60_000);
    expect(index.rescans).toEqual(['start']);
    await advance(2 * 60_000);
    expect(index.rescans).toEqual(['start', 'periodic']);
    expect(index.paths).toContain(join(root, 'unseen.txt'));
  });

  it('scans folders on drives that tell nothing', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { backend, index, advance } = await start([root], { isRemote: async () => true });
    expect(backend.requests).toEqual([]);
    expect(index.states.at(-1)).toEqual({ watching: 'scanning', state: 'ready' });
    write(root, { 'b.txt': '1' });
    await advance(60_000);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'b.txt')]);
  });

  it('scans meanwhile when the backend takes long to be ready, and again when it is', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    backend.autoReady = false;
    const { index, advance } = await start([root], {}, backend);
    expect(index.rescans).toEqual([]);
    await advance(11_000);
    expect(index.rescans).toEqual(['start']);
    backend.last.onReady();
    await advance(100);
    expect(index.rescans).toEqual(['start', 'start']);
  });

  it('watches through a root that is a symbolic link, in its own spelling', async () => {
    const real = folderWith({ 'a.txt': '1' });
    const link = join(folderWith(), 'link');
    symlinkSync(real, link);
    const { backend, index, advance } = await start([link]);
    expect(backend.last.folder).toBe(real);
    write(real, { 'b.txt': '1' });
    backend.event(join(real, 'b.txt'));
    await advance(3000);
    expect(index.batches).toEqual([{ changed: [join(link, 'b.txt')], removed: [] }]);
  });

  it('gives a folder inside another one to itself alone', async () => {
    const outer = folderWith({ 'a.txt': '1', 'inner/b.txt': '1' });
    const inner = join(outer, 'inner');
    const { index, advance, watcher } = await start([outer, inner]);
    expect(index.paths.map((path) => [path, index.ledger.get(path)?.root])).toEqual([
      [join(outer, 'a.txt'), outer],
      [join(inner, 'b.txt'), inner],
    ]);
    expect(watcher.explain(join(inner, 'b.txt'), false).ignored).toBe(false);
    await watcher.setFolders([watched(outer)]);
    await advance(100);
    expect([...watcher.status().keys()]).toEqual([outer]);
    expect(watcher.explain('/elsewhere', false)).toMatchObject({
      ignored: true,
      source: 'in no watched folder',
    });
    expect(index.ledger.get(join(inner, 'b.txt'))?.root).toBe(outer);
  });

  it('tells of files in iCloud by their own names, when they go there and when they come back', async () => {
    const root = folderWith({ '.report.pdf.icloud': 'plist', 'other.txt': '1' });
    const { backend, index, advance } = await start([root], { platform: 'darwin' });
    const told = join(root, 'report.pdf');
    expect(backend.last.ignores(join(root, '.report.pdf.icloud'), false)).toBe(false);
    backend.event(join(root, '.report.pdf.icloud'));
    await advance(3000);
    renameSync(join(root, '.report.pdf.icloud'), told);
    backend.event(join(root, '.report.pdf.icloud'), told);
    await advance(3000);
    expect(index.batches).toEqual([
      { changed: [told], removed: [] },
      { changed: [told], removed: [] },
    ]);
  });

  it('ends quietly', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const { backend, index, advance, watcher } = await start([root]);
    backend.event(join(root, 'a.txt'));
    await watcher.stop();
    await advance(100_000);
    expect(index.batches).toEqual([]);
    expect(backend.open).toBe(0);
    expect(watcher.status().size).toBe(0);
  });

  it('sees a change of time alone and of a file that was moved in', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const elsewhere = folderWith({ 'tree/x/y.txt': '1' });
    const { backend, index, advance } = await start([root]);
    utimesSync(join(root, 'a.txt'), 1, 1);
    renameSync(join(elsewhere, 'tree'), join(root, 'tree'));
    backend.event(
      join(root, 'a.txt'),
      join(root, 'tree'),
      join(root, 'tree', 'x'),
      join(root, 'tree', 'x', 'y.txt'),
    );
    await advance(3000);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'tree', 'x', 'y.txt')]);
    expect(index.ledger.get(join(root, 'a.txt'))?.modified).toBe(1000);
  });

  it('tells of a removed folder as one path', async () => {
    const root = folderWith({ 'a.txt': '1', 'sub/b.txt': '1', 'sub/c/d.txt': '1' });
    const { backend, index, advance } = await start([root]);
    rmSync(join(root, 'sub'), { recursive: true });
    backend.event(join(root, 'sub'));
    await advance(4000);
    expect(index.batches).toEqual([{ changed: [], removed: [join(root, 'sub')] }]);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
  });

  it('leaves it to a comparison when the last file of a folder goes', async () => {
    const root = folderWith({ 'a.txt': '1', 'sub/b.txt': '1' });
    const { backend, index, advance } = await start([root]);
    rmSync(join(root, 'sub', 'b.txt'));
    backend.event(join(root, 'sub', 'b.txt'));
    await advance(4000);
    expect(index.batches).toEqual([]);
    expect(index.rescans).toEqual(['start', 'suspicious']);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    mkdirSync(join(root, 'other'));
    writeFileSync(join(root, 'other', 'c.txt'), '1');
    backend.event(join(root, 'other', 'c.txt'));
    await advance(4000);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'other', 'c.txt')]);
  });
});
