import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderWith, write } from '../unit/watch/folders.ts';
import { FakeBackend, freshPaths, limitError, TestIndex } from '../unit/watch/harness.ts';
import { ManualScheduler } from '../unit/watch/manual-scheduler.ts';

describe.each(['ENOSPC', 'EMFILE'])('the limit on watches (%s)', (code) => {
  async function start(backend: FakeBackend, roots: readonly string[]) {
    const scheduler = new ManualScheduler();
    const index = new TestIndex(roots, scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    const advance = (ms: number) => scheduler.advance(ms, index.settled);
    await advance(0);
    return { index, advance };
  }

  it('is told once, and changes are found by scanning within a minute', async () => {
    const roots = [folderWith({ 'a.txt': '1', 'gone.txt': '1' }), folderWith({ 'b.txt': '1' })];
    const [first = '', second = ''] = roots;
    const backend = new FakeBackend();
    const { index, advance } = await start(backend, roots);
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    for (const request of backend.requests) {
      for (let n = 0; n < 64; n += 1) request.onError(limitError(code));
    }
    await advance(100);
    expect(index.notices).toHaveLength(1);
    expect(index.notices[0]).toMatch(code === 'ENOSPC' ? /max_user_watches/ : /ulimit/);
    expect(backend.open).toBe(0);
    expect([...index.watcher.status().values()]).toEqual([
      { watching: 'scanning', state: 'ready' },
      { watching: 'scanning', state: 'ready' },
    ]);
    for (let round = 0; round < 3; round += 1) {
      write(first, { [`new ${round}.txt`]: '1' });
      write(second, { 'b.txt': '1'.repeat(round + 2) });
      rmSync(join(first, 'gone.txt'), { force: true });
      await advance(60_000);
      expect(index.paths).toEqual([...(await freshPaths(first)), ...(await freshPaths(second))].sort());
      expect(index.ledger.get(join(second, 'b.txt'))?.size).toBe(round + 2);
    }
    expect(index.notices).toHaveLength(1);
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    await index.watcher.stop();
  });

  it('is borne when it is met while the watch begins', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    backend.refuse = limitError(code);
    const { index, advance } = await start(backend, [root]);
    expect(index.notices).toHaveLength(1);
    expect(index.paths).toEqual([join(root, 'a.txt')]);
    write(root, { 'b.txt': '1' });
    await advance(60_000);
    expect(index.paths).toEqual([join(root, 'a.txt'), join(root, 'b.txt')]);
    await index.watcher.stop();
  });

  it('does not bring events back that the old watch still tells', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    backend.autoReady = false;
    const { index, advance } = await start(backend, [root]);
    backend.last.onError(limitError(code));
    backend.last.onReady();
    backend.event(join(root, 'a.txt'));
    await advance(3000);
    expect(index.batches).toEqual([]);
    expect(index.states.at(-1)).toEqual({ watching: 'scanning', state: 'ready' });
    await index.watcher.stop();
  });
});

describe('other faults of a backend', () => {
  it('lead to a comparison, and to scans when they do not end', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const backend = new FakeBackend();
    const scheduler = new ManualScheduler();
    const index = new TestIndex([root], scheduler, { watchFactory: backend.factory });
    await index.watcher.start();
    await scheduler.advance(0, index.settled);
    write(root, { 'b.txt': '1' });
    backend.last.onError(new Error('the handle broke'));
    await scheduler.advance(100, index.settled);
    expect(index.paths).toContain(join(root, 'b.txt'));
    expect(index.states.at(-1)?.watching).toBe('events');
    for (let n = 0; n < 40; n += 1) backend.last.onError(new Error('the handle broke'));
    await scheduler.advance(100, index.settled);
    expect(index.states.at(-1)?.watching).toBe('scanning');
    expect(index.notices).toEqual([]);
    await index.watcher.stop();
  });
});
