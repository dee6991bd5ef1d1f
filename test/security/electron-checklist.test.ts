// Electron's security checklist, item by item, against the whole main process over a fake Electron. The fake has the
// type that the real Electron is checked against, so an option that Electron does not know cannot be asserted here.
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FuseV1Options } from '@electron/fuses';
import type { WebPreferences } from 'electron';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CONTENT_SECURITY_POLICY } from '../../app/serve/policy.ts';
import { startApp } from '../../main/app.ts';
import { isSupported } from '../../scripts/check-electron.mjs';
import { FUSES } from '../../scripts/set-fuses.mjs';
import { type Desktop, environmentOf, startDesktop } from '../fakes/desktop.ts';
import { FakeContents, FakeElectron, FakeEvent } from '../fakes/electron.ts';
import { temporaryFolder } from '../helpers/temp.ts';
import { ManualScheduler } from '../unit/watch/manual-scheduler.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Sources of the shell, by path. */
const sources = new Map(
  readdirSync(join(root, 'main'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => [name, readFileSync(join(root, 'main', name), 'utf8')]),
);

const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-checklist-')));
afterAll(() => rmSync(base, { recursive: true, force: true }));
let desktop: Desktop;
let preferences: WebPreferences;
beforeAll(async () => {
  desktop = await startDesktop({ base });
  preferences = desktop.electron.window.options.webPreferences ?? {};
});

const mayLoad = (url: string): boolean => {
  let cancelled: boolean | undefined;
  desktop.electron.handlers.load?.({ url }, (answer) => {
    cancelled = answer.cancel;
  });
  return cancelled === false;
};
const ask = (url: string, method = 'GET'): Response => {
  const { protocol } = desktop.electron.handlers;
  if (protocol === null) throw new Error('no scheme is answered');
  return protocol(new Request(url, { method })) as Response;
};

describe('the security checklist', () => {
  it('1 loads nothing over http, https or ws', () => {
    expect(desktop.electron.of('window.loadURL')).toEqual([['app://passim/index.html']]);
    for (const url of [
      'http://passim/',
      'https://example.org/',
      'ws://127.0.0.1/',
      'wss://example.org/',
      'ftp://x/',
      'http://app://passim/',
    ]) {
      expect(mayLoad(url), url).toBe(false);
    }
    for (const url of ['app://passim/index.html', 'blob:app://passim/1b2c', 'data:image/png;base64,AAAA'])
      expect(mayLoad(url), url).toBe(true);
    for (const [name, source] of sources) expect(source, name).not.toMatch(/['"`](https?|wss?):\/\//);
  });

  it('2 gives pages, frames and workers no Node', () => {
    expect(preferences).toMatchObject({
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
    });
  });

  it('3 isolates the world of the preload script', () => {
    expect(preferences.contextIsolation).toBe(true);
  });

  it('4 runs every page in the sandbox, and says so before Electron is ready', () => {
    expect(preferences.sandbox).toBe(true);
    const names = desktop.electron.calls.map((call) => call.name);
    expect(names).toContain('app.enableSandbox');
    expect(names.indexOf('app.enableSandbox')).toBeLessThan(names.indexOf('ready'));
  });

  it('5 denies every permission, asked for or looked up, and every device and screen', () => {
    const { request, check, device, display } = desktop.electron.handlers;
    for (const permission of [
      'media',
      'geolocation',
      'notifications',
      'clipboard-read',
      'clipboard-sanitized-write',
      'openExternal',
      'fileSystem',
      'fullscreen',
      'pointerLock',
      'hid',
      'serial',
      'usb',
      'midi',
      'unknown',
      'not-yet-known',
    ]) {
      let granted: boolean | undefined;
      request?.(null, permission, (answer) => {
        granted = answer;
      });
      expect(granted, permission).toBe(false);
      expect(check?.(null, permission), permission).toBe(false);
    }
    expect(device?.()).toBe(false);
    let streams: unknown = 'not asked';
    display?.({}, (answer) => {
      streams = answer;
    });
    expect(streams).toBeNull();
  });

  it('6 keeps webSecurity on', () => {
    expect(preferences.webSecurity).toBe(true);
  });

  it("7 sends a policy of default-src 'none' without anything unsafe, with every answer", () => {
    expect(CONTENT_SECURITY_POLICY).toMatch(/^default-src 'none'(;|$)/);
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|\*|https?:|(?<![\w-])ws/);
    for (const url of [
      'app://passim/index.html',
      'app://passim/assets/main-abc.js',
      'app://passim/missing',
    ]) {
      const { headers } = ask(url);
      expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('8 runs no insecure content', () => {
    expect(preferences.allowRunningInsecureContent).toBe(false);
  });

  it('9 turns no experimental feature on', () => {
    expect(preferences.experimentalFeatures).toBe(false);
  });

  it('10 turns no feature of Blink on', () => {
    expect(preferences).not.toHaveProperty('enableBlinkFeatures');
    expect(preferences).not.toHaveProperty('disableBlinkFeatures');
  });

  it('11 has no webviews', () => {
    expect(preferences.webviewTag).toBe(false);
  });

  it('12 lets no webview be attached, to no page whatever', () => {
    for (const contents of [desktop.electron.window.webContents, anotherPage()]) {
      const event = new FakeEvent();
      expect(contents.emitter.emit('will-attach-webview', event)).toBeGreaterThan(0);
      expect(event.prevented).toBe(true);
    }
  });

  it('13 lets no page or frame go anywhere', () => {
    for (const contents of [desktop.electron.window.webContents, anotherPage()]) {
      for (const name of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
        const event = new FakeEvent();
        expect(contents.emitter.emit(name, event), name).toBeGreaterThan(0);
        expect(event.prevented, name).toBe(true);
      }
    }
    expect(preferences.navigateOnDragDrop).toBe(false);
  });

  it('14 lets no page open a window', () => {
    for (const contents of [desktop.electron.window.webContents, anotherPage()])
      expect(contents.openWindow?.()).toEqual({ action: 'deny' });
  });

  it('15 never asks the system to open an address', () => {
    for (const [name, source] of sources) expect(source, name).not.toContain('openExternal');
  });

  it('16 is built on an Electron that is looked after', () => {
    const { version } = JSON.parse(
      readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'),
    ) as {
      version: string;
    };
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      devDependencies: Record<string, string>;
    };
    // The newest three majors get security fixes; scripts/check-electron.mjs compares with the newest of the day.
    expect(isSupported('45.4.1', '45.9.0')).toBe(true);
    expect(isSupported('45.4.1', '47.0.0')).toBe(true);
    expect(isSupported('45.4.1', '48.0.0')).toBe(false);
    expect(isSupported(version, String(devDependencies['electron']).replace(/^\^/, ''))).toBe(true);
  });

  it('17 hears only its own window, in its main frame, at its own origin', async () => {
    const { electron } = desktop;
    const own = electron.ownEvent();
    const message = { name: 'getPreferences', input: {} };
    expect(await electron.invoke('passim:shell', message)).toMatchObject({ ok: true });
    const strangers = {
      'another window': { sender: new FakeContents(99), senderFrame: own.senderFrame },
      'a frame of the window': { ...own, senderFrame: { origin: 'app://passim', url: 'app://passim/frame' } },
      'a frame that is gone': { ...own, senderFrame: null },
    };
    for (const [who, event] of Object.entries(strangers)) {
      for (const channel of electron.invocations.keys()) {
        expect(await electron.invoke(channel, message, event), `${who}, ${channel}`).toMatchObject({
          ok: false,
          error: { code: 'not-allowed' },
        });
      }
    }
    for (const origin of [
      'null',
      '',
      'file://',
      'https://passim',
      'app://passim.evil',
      'app://other',
      'about:blank',
    ]) {
      const mainFrame = { origin, url: `${origin}/` };
      const event = { sender: { id: own.sender.id, mainFrame }, senderFrame: mainFrame };
      expect(await electron.invoke('passim:shell', message, event), origin).toMatchObject({ ok: false });
    }
  });

  it('18 answers a scheme of its own out of a map of bundled files, and no file address', () => {
    expect(desktop.electron.of('protocol.handle')).toEqual([['app']]);
    const [schemes] = desktop.electron.of('protocol.registerSchemesAsPrivileged')[0] ?? [];
    expect(schemes).toEqual([
      {
        scheme: 'app',
        privileges: {
          standard: true,
          secure: true,
          supportFetchAPI: true,
          corsEnabled: true,
          codeCache: true,
        },
      },
    ]);
    expect(ask('app://passim/index.html').status).toBe(200);
    expect(ask('app://passim/').status).toBe(200);
    for (const url of [
      'app://passim/../home/preferences.json',
      'app://passim/%2e%2e/home/preferences.json',
      'app://passim/assets/..%2f..%2fhome%2fpreferences.json',
      'app://passim/assets/..%5c..%5chome',
      'app://passim//etc/passwd',
      'app://passim/index.html%00',
      'app://passim/__proto__',
      'app://passim/constructor',
      'app://other/index.html',
    ]) {
      expect(ask(url).status, url).toBe(404);
    }
    expect(ask('app://passim/index.html', 'POST').status).toBe(404);
    for (const url of [
      'file:///etc/passwd',
      'file://server/share',
      'FILE:///etc/passwd',
      'view-source:app://passim/',
    ])
      expect(mayLoad(url), url).toBe(false);
  });

  it('19 sets every fuse, and insists that none is left out', () => {
    const named = Object.values(FuseV1Options).filter((value) => typeof value === 'number');
    expect(named.length).toBeGreaterThanOrEqual(9);
    for (const fuse of named) expect(FUSES[fuse], FuseV1Options[fuse]).toBeTypeOf('boolean');
    expect(FUSES).toMatchObject({
      strictlyRequireAllFuses: true,
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    });
  });

  it('20 gives the page named functions only', () => {
    const preload = sources.get('preload/preload.ts') ?? '';
    expect(preload.match(/exposeInMainWorld\(/g)).toHaveLength(1);
    expect(preload).toContain("exposeInMainWorld('passim', createBridge(ipcRenderer))");
    expect(desktop.electron.window.options.webPreferences?.preload).toBe('/app/preload.cjs');
  });

  it('lets no page of an installed Passim open the developer tools', async () => {
    expect(preferences.devTools).toBe(false);
    expect(mayLoad('devtools://devtools/bundled/inspector.html')).toBe(false);
  });

  it('saves what the page itself made, and nothing else', () => {
    for (const [url, prevented] of [
      ['blob:app://passim/1', false],
      ['data:text/html,x', true],
      ['https://example.org/x.exe', true],
    ] as const) {
      const event = new FakeEvent();
      desktop.electron.sessionEvents.emit('will-download', event, { getURL: () => url });
      expect(event.prevented, url).toBe(prevented);
    }
  });

  it('keeps the page’s session in memory and looks up no name', () => {
    expect(preferences.partition).toBe('passim');
    expect(desktop.electron.of('session.fromPartition')).toEqual([['passim']]);
    expect(desktop.electron.of('app.appendSwitch')).toContainEqual([
      'host-resolver-rules',
      'MAP * ~NOTFOUND',
    ]);
    expect(desktop.electron.of('session.setSpellCheckerEnabled')).toEqual([[false]]);
  });
});

describe('a second start', () => {
  it('ends at once and touches nothing', async () => {
    const electron = new FakeElectron();
    electron.isFirst = false;
    const running = await startApp(electron, {
      ...environmentOf(temporaryFolder('second')),
      scheduler: new ManualScheduler(),
    });
    expect(running).toBeNull();
    expect(electron.of('app.ended')).toHaveLength(1);
    expect(electron.windows).toEqual([]);
    expect(electron.invocations.size).toBe(0);
  });
});

/** A page that came to be some other way than Passim's own window. */
function anotherPage(): FakeContents {
  const contents = new FakeContents(1234);
  desktop.electron.appEvents.emit('web-contents-created', {}, contents);
  return contents;
}
