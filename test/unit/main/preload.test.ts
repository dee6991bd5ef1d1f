import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import type { EngineEvent } from '../../../app/contract/engine.ts';
import { APP_ORIGIN, type PassimBridge } from '../../../app/contract/ipc.ts';
import { createBridge, type RendererIpc } from '../../../main/preload/bridge.ts';
import { createDesktopApi } from '../../../renderer/api/desktop.ts';
import { buildPreload } from '../../../scripts/build-app.mjs';
import { startDesktop } from '../../fakes/desktop.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

/** The bundled preload script, run as Electron runs it: alone, with `electron` to require, and no code from strings. */
async function runPreload(origin: string, isMainFrame = true) {
  const source = readFileSync(await buildPreload(temporaryFolder('preload')), 'utf8');
  const exposed = new Map<string, PassimBridge>();
  const required: string[] = [];
  const invoked: { channel: string; message: unknown }[] = [];
  const sandbox = {
    location: { origin },
    process: { isMainFrame },
    URL,
    require(name: string) {
      required.push(name);
      return {
        contextBridge: { exposeInMainWorld: (as: string, value: PassimBridge) => exposed.set(as, value) },
        ipcRenderer: {
          invoke: async (channel: string, message: unknown) => {
            invoked.push({ channel, message });
            return { ok: true, value: { path: '/chosen' } };
          },
          send: () => {},
          on: () => {},
        },
      };
    },
  };
  runInContext(source, createContext(sandbox, { codeGeneration: { strings: false, wasm: false } }));
  return { exposed, required, invoked };
}

describe('the preload script', { timeout: 120_000 }, () => {
  it('requires Electron alone, exposes named functions alone, and makes no code from strings', async () => {
    const { exposed, required, invoked } = await runPreload(APP_ORIGIN);
    expect(required).toEqual(['electron']);
    expect([...exposed.keys()]).toEqual(['passim']);
    const bridge = exposed.get('passim');
    expect(Object.keys(bridge ?? {}).sort()).toEqual([
      'call',
      'cancel',
      'onEvents',
      'onShown',
      'readFile',
      'setExtent',
      'shell',
    ]);
    for (const value of Object.values(bridge ?? {})) expect(value).toBeTypeOf('function');
    expect(JSON.parse((await bridge?.shell('pickFolder', {})) ?? '')).toEqual({
      ok: true,
      value: { path: '/chosen' },
    });
    expect(invoked).toHaveLength(1);
  });

  it('gives another page, or a frame, nothing', async () => {
    expect((await runPreload('https://example.org')).exposed.size).toBe(0);
    expect((await runPreload(APP_ORIGIN, false)).exposed.size).toBe(0);
  });
});

describe('the window’s api over the preload script', () => {
  async function connect() {
    const desktop = await startDesktop({
      files: { 'a.md': 'Tomatoes need sun.', 'b.md': 'Tomatoes need water.' },
    });
    const listeners = new Map<string, (event: unknown, ...values: unknown[]) => void>();
    const ipc: RendererIpc = {
      invoke: (channel, message) => desktop.electron.invoke(channel, message),
      send: (channel, message) => desktop.electron.send(channel, message),
      on: (channel, listener) => listeners.set(channel, listener),
    };
    desktop.electron.window.webContents.onSend = (channel, value) => listeners.get(channel)?.({}, value);
    return { desktop, api: createDesktopApi(createBridge(ipc)) };
  }

  it('calls the engine and the shell, and gives errors their codes back', async () => {
    const { desktop, api } = await connect();
    expect((await api.call('search', { query: 'tomatoes' })).results).toHaveLength(2);
    expect((await api.shell('shellInfo', {})).surface).toBe('desktop');
    await expect(api.call('getPassage', { id: 'nothing' })).rejects.toMatchObject({
      name: 'PassimError',
      code: 'not-found',
    });
    await expect(api.call('search', { query: 7 as unknown as string })).rejects.toMatchObject({
      code: 'bad-request',
      subject: 'query',
    });
    const { bytes, path } = await api.readFile(`${desktop.folder}/a.md#0`);
    expect(new TextDecoder().decode(bytes)).toBe('Tomatoes need sun.');
    expect(path).toBe(`${desktop.folder}/a.md`);
    await expect(api.readFile('nothing')).rejects.toMatchObject({ code: 'not-found' });
  });

  it('cancels a call, and only that one', async () => {
    const { desktop, api } = await connect();
    const release = desktop.engine.hold('search');
    const controller = new AbortController();
    const first = api.call('search', { query: 'sun' }, controller.signal);
    const second = api.call('search', { query: 'water' });
    await expect.poll(() => desktop.engine.calls.filter(({ name }) => name === 'search').length).toBe(2);
    controller.abort();
    release();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect((await second).results).toHaveLength(1);
    await expect(api.call('search', { query: 'sun' }, controller.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('tells events once the window listens, those that came before among them', async () => {
    const { desktop, api } = await connect();
    desktop.engine.emit({ type: 'notice', level: 'warn', message: 'before' });
    const heard: EngineEvent[] = [];
    const stop = api.onEvent((event) => heard.push(event));
    const messages = () => heard.map((event) => (event.type === 'notice' ? event.message : event.type));
    await expect.poll(messages).toEqual(['before']);
    desktop.engine.emit({ type: 'notice', level: 'warn', message: 'after' });
    desktop.engine.emit({ type: 'file', path: '/a', outcome: 'indexed' });
    await desktop.scheduler.advance(50, () => new Promise((resolve) => setImmediate(resolve)));
    await expect.poll(messages).toEqual(['before', 'after', 'file']);
    stop();
    desktop.engine.emit({ type: 'notice', level: 'warn', message: 'nobody hears' });
    await desktop.scheduler.advance(50, () => new Promise((resolve) => setImmediate(resolve)));
    expect(messages()).toHaveLength(3);
  });
});
