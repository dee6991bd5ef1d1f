import { type FSWatcher, mkdirSync, renameSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { chokidarFactory, type WatchBackend, type WatchFactory } from '../../../app/watch/backend.ts';
import { directoryFactory } from '../../../app/watch/directory-backend.ts';
import { folderWith, write } from './folders.ts';
import { limitError, until } from './harness.ts';

const open: WatchBackend[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((backend) => backend.close()));
});

async function begin(root: string, factory: WatchFactory, ignored: readonly string[] = []) {
  const events = new Set<string>();
  const errors: Error[] = [];
  let ready = 0;
  const backend = factory({
    folder: root,
    ignores: (path) => ignored.some((name) => path.includes(name)),
    onEvent: (path) => events.add(path.slice(root.length + 1).replaceAll('\\', '/')),
    onReady: () => {
      ready += 1;
    },
    onError: (error) => errors.push(error),
  });
  open.push(backend);
  await until(() => ready > 0 || errors.length > 0);
  return { events, errors, backend, ready: () => ready };
}

const factories: [string, WatchFactory][] = [['chokidar', chokidarFactory]];
if (process.platform === 'linux') factories.push(['one watch per folder', directoryFactory()]);

describe.each(factories)('%s', (_name, factory) => {
  it('tells nothing of what is there, and of everything that comes, changes and goes', async () => {
    const root = folderWith({ 'a.txt': '1', 'sub/b.txt': '1', 'sub/deep/c.txt': '1' });
    const { events, errors } = await begin(root, factory);
    expect([...events]).toEqual([]);
    write(root, { 'a.txt': '22', 'sub/new.txt': '1', 'sub/deep/c.txt': '333' });
    rmSync(join(root, 'sub', 'b.txt'));
    const wanted = ['a.txt', 'sub/new.txt', 'sub/b.txt', 'sub/deep/c.txt'];
    await until(() => wanted.every((path) => events.has(path)));
    expect(errors).toEqual([]);
  });

  it('tells of all files in folders that are made, moved in and moved about', async () => {
    const root = folderWith({ 'old/x/a.txt': '1', 'old/b.txt': '1' });
    const elsewhere = folderWith({ 'tree/y/c.txt': '1' });
    const { events } = await begin(root, factory);
    write(root, { 'fresh/z/w/d.txt': '1' });
    renameSync(join(elsewhere, 'tree'), join(root, 'tree'));
    renameSync(join(root, 'old'), join(root, 'young'));
    const wanted = ['fresh/z/w/d.txt', 'tree/y/c.txt', 'young/x/a.txt', 'young/b.txt', 'old'];
    await until(() => wanted.every((path) => events.has(path)));
    events.clear();
    write(root, { 'young/x/a.txt': '22', 'tree/y/e.txt': '1', 'fresh/z/w/d.txt': '22' });
    await until(() => ['young/x/a.txt', 'tree/y/e.txt', 'fresh/z/w/d.txt'].every((path) => events.has(path)));
  });

  it('goes on watching folders that are removed and made again at once', async () => {
    const root = folderWith({ 'sub/sub/a.txt': '1' });
    const { events } = await begin(root, factory);
    for (let round = 0; round < 5; round += 1) {
      rmSync(join(root, 'sub'), { recursive: true });
      mkdirSync(join(root, 'sub', 'sub'), { recursive: true });
      writeFileSync(join(root, 'sub', 'sub', `r${round}.txt`), '1');
      await until(() => events.has(`sub/sub/r${round}.txt`));
      events.clear();
      write(root, { [`sub/sub/r${round}.txt`]: '22' });
      await until(() => events.has(`sub/sub/r${round}.txt`));
    }
  });

  it('tells nothing of what is ignored, nor after it was closed', async () => {
    const root = folderWith({ 'a.txt': '1', 'junk/b.txt': '1' });
    const { events, backend } = await begin(root, factory, ['junk']);
    write(root, {
      'junk/c.txt': '1',
      'junk/b.txt': '22',
      'junk2.txt': '1',
      'other/junk/d.txt': '1',
      'a.txt': '22',
    });
    await until(() => events.has('a.txt'));
    await new Promise((done) => setTimeout(done, 300));
    expect([...events].filter((path) => path.includes('junk'))).toEqual([]);
    await backend.close();
    events.clear();
    write(root, { 'a.txt': '333' });
    await new Promise((done) => setTimeout(done, 300));
    expect([...events]).toEqual([]);
  });
});

describe.runIf(process.platform === 'linux')('one watch per folder', () => {
  /** `fs.watch` that fails as the system does when its limit is met. */
  function limited(limit: number) {
    const watchers: FSWatcher[] = [];
    const watchFolder = ((...args: Parameters<typeof watch>) => {
      if (watchers.length >= limit) throw limitError('ENOSPC');
      const watcher = watch(...args);
      watchers.push(watcher);
      return watcher;
    }) as typeof watch;
    return { watchers, watchFolder };
  }

  it('has as many watches as there are folders, and gives back those of folders that went', async () => {
    const root = folderWith(
      Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`d${n % 5}/s${n % 10}/f${n}`, '1'])),
    );
    const { watchers, watchFolder } = limited(1000);
    let closed = 0;
    const counting = ((...args: Parameters<typeof watch>) => {
      const watcher = watchFolder(...args);
      watcher.on('close', () => {
        closed += 1;
      });
      return watcher;
    }) as typeof watch;
    const { backend } = await begin(root, directoryFactory(counting));
    expect(watchers).toHaveLength(1 + 5 + 10);
    rmSync(join(root, 'd1'), { recursive: true });
    await until(() => closed === 3);
    await backend.close();
    await until(() => closed === watchers.length);
  });

  it('reports the system’s limit as an error', async () => {
    const root = folderWith(Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`d${n}/f`, '1'])));
    const { watchers, watchFolder } = limited(64);
    const { errors } = await begin(root, directoryFactory(watchFolder));
    expect(errors[0]).toMatchObject({ code: 'ENOSPC' });
    expect(watchers).toHaveLength(64);
  });

  it('takes a root that is missing for an empty one', async () => {
    const { errors, ready } = await begin(join(folderWith(), 'gone'), directoryFactory());
    expect(errors).toEqual([]);
    expect(ready()).toBe(1);
  });
});
