import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemScheduler } from '../../app/contract/ports.ts';
import { chokidarFactory, type WatchFactory } from '../../app/watch/backend.ts';
import { directoryFactory } from '../../app/watch/directory-backend.ts';
import { random } from '../unit/text/documents.ts';
import { folderWith, write } from '../unit/watch/folders.ts';
import { FakeBackend, freshPaths, TestIndex, until } from '../unit/watch/harness.ts';
import { ManualScheduler } from '../unit/watch/manual-scheduler.ts';

describe('a storm of events', () => {
  it('of 50,000 paths ends in one comparison and the right state', async () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${n}.txt`, 'x']));
    const root = folderWith(files);
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    expect(index.rescans).toEqual(['start']);
    for (let n = 0; n < 300; n += 3) rmSync(join(root, `f${n}.txt`));
    write(root, Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`g${n}.txt`, 'x'])));
    for (let n = 0; n < 50_000; n += 1) backend.event(join(root, `${n % 2 === 0 ? 'f' : 'g'}${n}.txt`));
    await scheduler.advance(30_000, index.settled);
    expect(index.paths).toEqual(await freshPaths(root));
    expect(index.rescans).toEqual(['start', 'storm']);
    expect(index.batches.every(({ changed, removed }) => changed.length + removed.length <= 500)).toBe(true);
    expect(index.watcher.idle).toBe(true);
    await index.watcher.stop();
  });

  it('in which the system may have dropped some is followed by a comparison', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    write(root, { 'untold.txt': '1' });
    for (let n = 0; n < 9000; n += 1) backend.event(join(root, `x${n % 50}.txt`));
    await scheduler.advance(10_000, index.settled);
    expect(index.rescans).toEqual(['start', 'storm']);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'untold.txt')]);
    for (let n = 0; n < 900; n += 1) backend.event(join(root, `x${n}.txt`));
    await scheduler.advance(10_000, index.settled);
    expect(index.rescans).toEqual(['start', 'storm']);
    await index.watcher.stop();
  });

  it('that overflows while the index is busy is followed by a comparison', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    let release: () => void = () => {};
    index.before = () => new Promise((done) => (release = done));
    backend.event(join(root, 'a.txt'));
    await scheduler.advance(3000, () => new Promise((done) => setTimeout(done, 20)));
    expect(index.busy).toBe(1);
    write(root, { 'b.txt': '1' });
    for (let n = 0; n < 70_000; n += 1) backend.event(join(root, `x${n}.txt`));
    index.before = async () => {};
    release();
    await scheduler.advance(60_000, index.settled);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'b.txt')]);
    expect(index.rescans.filter((reason) => reason === 'storm').length).toBeGreaterThan(0);
    await index.watcher.stop();
  });
});

const factories: [string, WatchFactory][] = [['chokidar', chokidarFactory]];
if (process.platform === 'linux') factories.push(['one watch per folder', directoryFactory()]);

describe.each(factories)('real events by %s', (_name, watchFactory) => {
  it('of random edits, atomic saves, moves and deletions lead to what a fresh scan finds', async () => {
    const root = folderWith({ 'seed/a.txt': '1', 'seed/b.txt': '1' });
    const index = new TestIndex([root], systemScheduler, { watchFactory });
    await index.watcher.start();
    await until(() => index.states.at(-1)?.watching === 'events' && index.watcher.idle);
    const next = random(20);
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(next() * list.length)];
    let counter = 0;
    for (let step = 0; step < 250; step += 1) {
      const paths = await freshPaths(root);
      const path = pick(paths);
      const kind = next();
      counter += 1;
      const fresh = `d${Math.floor(next() * 6)}/s${Math.floor(next() * 4)}/f${counter}.txt`;
      if (path === undefined || kind < 0.35) write(root, { [fresh]: String(counter) });
      else if (kind < 0.5)
        write(root, { [path.slice(root.length + 1)]: `edit ${counter}${'x'.repeat(counter % 7)}` });
      else if (kind < 0.65) {
        write(root, {
          [`${path.slice(root.length + 1)}.saving`]: `saved ${counter}${'y'.repeat(counter % 5)}`,
        });
        renameSync(`${path}.saving`, path);
      } else if (kind < 0.8) {
        write(root, { [`m${counter}/`]: '' });
        renameSync(path, join(root, `m${counter}`, `moved ${counter}.txt`));
      } else if (kind < 0.9) rmSync(path);
      else if (kind < 0.95) rmSync(join(path, '..'), { recursive: true });
      else renameSync(join(path, '..'), join(root, `renamed ${counter}`));
      if (step % 25 === 0) await new Promise((done) => setTimeout(done, 150));
    }
    const agrees = async (): Promise<boolean> => {
      const wanted = await freshPaths(root);
      return index.watcher.idle && JSON.stringify(wanted) === JSON.stringify(index.paths);
    };
    await until(agrees, 30_000).catch(async () => expect(index.paths).toEqual(await freshPaths(root)));
    expect(index.batches.length).toBeGreaterThan(0);
    await index.watcher.stop();
  });
});
