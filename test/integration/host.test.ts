import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChildHandle, type Spawner, silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { type HostedEngine, hostModule, startHost } from '../../app/host/client.ts';
import type { ToEngine } from '../../app/host/protocol.ts';
import { eventWhere, indexFolder, search } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

/** Node's spawner that keeps the handle of the last child, so that a test can kill it. */
function spying(): { spawner: Spawner; last: () => ChildHandle; count: () => number } {
  const children: ChildHandle[] = [];
  return {
    spawner: {
      spawn: (module, options) => {
        const child = nodeSpawner.spawn(module, options);
        children.push(child);
        return child;
      },
    },
    last: () => {
      const child = children.at(-1);
      if (child === undefined) throw new Error('nothing was started');
      return child;
    },
    count: () => children.length,
  };
}

async function host(home: string, spawner: Spawner, watch = false): Promise<HostedEngine> {
  const engine = await startHost({
    spawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: hostModule(),
    start: { home, mode: 'write', watch },
  });
  onTestFinished(() => engine.stop());
  return engine;
}

function makeFolder(): { folder: string; home: string } {
  const base = temporaryFolder('host');
  const folder = join(base, 'files');
  mkdirSync(folder);
  writeFileSync(join(folder, 'whales.txt'), 'Humpback whales sing songs that last for twenty minutes.\n');
  return { folder, home: join(base, 'data') };
}

describe('the engine in its own process', { timeout: 120_000 }, () => {
  it('answers, and answers again after it was killed, with nothing lost', async () => {
    const { folder, home } = makeFolder();
    const { spawner, last, count } = spying();
    const engine = await host(home, spawner);
    await indexFolder(engine, folder);
    const restarted = eventWhere(
      engine,
      (event) => event.type === 'notice' && event.message.includes('started again'),
    );
    last().kill();
    const waiting = search(engine, 'songs of whales');
    expect((await waiting).results[0]?.path).toBe(join(folder, 'whales.txt'));
    await restarted;
    expect(count()).toBe(2);
  });

  it('starts again once for each time it is asked, one after the other', async () => {
    const { folder, home } = makeFolder();
    const { spawner, count } = spying();
    const engine = await host(home, spawner);
    await indexFolder(engine, folder);
    await Promise.all([engine.restart(), engine.restart(), engine.restart()]);
    expect(count()).toBe(4);
    const { results } = await search(engine, 'songs of whales');
    expect(results[0]?.name).toBe('whales.txt');
  });

  it('ends in order when it is told to stop before it has started', async () => {
    const { home } = makeFolder();
    for (const wait of [100, 500]) {
      const child = nodeSpawner.spawn(hostModule(), { name: 'passim-engine' });
      const ended = new Promise<unknown>((resolve) =>
        child.onExit((code, signal) => resolve({ code, signal })),
      );
      child.send({
        type: 'start',
        start: { home, mode: 'write', watch: false, suspects: [] },
      } satisfies ToEngine);
      await new Promise((resolve) => setTimeout(resolve, wait));
      child.send({ type: 'stop' } satisfies ToEngine);
      expect(await ended).toEqual({ code: 0, signal: null });
    }
  });

  it('tells every call why, when it cannot be started again, and starts once it can', async () => {
    const { folder, home } = makeFolder();
    const { spawner } = spying();
    const engine = await host(home, spawner);
    await indexFolder(engine, folder);
    const settings = join(home, 'settings.json');
    const before = readFileSync(settings, 'utf8');
    let waiting: Promise<unknown> = Promise.resolve();
    const restarting = engine.restart(async () => {
      writeFileSync(settings, JSON.stringify({ ...JSON.parse(before), model: join(home, 'no-model') }));
      waiting = engine.call('status', {}).then(
        () => 'answered',
        (error: Error) => error.message,
      );
    });
    await expect(restarting).rejects.toMatchObject({ code: 'model-missing' });
    expect(await waiting).toContain('no-model');
    await expect(engine.call('status', {})).rejects.toThrow('no-model');
    await engine.restart(async () => writeFileSync(settings, before));
    expect((await engine.call('status', {})).passages).toBe(1);
  });

  it('gives up on an engine that dies again and again, and says so', async () => {
    const { home } = makeFolder();
    const { spawner, last } = spying();
    const engine = await host(home, spawner);
    const given = eventWhere(engine, (event) => event.type === 'notice' && event.level === 'error');
    const off = engine.onEvent((event) => {
      if (event.type === 'notice' && event.level === 'warn') last().kill();
    });
    last().kill();
    expect(await given).toMatchObject({ message: expect.stringContaining('left down') });
    off();
    await expect(search(engine, 'anything')).rejects.toMatchObject({ code: 'engine-stopped' });
  });

  it('sets a file aside that ended the engine twice, and no other', async () => {
    const { folder, home } = makeFolder();
    const guilty = join(folder, 'whales.txt');
    writeFileSync(join(folder, 'innocent.txt'), 'Beavers build dams of branches and mud.\n');
    for (let death = 0; death < 2; death += 1) {
      const { createEngine } = await import('../../app/engine.ts');
      const engine = await createEngine({
        home,
        mode: 'write',
        watch: false,
        suspects: death === 0 ? [] : [guilty],
        spawner: nodeSpawner,
        scheduler: systemScheduler,
        logger: silentLogger,
      });
      engine.begin();
      if (death === 0)
        await engine.call('addFolder', {
          path: folder,
          include: [],
          exclude: [],
          hidden: false,
          ignoreFiles: true,
        });
      await engine.stop();
    }
    const { createEngine } = await import('../../app/engine.ts');
    const engine = await createEngine({
      home,
      mode: 'write',
      watch: false,
      suspects: [guilty],
      spawner: nodeSpawner,
      scheduler: systemScheduler,
      logger: silentLogger,
    });
    onTestFinished(() => engine.stop());
    engine.begin();
    await engine.call('sync', {});
    const status = await engine.call('status', {});
    expect(status.problems).toMatchObject([{ path: guilty, problem: 'crashed' }]);
    expect(status.searchable).toBe(1);
    await engine.call('reindex', {});
    await engine.call('sync', {});
    expect((await engine.call('status', {})).problems).toEqual([]);
  });

  it('refuses a second engine on the same data, and cancels calls', async () => {
    const { folder, home } = makeFolder();
    const engine = await host(home, nodeSpawner);
    await indexFolder(engine, folder);
    await expect(host(home, nodeSpawner)).rejects.toMatchObject({ code: 'index-locked' });
    const controller = new AbortController();
    const call = engine.call('search', { query: 'whales' }, controller.signal);
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: 'cancelled' });
    await engine.stop();
    await expect(search(engine, 'whales')).rejects.toMatchObject({ code: 'engine-stopped' });
  });
});
