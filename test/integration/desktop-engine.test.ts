import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemScheduler } from '../../app/contract/ports.ts';
import { type RunningApp, startApp } from '../../main/app.ts';
import { environmentOf } from '../fakes/desktop.ts';
import { FakeElectron } from '../fakes/electron.ts';
import { NodeUtilityProcesses } from '../fakes/utility-process.ts';
import { eventWhere, search } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const SCRIPTS = fileURLToPath(new URL('../../app/', import.meta.url));

interface Whole {
  readonly app: RunningApp;
  readonly electron: FakeElectron;
  readonly processes: NodeUtilityProcesses;
  readonly folder: string;
}

/** The whole desktop app with the real engine and real readers in processes of their own; only Electron is a fake. */
async function startWhole(): Promise<Whole> {
  const base = temporaryFolder('whole');
  const folder = join(base, 'files');
  mkdirSync(folder);
  writeFileSync(join(folder, 'whales.txt'), 'Humpback whales sing songs that last for twenty minutes.\n');
  const electron = new FakeElectron();
  const processes = new NodeUtilityProcesses();
  electron.utilityProcess = processes.api;
  const starting = startApp(electron, {
    ...environmentOf(base),
    words: [folder],
    scripts: SCRIPTS,
    env: process.env,
    scheduler: systemScheduler,
    killProcess: (pid) => process.kill(pid, 'SIGKILL'),
  });
  electron.becomeReady();
  const app = await starting;
  if (app === null) throw new Error('the application did not start');
  onTestFinished(async () => {
    await app.engine.stop();
    processes.endAll();
  });
  return { app, electron, processes, folder };
}

describe('the engine under Electron', { timeout: 180_000 }, () => {
  it('reads files in processes that main starts, loses nothing when it is killed, and quits when it has written', async () => {
    const { app, electron, processes, folder } = await startWhole();
    const { engine } = app;
    await expect
      .poll(async () => (await engine.call('status', {})).folders.length, { timeout: 60_000 })
      .toBe(1);
    await engine.call('sync', {});
    const found = async () => (await search(engine, 'songs of whales')).results[0]?.path;
    expect(await found()).toBe(join(folder, 'whales.txt'));

    const [host] = processes.running('/host/main');
    const readers = processes.running('/extract/worker');
    expect(host?.options.serviceName).toBe('passim-engine');
    expect(host?.options.env).not.toHaveProperty('NODE_OPTIONS');
    expect(readers).toHaveLength(1);
    expect(readers[0]?.options.execArgv?.[0]).toMatch(/^--js-flags=--max-old-space-size=\d+$/);

    const again = eventWhere(
      engine,
      (event) => event.type === 'notice' && event.message.includes('started again'),
    );
    process.kill(Number(host?.child.pid), 'SIGKILL');
    const waiting = found();
    await again;
    expect(await waiting).toBe(join(folder, 'whales.txt'));
    // Readers of an engine that is gone end with it.
    await expect.poll(() => readers[0]?.child.pid).toBeUndefined();

    writeFileSync(join(folder, 'bread.txt'), 'Sourdough bread needs a starter and patience.\n');
    await engine.call('sync', {});
    expect((await search(engine, 'sourdough starter')).results[0]?.path).toBe(join(folder, 'bread.txt'));

    electron.app.quit();
    expect(electron.of('app.ended')).toHaveLength(0);
    await expect.poll(() => electron.of('app.ended').length, { timeout: 30_000 }).toBe(1);
    await expect.poll(() => processes.running('').length).toBe(0);
    expect(electron.of('tray.destroy')).toHaveLength(1);
  });
});
