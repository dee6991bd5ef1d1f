import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PassimError } from '../../../app/contract/errors.ts';
import type { HostedEngine } from '../../../app/host/client.ts';
import { startDesktop } from '../../fakes/desktop.ts';
import { createFakeEngine } from '../../fakes/engine.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));
const progress = (state: 'indexing' | 'paused' | 'idle', done = 40, total = 2000) =>
  ({
    type: 'progress',
    progress: {
      state,
      done,
      total,
      current: null,
      encodedTokens: 0,
      encodedPassages: 0,
      passagesPerSecond: 0,
      tokensPerSecond: 0,
      etaSeconds: null,
    },
  }) as const;

describe('starting', () => {
  it('shows the window once it is painted, never before', async () => {
    const { electron } = await startDesktop();
    expect(electron.window.options.show).toBe(false);
    expect(electron.window.visible).toBe(false);
    electron.window.emitter.emit('ready-to-show');
    expect(electron.window.visible).toBe(true);
    expect(electron.windows).toHaveLength(1);
  });

  it('stays hidden when it is started at login, and adds the folders that it is started with', async () => {
    const hidden = await startDesktop({ environment: { words: ['--hidden'] } });
    hidden.electron.window.emitter.emit('ready-to-show');
    expect(hidden.electron.window.visible).toBe(false);
    const atLogin = await startDesktop({ prepare: (electron) => (electron.loginStart = true) });
    atLogin.electron.window.emitter.emit('ready-to-show');
    expect(atLogin.electron.window.visible).toBe(false);
    const { engine, base } = await startDesktop({ environment: { words: ['notes', '/full/path'] } });
    await expect
      .poll(() => engine.calls.filter(({ name }) => name === 'addFolder').map(({ input }) => input))
      .toEqual([{ path: join(base, 'notes') }, { path: '/full/path' }]);
  });

  it('does not wait in its first module, which Electron waits for before it is ready', () => {
    const source = readFileSync(new URL('../../../main/main.ts', import.meta.url), 'utf8');
    expect(source).toMatch(/^startApp\(/m);
    expect(source).not.toMatch(/\bawait\b/);
  });

  it('keeps Chromium’s files in the data directory, which the lock is for too', async () => {
    const { electron, base } = await startDesktop();
    expect(electron.of('app.setPath')).toEqual([['userData', join(base, 'home/electron')]]);
    const names = electron.calls.map(({ name }) => name);
    expect(names.indexOf('app.setPath')).toBeLessThan(names.indexOf('app.requestSingleInstanceLock'));
  });

  it('does what a second start asks for: show, toggle, add a folder', async () => {
    const { electron, engine } = await startDesktop();
    electron.window.emitter.emit('ready-to-show');
    const second = (data: unknown) => electron.appEvents.emit('second-instance', {}, [], '/', data);
    second({ action: 'toggle', folders: [] });
    expect(electron.window.visible).toBe(false);
    second({ action: 'toggle', folders: [] });
    expect(electron.window.visible).toBe(true);
    second({ action: 'hide', folders: ['/docs'] });
    await expect.poll(() => engine.calls.map(({ name }) => name)).toContain('addFolder');
    electron.window.hide();
    // A start that says nothing sensible shows the window.
    second({ action: 'explode', folders: 7 });
    expect(electron.window.visible).toBe(true);
  });
});

describe('the shortcut', () => {
  it('shows and hides the window', async () => {
    const { electron } = await startDesktop();
    electron.window.emitter.emit('ready-to-show');
    electron.shortcuts.get('Alt+Space')?.();
    expect(electron.window.visible).toBe(false);
    electron.shortcuts.get('Alt+Space')?.();
    expect(electron.window.visible).toBe(true);
    // A window that another one covers comes to the front.
    electron.window.focused = false;
    electron.shortcuts.get('Alt+Space')?.();
    expect(electron.window.visible && electron.window.focused).toBe(true);
  });

  it('that is taken is told in the window and in the tray, and can be chosen anew', async () => {
    const desktop = await startDesktop({ prepare: (electron) => electron.taken.add('Alt+Space') });
    const { electron } = desktop;
    const labels = () => electron.trayMenus.at(-1)?.map(({ label }) => label) ?? [];
    expect(labels().join()).toContain('The shortcut Alt+Space does not work');
    electron.send('passim:listen', {});
    await expect
      .poll(() => JSON.stringify(electron.window.webContents.sent))
      .toContain('taken by another program');
    await desktop.shell('setPreferences', { hotkey: 'Control+Shift+K' });
    expect([...electron.shortcuts.keys()]).toEqual(['Control+Shift+K']);
    expect(labels().join()).not.toContain('does not work');
  });

  it('stays as it was when another cannot be had, and is not written down', async () => {
    const desktop = await startDesktop();
    desktop.electron.taken.add('Alt+F1');
    for (const [hotkey, why] of [
      ['Alt+F1', 'taken'],
      ['Nonsense+Alt', 'no shortcut'],
      ['A', 'every other program'],
    ]) {
      await expect(desktop.shell('setPreferences', { hotkey })).rejects.toMatchObject({
        code: 'settings',
        subject: 'hotkey',
        message: expect.stringContaining(String(why)),
      });
    }
    expect([...desktop.electron.shortcuts.keys()]).toEqual(['Alt+Space']);
    expect(await desktop.shell('getPreferences')).toMatchObject({ hotkey: 'Alt+Space' });
    await desktop.shell('setPreferences', { hotkey: null });
    expect([...desktop.electron.shortcuts.keys()]).toEqual([]);
  });
});

describe('the tray', () => {
  const last = (electron: Awaited<ReturnType<typeof startDesktop>>['electron']) =>
    electron.trayMenus.at(-1) ?? [];

  it('tells what the engine is at, pauses and resumes', async () => {
    const { electron, engine, scheduler } = await startDesktop();
    await scheduler.advance(2000, tick);
    engine.emit(progress('indexing'));
    await scheduler.advance(1000, tick);
    expect(last(electron).map(({ label }) => label)).toContain('Indexing 40 of 2,000 files');
    last(electron)
      .find(({ label }) => label === 'Pause indexing')
      ?.click?.();
    await expect.poll(() => engine.calls.map(({ name }) => name)).toContain('pause');
    engine.emit(progress('paused'));
    await scheduler.advance(1000, tick);
    last(electron)
      .find(({ label }) => label === 'Resume indexing')
      ?.click?.();
    await expect.poll(() => engine.calls.map(({ name }) => name)).toContain('resume');
  });

  it('is built anew at most once a second while files come in', async () => {
    const { electron, engine, scheduler } = await startDesktop();
    await scheduler.advance(2000, tick);
    const before = electron.trayMenus.length;
    for (let done = 0; done < 500; done += 1) engine.emit(progress('indexing', done));
    await scheduler.advance(1000, tick);
    expect(electron.trayMenus.length - before).toBeLessThanOrEqual(2);
    expect(last(electron).map(({ label }) => label)).toContain('Indexing 499 of 2,000 files');
  });

  it('offers to start an engine that is down', async () => {
    let starts = 0;
    const fake = createFakeEngine([], []);
    const engine: HostedEngine = { ...fake, restart: async () => {} };
    const { electron, scheduler } = await startDesktop({
      environment: {
        startEngine: async () => {
          starts += 1;
          if (starts === 1) throw new PassimError('model-missing', 'The model is missing.');
          return engine;
        },
      },
    });
    await scheduler.advance(2000, tick);
    expect(last(electron).map(({ label }) => label)).toContain('The search engine is not running');
    last(electron)
      .find(({ label }) => label === 'Start the engine again')
      ?.click?.();
    await expect.poll(() => starts).toBe(2);
  });
});

describe('choosing another window', () => {
  it('hides this one, unless it was told not to, has no folders yet, or is showing a dialog', async () => {
    const desktop = await startDesktop();
    const { electron } = desktop;
    electron.window.emitter.emit('ready-to-show');
    await expect.poll(() => desktop.engine.calls.length).toBeGreaterThan(0);
    await tick();
    electron.chosen = ['/chosen'];
    expect(await desktop.shell('pickFolder')).toEqual({ path: '/chosen' });
    expect(electron.window.visible).toBe(true);
    electron.window.blur();
    expect(electron.window.visible).toBe(false);
    await desktop.shell('setPreferences', { hideOnBlur: false });
    electron.shortcuts.get('Alt+Space')?.();
    electron.window.blur();
    expect(electron.window.visible).toBe(true);

    const first = await startDesktop({ files: {}, folders: false });
    first.electron.window.emitter.emit('ready-to-show');
    first.electron.window.blur();
    expect(first.electron.window.visible).toBe(true);
  });
});

describe('the page', () => {
  it('is loaded again when it fails, and a person is told when it fails again and again', async () => {
    const { electron } = await startDesktop();
    const fail = () =>
      electron.window.webContents.emitter.emit('render-process-gone', {}, { reason: 'crashed' });
    fail();
    fail();
    fail();
    expect(electron.of('window.reload')).toHaveLength(3);
    expect(electron.of('dialog.showErrorBox')).toEqual([]);
    fail();
    expect(electron.of('window.reload')).toHaveLength(3);
    expect(electron.of('dialog.showErrorBox')).toHaveLength(1);
  });

  it('closes by hiding, until Passim is quit', async () => {
    const { electron } = await startDesktop();
    const close = () => {
      let prevented = false;
      electron.window.emitter.emit('close', {
        preventDefault: () => {
          prevented = true;
        },
      });
      return prevented;
    };
    expect(close()).toBe(true);
    electron.app.quit();
    await expect.poll(() => electron.of('app.ended').length).toBe(1);
    expect(close()).toBe(false);
    expect(electron.shortcuts.size).toBe(0);
  });
});

describe('settings that the system keeps', () => {
  it('start at login is written as the desktop wants it', async () => {
    const desktop = await startDesktop({ environment: { program: '/opt/My "own" $apps/100%/passim' } });
    const file = join(desktop.base, 'config/autostart/passim.desktop');
    await desktop.shell('setPreferences', { startAtLogin: true });
    expect(readFileSync(file, 'utf8')).toContain(
      String.raw`Exec="/opt/My \\"own\\" \\$apps/100%%/passim" --hidden`,
    );
    await desktop.shell('setPreferences', { startAtLogin: false });
    expect(existsSync(file)).toBe(false);

    const windows = await startDesktop({ environment: { platform: 'win32' } });
    await windows.shell('setPreferences', { startAtLogin: true });
    expect(windows.electron.of('app.setLoginItemSettings')).toEqual([
      [{ openAtLogin: true, args: ['--hidden'] }],
    ]);
  });

  it('start at login is refused for sources, and the shortcut given with it is not taken', async () => {
    const desktop = await startDesktop({ prepare: (electron) => (electron.packaged = false) });
    await expect(
      desktop.shell('setPreferences', { startAtLogin: true, hotkey: 'Control+Shift+K' }),
    ).rejects.toMatchObject({ code: 'settings', subject: 'startAtLogin' });
    expect([...desktop.electron.shortcuts.keys()]).toEqual(['Alt+Space']);
  });

  it('goes back to what was at first when everything is erased', async () => {
    const desktop = await startDesktop();
    await desktop.shell('setPreferences', { startAtLogin: true, hotkey: 'Control+Shift+K' });
    await desktop.shell('eraseAll', { confirm: 'erase' });
    expect(desktop.restarts.count).toBe(1);
    expect(existsSync(join(desktop.base, 'config/autostart/passim.desktop'))).toBe(false);
    expect([...desktop.electron.shortcuts.keys()]).toEqual(['Alt+Space']);
    expect(existsSync(join(desktop.base, 'home/preferences.json'))).toBe(false);
  });

  it('copies, and tells what the system could not open', async () => {
    const desktop = await startDesktop();
    await desktop.shell('copyText', { text: 'some words' });
    expect(desktop.electron.of('clipboard.writeText')).toEqual([['some words']]);
    desktop.electron.openProblem = 'No application';
    await expect(desktop.shell('openPassage', { id: `${desktop.folder}/lease.md#0` })).rejects.toMatchObject({
      code: 'io-error',
      message: expect.stringContaining('No application'),
    });
  });
});
