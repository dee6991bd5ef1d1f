// The real window in a real browser, over the real preload script, main process and engine; only Electron is a fake.
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { APP_ORIGIN } from '../../app/contract/ipc.ts';
import { systemScheduler } from '../../app/contract/ports.ts';
import { loadAssets } from '../../app/serve/assets.ts';
import { noPrograms } from '../../app/serve/index.ts';
import { type RunningApp, startApp } from '../../main/app.ts';
import { buildPreload } from '../../scripts/build-app.mjs';
import { builtWindow } from '../../scripts/build-window.mjs';
import { findChromium, LAUNCH_ARGS } from '../../scripts/chromium.mjs';
import { environmentOf } from '../fakes/desktop.ts';
import { FakeElectron } from '../fakes/electron.ts';
import { NodeUtilityProcesses } from '../fakes/utility-process.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/window', import.meta.url));
/** Stands for the window's own scheme, which a browser does not know. */
const ORIGIN = 'http://passim.localhost';
const START_MS = 300_000;

const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-desktop-window-')));
const electron = new FakeElectron();
const processes = new NodeUtilityProcesses();
const faults: string[] = [];
let app: RunningApp;
let browser: Browser;
let page: Page;

/** What Electron gives a preload script, over the fake's messages: they go by requests, and come by `fromMain`. */
const ELECTRON_IN_PAGE = `
  const listeners = new Map();
  window.fromMain = (channel, value) => { for (const hear of listeners.get(channel) ?? []) hear({}, value); };
  const bytes = (key, value) => value?.$bytes === undefined
    ? value : Uint8Array.from(atob(value.$bytes), (letter) => letter.charCodeAt(0));
  const post = async (kind, channel, message) => {
    const answer = await fetch('/-/' + kind, { method: 'POST', body: JSON.stringify({ channel, message }) });
    return JSON.parse(await answer.text(), bytes);
  };
  const require = () => ({
    contextBridge: { exposeInMainWorld: (name, functions) => { window[name] = functions; } },
    ipcRenderer: {
      invoke: (channel, message) => post('invoke', channel, message),
      send: (channel, message) => { void post('send', channel, message); },
      on: (channel, listener) => { listeners.set(channel, [...(listeners.get(channel) ?? []), listener]); },
    },
  });
  const process = { isMainFrame: true };`;

/** A message of the page, handed to the main process. */
async function fromPage(kind: string, body: string): Promise<string> {
  const { channel, message } = JSON.parse(body) as { channel: string; message: unknown };
  if (kind === 'send') {
    electron.send(channel, message);
    return 'null';
  }
  return JSON.stringify(await electron.invoke(channel, message), (_key, value: unknown) =>
    value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value,
  );
}

beforeAll(async () => {
  const documents = join(base, 'documents');
  cpSync(FIXTURES, documents, { recursive: true });
  const [window, preload] = await Promise.all([builtWindow(), buildPreload(join(base, 'preload'))]);
  electron.utilityProcess = processes.api;
  const starting = startApp(electron, {
    ...environmentOf(base),
    scripts: fileURLToPath(new URL('../../app/', import.meta.url)),
    env: process.env,
    scheduler: systemScheduler,
    programs: noPrograms,
    programPort: 0,
    assets: () => loadAssets(window),
    killProcess: (pid) => process.kill(pid, 'SIGKILL'),
  });
  electron.becomeReady();
  const running = await starting;
  if (running === null) throw new Error('the application did not start');
  app = running;
  for (const name of ['Home', 'Notes']) await app.engine.call('addFolder', { path: join(documents, name) });
  await app.engine.call('sync', {});

  browser = await chromium.launch({ executablePath: findChromium(), args: LAUNCH_ARGS });
  page = await browser.newPage({ viewport: { width: 1120, height: 720 }, reducedMotion: 'reduce' });
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  await page.route('**/*', async (route) => {
    const address = route.request().url();
    if (!address.startsWith(`${ORIGIN}/`)) {
      faults.push(`left: ${address}`);
      await route.abort();
      return;
    }
    const kind = /\/-\/(invoke|send)$/.exec(address)?.[1];
    if (kind !== undefined) {
      await route.fulfill({ body: await fromPage(kind, route.request().postData() ?? '') });
      return;
    }
    const { protocol } = electron.handlers;
    const answer = await protocol?.(new Request(address.replace(ORIGIN, APP_ORIGIN)));
    if (answer === undefined) throw new Error('no scheme is answered');
    await route.fulfill({
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      body: Buffer.from(await answer.arrayBuffer()),
    });
  });
  electron.window.webContents.onSend = (channel, value) => {
    page
      .evaluate(
        ([name, sent]) =>
          (globalThis as unknown as { fromMain(n: unknown, s: unknown): void }).fromMain(name, sent),
        [channel, value],
      )
      .catch(() => {});
  };
  const script = readFileSync(preload, 'utf8').replaceAll(APP_ORIGIN, ORIGIN);
  await page.addInitScript({ content: `(() => { ${ELECTRON_IN_PAGE}\n${script}\n})();` });
  await page.goto(`${ORIGIN}/index.html`);
  electron.window.emitter.emit('ready-to-show');
  await field().waitFor();
}, START_MS);

afterAll(async () => {
  await browser?.close();
  await app?.engine.stop();
  processes.endAll();
  rmSync(base, { recursive: true, force: true });
}, START_MS);

const field = () => page.getByRole('combobox', { name: 'Search your files by meaning' });
const typed = () => field().inputValue();

describe('the desktop window', { timeout: 120_000 }, () => {
  it('shows itself once it is painted, and finds passages through the preload script', async () => {
    expect(electron.window.visible).toBe(true);
    await field().fill('sourdough starter');
    await expect
      .poll(() => page.locator('.file-name').first().textContent(), { timeout: 60_000 })
      .toBe('bread.md');
    expect(await page.locator('.heat').count()).toBeGreaterThan(0);
  });

  it('draws a PDF from bytes that came through the preload script', async () => {
    await field().fill('ending the contract with notice in writing');
    await expect
      .poll(() => page.locator('.file-name').first().textContent(), { timeout: 60_000 })
      .toBe('Lease agreement 2024.pdf');
    await page.locator('.preview canvas').first().waitFor({ timeout: 60_000 });
  });

  it('opens and copies through the main process', async () => {
    await field().fill('sourdough starter');
    await expect.poll(() => page.locator('.file-name').first().textContent()).toBe('bread.md');
    await field().press('Enter');
    await expect
      .poll(() => electron.of('shell.openPath'))
      .toEqual([[join(base, 'documents/Notes/bread.md')]]);
    await field().press('Control+Enter');
    await expect
      .poll(() => electron.of('shell.showItemInFolder'))
      .toEqual([[join(base, 'documents/Notes/bread.md')]]);
  });

  it('selects what was typed when it is called up again', async () => {
    await field().fill('garden');
    app.window.hide();
    app.window.toggle();
    await expect
      .poll(() =>
        page.evaluate('document.activeElement.selectionEnd - document.activeElement.selectionStart'),
      )
      .toBe('garden'.length);
  });

  it('clears on Esc, and hides on the next', async () => {
    await field().fill('garden');
    await field().press('Escape');
    await expect.poll(typed).toBe('');
    expect(electron.window.visible).toBe(true);
    await field().press('Escape');
    await expect.poll(() => electron.window.visible).toBe(false);
    electron.shortcuts.get('Alt+Space')?.();
    expect(electron.window.visible).toBe(true);
  });

  it('comes as the bar alone, grows with the first key, and is the bar again when it is called up anew', async () => {
    const calledUp = () => {
      app.window.hide();
      app.window.show();
      return electron.window.bounds.width;
    };
    const bar = async () => {
      await expect.poll(calledUp).toBe(760);
      await page.setViewportSize(electron.window.bounds);
      expect(await page.locator('.field').boundingBox()).toEqual({ x: 0, y: 0, width: 760, height: 64 });
      expect(await page.locator('.rail').isVisible()).toBe(false);
      // What stands under the field is within the window, and there is no room to spare.
      const below = page.locator('.under-field');
      expect(await below.evaluate((part) => Math.ceil(part.getBoundingClientRect().bottom))).toBe(
        electron.window.bounds.height,
      );
    };
    await field().fill('');
    await bar();
    await field().press('g');
    await expect
      .poll(() => electron.window.bounds)
      .toEqual({ x: expect.any(Number), y: expect.any(Number), width: 1120, height: 720 });
    await page.setViewportSize(electron.window.bounds);
    expect(await typed()).toBe('g');
    expect(await page.locator('.rail').isVisible()).toBe(true);
    await field().fill('');
    await bar();
    // Every page has the whole window.
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect.poll(() => electron.window.bounds.height).toBe(720);
    await page.setViewportSize(electron.window.bounds);
    await page.keyboard.press('Escape');
    await field().waitFor();
  });

  it('tells that a shortcut is taken, and keeps the one before', async () => {
    electron.taken.add('Alt+F1');
    await page.evaluate("location.hash = '#/settings'");
    const shortcut = page.getByLabel('Shortcut that shows Passim');
    await shortcut.fill('Alt+F1');
    await shortcut.press('Enter');
    await page.getByText('is taken by another program').waitFor();
    await expect.poll(() => shortcut.inputValue()).toBe('Alt+Space');
    expect([...electron.shortcuts.keys()]).toEqual(['Alt+Space']);
    await shortcut.fill('Control+Shift+K');
    await shortcut.press('Enter');
    await expect.poll(() => [...electron.shortcuts.keys()]).toEqual(['Control+Shift+K']);
    await page.evaluate("location.hash = '#/'");
  });

  it('answers programs over HTTP once it is told to, and says how they are set up', async () => {
    await page.evaluate("location.hash = '#/programs'");
    const way = page.getByRole('combobox', { name: /^Reached by/ });
    const onOff = page.getByLabel('Answer programs over HTTP while Passim runs');
    await onOff.waitFor();
    expect(await way.count()).toBe(0);
    await onOff.check();
    await way.selectOption('http');
    await page.getByText(/"url": "http:\/\/127\.0\.0\.1:\d+\/mcp"/).waitFor();
    await onOff.uncheck();
    await way.waitFor({ state: 'detached' });
    await page.getByText('"command":').waitFor();
    await page.evaluate("location.hash = '#/'");
  });

  it('shows what the engine tells', async () => {
    app.engine.tell('warn', 'Something to know.');
    await page.getByText('Something to know.').waitFor();
  });

  it('lets the page run no code from strings, reach no network and no other file', async () => {
    const refused = async (code: string): Promise<boolean> =>
      page.evaluate(`(async () => {
        // The policy is set aside for what a test runs itself, not for what comes after.
        await new Promise((done) => setTimeout(done, 0));
        try { ${code}; return false; } catch { return true; }
      })()`);
    expect(await refused('globalThis.eval("1")')).toBe(true);
    expect(await refused('new Function("return 1")()')).toBe(true);
    expect(await refused('await fetch("https://example.org/")')).toBe(true);
    expect(await refused('await fetch("file:///etc/passwd")')).toBe(true);
    const ran = await page.evaluate(`(async () => {
      const script = document.createElement('script');
      try { script.textContent = 'window.inline = true'; } catch {}
      document.body.append(script);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.org/';
      document.body.append(frame);
      await new Promise((done) => setTimeout(done, 0));
      frame.remove();
      return window.inline === true;
    })()`);
    expect(ran).toBe(false);
    // Nothing of this left the page: the policy stopped it before a request was made.
    expect(faults.filter((fault) => fault.startsWith('left:'))).toEqual([]);
    expect(faults.filter((fault) => !/Content Security Policy|TrustedScript|trusted/i.test(fault))).toEqual(
      [],
    );
  });
});
