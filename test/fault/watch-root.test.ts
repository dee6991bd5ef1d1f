import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemScheduler } from '../../app/contract/ports.ts';
import { folderWith, write } from '../unit/watch/folders.ts';
import { FakeBackend, TestIndex, until } from '../unit/watch/harness.ts';
import { ManualScheduler } from '../unit/watch/manual-scheduler.ts';

describe('a root that goes away', () => {
  it('removes nothing, is told, and is compared when it comes back', async () => {
    const parent = folderWith({ 'disk/a.txt': '1', 'disk/sub/b.txt': '1' });
    const root = join(parent, 'disk');
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    const advance = (ms: number) => scheduler.advance(ms, index.settled);
    await index.watcher.start();
    await advance(0);
    const known = index.paths;
    expect(known).toHaveLength(2);

    renameSync(root, join(parent, 'away'));
    backend.event(join(root, 'a.txt'), join(root, 'sub', 'b.txt'), join(root, 'sub'), root);
    await advance(60_000);
    expect(index.states.at(-1)).toEqual({ watching: 'off', state: 'missing' });
    expect(index.batches).toEqual([]);
    expect(index.paths).toEqual(known);
    expect(backend.open).toBe(0);
    index.watcher.rescan();
    await advance(1000);
    expect(index.rescans).toEqual(['start']);

    write(join(parent, 'away'), { 'c.txt': '1' });
    rmSync(join(parent, 'away', 'a.txt'));
    renameSync(join(parent, 'away'), root);
    await advance(10_000);
    expect(index.states.at(-1)).toEqual({ watching: 'events', state: 'ready' });
    expect(index.rescans).toEqual(['start', 'remount']);
    expect(index.paths).toEqual([join(root, 'c.txt'), join(root, 'sub', 'b.txt')]);
    await index.watcher.stop();
  });

  it('and has another folder in its place is compared, and no event of the change is believed', async () => {
    const parent = folderWith({ 'disk/a.txt': '1', 'disk/same.txt': '1', 'spare/same.txt': '1' });
    const root = join(parent, 'disk');
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    renameSync(root, join(parent, 'away'));
    renameSync(join(parent, 'spare'), root);
    backend.event(join(root, 'a.txt'));
    await scheduler.advance(20_000, index.settled);
    expect(index.batches).toEqual([]);
    expect(index.rescans).toEqual(['start', 'remount']);
    expect(index.paths).toEqual([join(root, 'same.txt')]);
    await index.watcher.stop();
  });

  it('is waited for when it is missing from the start', async () => {
    const parent = folderWith();
    const root = join(parent, 'later');
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(20_000, index.settled);
    expect(index.states).toEqual([{ watching: 'off', state: 'missing' }]);
    write(root, { 'a.txt': '1' });
    await scheduler.advance(6000, index.settled);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    await index.watcher.stop();
  });

  it('and leaves an empty mount point behind keeps what is known', async () => {
    const parent = folderWith({ 'disk/a.txt': '1' });
    const root = join(parent, 'disk');
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    // The ledger knows the file from another device, as it would if the disk had been mounted here.
    for (const [path, record] of index.ledger) index.ledger.set(path, { ...record, identity: '987654321:1' });
    renameSync(root, join(parent, 'away'));
    mkdirSync(root);
    backend.event(join(root, 'a.txt'));
    await scheduler.advance(60_000, index.settled);
    expect(index.batches).toEqual([]);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    await index.watcher.stop();
  });

  it('for real, with the system’s events', async () => {
    const parent = folderWith({ 'disk/a.txt': '1', 'disk/sub/b.txt': '1' });
    const root = join(parent, 'disk');
    const index = new TestIndex([root], systemScheduler);
    await index.watcher.start();
    await until(() => index.states.at(-1)?.watching === 'events' && index.paths.length === 2);
    renameSync(root, join(parent, 'away'));
    await until(() => index.states.at(-1)?.state === 'missing');
    expect(index.paths).toHaveLength(2);
    renameSync(join(parent, 'away'), root);
    await until(() => index.states.at(-1)?.watching === 'events' && index.rescans.includes('remount'));
    write(root, { 'sub/c.txt': '1' });
    await until(() => index.paths.length === 3);
    await index.watcher.stop();
  });
});

describe('symbolic links, with the system’s events', () => {
  it('lead nowhere: loops end, nothing outside is told, each file is known once', async () => {
    const outside = folderWith({ 'secret.txt': '1' });
    const root = folderWith({ 'a/b.txt': '1' });
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync(outside, join(root, 'out'));
    const index = new TestIndex([root], systemScheduler);
    await index.watcher.start();
    await until(() => index.states.at(-1)?.watching === 'events' && index.watcher.idle);
    symlinkSync(root, join(root, 'a', 'top'));
    symlinkSync(join(outside, 'secret.txt'), join(root, 'link.txt'));
    write(outside, { 'secret.txt': 'changed', 'more.txt': '1' });
    write(root, { 'a/c.txt': '1' });
    await until(() => index.paths.length === 2 && index.watcher.idle);
    await new Promise((done) => setTimeout(done, 1500));
    expect(index.paths).toEqual([join(root, 'a', 'b.txt'), join(root, 'a', 'c.txt')]);
    expect(index.batches.flatMap(({ changed }) => changed)).toEqual([join(root, 'a', 'c.txt')]);
    await index.watcher.stop();
  });
});
