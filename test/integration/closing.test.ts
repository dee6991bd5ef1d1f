import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EngineApi } from '../../app/contract/engine.ts';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { type HostedEngine, hostModule, startHost } from '../../app/host/client.ts';
import { startServer } from '../../app/serve/server.ts';
import { AppEngine } from '../../main/app-engine.ts';
import { indexFolder, openEngine, search } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const FILES = 12;

function makeFolder(): { folder: string; home: string } {
  const base = temporaryFolder('closing');
  const folder = join(base, 'files');
  mkdirSync(folder);
  for (let i = 0; i < FILES; i += 1)
    writeFileSync(join(folder, `whales-${i}.txt`), `Humpback whale number ${i} sings for twenty minutes.\n`);
  return { folder, home: join(base, 'data') };
}

function start(home: string, mode: 'write' | 'read'): Promise<HostedEngine> {
  return startHost({
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: hostModule(),
    start: { home, mode, watch: false },
  });
}

/** Every call that only reads, all at once; gives how many there were. */
async function askAll(engine: EngineApi, folder: string): Promise<number> {
  const path = join(folder, 'whales-3.txt');
  const answers = await Promise.all([
    search(engine, 'songs of whales').then(({ results }) => results.length),
    search(engine, 'number', { ranker: 'bm25' }).then(({ results }) => results.length),
    search(engine, '"for twenty minutes"', { explain: true }).then(({ results }) => results.length),
    engine.call('getFilePassages', { path }).then(({ total }) => total),
    engine.call('listFiles', {}).then(({ total }) => total),
    engine.call('status', {}).then(({ searchable }) => searchable),
  ]);
  expect(answers.every((answer) => answer > 0)).toBe(true);
  return answers.length;
}

/** Asks again and again until told to end. What fails is told by both promises that it gives. */
function keepAsking(ask: () => Promise<unknown>): { next: () => Promise<void>; end: () => Promise<void> } {
  let ending = false;
  let next = Promise.withResolvers<void>();
  const asking = (async () => {
    while (!ending) {
      await ask();
      next.resolve();
      next = Promise.withResolvers();
    }
  })();
  asking.catch((error: unknown) => {
    next.promise.catch(() => {});
    next.reject(error);
  });
  return {
    next: () => next.promise,
    end: () => {
      ending = true;
      return asking;
    },
  };
}

describe('an engine that stops', { timeout: 120_000 }, () => {
  it('answers what it was asked before, and refuses what comes later', async () => {
    const { folder, home } = makeFolder();
    const engine = await openEngine(home);
    await indexFolder(engine, folder);
    // Fresh, so that nothing has been read yet.
    await engine.stop();
    const again = await openEngine(home);
    const asked = Array.from({ length: 5 }, () => askAll(again, folder));
    const stopped = again.stop();
    await expect(search(again, 'late')).rejects.toMatchObject({ code: 'engine-stopped' });
    for (const answers of await Promise.all(asked)) expect(answers).toBe(6);
    await stopped;
    await expect(again.call('status', {})).rejects.toMatchObject({ code: 'engine-stopped' });
  });
});

describe('an engine that is restarted', { timeout: 180_000 }, () => {
  it('fails no call, neither of the window nor of programs over HTTP and MCP', async () => {
    const { folder, home } = makeFolder();
    const engine = await start(home, 'write');
    onTestFinished(() => engine.stop());
    await indexFolder(engine, folder);
    const server = await startServer({ engine, shell: null, assets: null, version: '1.0.0' });
    onTestFinished(() => server.close());
    const headers = { Authorization: `Bearer ${server.token}`, 'Content-Type': 'application/json' };
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL(`${server.origin}/mcp`), { requestInit: { headers } }),
    );
    onTestFinished(() => client.close());

    const askers = [
      keepAsking(() => askAll(engine, folder)),
      keepAsking(() => askAll(engine, folder)),
      keepAsking(() => engine.call('sync', {})),
      keepAsking(async () => {
        const body = JSON.stringify({ query: 'songs of whales' });
        const response = await fetch(`${server.origin}/api/v1/search`, { method: 'POST', headers, body });
        expect(response.status, await response.text()).toBe(200);
      }),
      keepAsking(async () => {
        const answer = await client.callTool({ name: 'search', arguments: { query: 'songs of whales' } });
        expect(answer.isError, JSON.stringify(answer.content)).not.toBe(true);
      }),
    ];
    for (let round = 0; round < 2; round += 1) {
      await Promise.all(askers.map((asker) => asker.next()));
      // So many that they cannot all be answered before the engine hears that it is to stop.
      const crowd = Array.from({ length: 20 }, () => askAll(engine, folder));
      await Promise.all([engine.restart(), ...crowd]);
    }
    await Promise.all(askers.map((asker) => asker.next()));
    for (const asker of askers) await asker.end();
  });

  it('fails none when it only reads, either', async () => {
    const { folder, home } = makeFolder();
    const writer = await start(home, 'write');
    onTestFinished(() => writer.stop());
    await indexFolder(writer, folder);
    const engine = new AppEngine((mode) => start(home, mode));
    onTestFinished(() => engine.stop());
    expect((await engine.call('status', {})).readOnly).toBe(true);
    const asker = keepAsking(() => askAll(engine, folder));
    await asker.next();
    const crowd = Array.from({ length: 10 }, () => askAll(engine, folder));
    await Promise.all([engine.restart(), ...crowd]);
    await asker.next();
    await asker.end();
  });
});
