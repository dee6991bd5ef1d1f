import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { type ChildHandle, type Spawner, silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { readSettings, writeSettings } from '../../app/engine/settings.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { type HostedEngine, hostModule, startHost } from '../../app/host/client.ts';
import {
  createShell,
  filePreferences,
  noPrograms,
  programAccess,
  type RunningServer,
  startServer,
} from '../../app/serve/index.ts';
import { builtWindow } from '../../scripts/build-window.mjs';
import { findChromium, LAUNCH_ARGS } from '../../scripts/chromium.mjs';

const FIXTURES = fileURLToPath(new URL('../fixtures/window', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export interface App {
  readonly engine: HostedEngine;
  readonly server: RunningServer;
  readonly browser: Browser;
  /** A copy of the fixture's folders: Home, Work, Notes. */
  readonly documents: string;
  readonly home: string;
  /** Programs that were started. */
  readonly launched: (readonly [string, readonly string[]])[];
  /** Ends the engine's process as a crash would. */
  killEngine(): void;
  /** Opens the window; faults of the page are collected. */
  open(options?: OpenOptions): Promise<Window>;
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Off in tests, where waiting for what moves is time lost. */
  readonly motion?: boolean;
}

export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors, warnings of the console and requests that left this machine. */
  readonly faults: readonly string[];
  /** Types a query and waits until its answer is shown. */
  search(query: string): Promise<void>;
  /** Back to the empty bar. */
  reset(): Promise<void>;
  /** Fails when axe finds a violation. */
  checkAccessibility(): Promise<void>;
  close(): Promise<void>;
}

/** Milliseconds that starting or ending everything may take on a busy machine. */
export const START_MS = 300_000;

/** The real engine in its own process, the real server and a real browser, on copies of real files. */
export async function startApp(folders: readonly string[] = ['Home', 'Work', 'Notes']): Promise<App> {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-window-')));
  const documents = join(base, 'documents');
  const home = join(base, 'data');
  cpSync(FIXTURES, documents, { recursive: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const assets = await builtWindow();
  let child: ChildHandle | null = null;
  const spawner: Spawner = {
    spawn(module, options) {
      child = nodeSpawner.spawn(module, options);
      return child;
    },
  };
  const engine = await startHost({
    spawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: hostModule(),
    start: { home, mode: 'write', watch: true },
  });
  for (const folder of folders) await engine.call('addFolder', { path: join(documents, folder) });
  if (folders.length > 0) await engine.call('sync', {});
  const { problems } = await engine.call('status', {});
  if (problems.length > 0) throw new Error(`files of the fixture gave nothing: ${JSON.stringify(problems)}`);
  const launched: (readonly [string, readonly string[]])[] = [];
  const settingsFile = join(home, 'settings.json');
  let running: RunningServer | null = null;
  const shell = createShell({
    engine,
    access: () => programAccess(running === null ? null : { ...running, kept: false }),
    version: '0.0.0',
    preferences: filePreferences(join(home, 'preferences.json')),
    settings: {
      file: settingsFile,
      read: () => readSettings(settingsFile),
      write: (settings) => writeSettings(settingsFile, settings),
    },
    launcher: {
      launch: async (command, args) => {
        launched.push([command, args]);
      },
    },
    programs: noPrograms,
    platform: 'linux',
    userHome: documents,
    restartEngine: () => engine.restart(),
    eraseAll: () =>
      engine.restart(async () => {
        for (const part of ['index', 'cache', 'preferences.json', 'settings.json'])
          rmSync(join(home, part), { recursive: true, force: true });
      }),
  });
  const server = await startServer({ engine, shell, assets });
  running = server;
  const browser = await chromium.launch({ executablePath: findChromium(), args: LAUNCH_ARGS });
  return {
    engine,
    server,
    browser,
    documents,
    home,
    launched,
    killEngine() {
      if (child?.pid !== undefined) process.kill(child.pid, 'SIGKILL');
    },
    open: (options = {}) => openWindow(browser, server, options),
    async close() {
      await browser.close();
      await server.close();
      await engine.stop();
      rmSync(base, { recursive: true, force: true });
    },
  };
}

async function openWindow(browser: Browser, server: RunningServer, options: OpenOptions): Promise<Window> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: options.height ?? 800 },
    colorScheme: options.colorScheme ?? 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
    acceptDownloads: true,
    reducedMotion: options.motion ? 'no-preference' : 'reduce',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const faults: string[] = [];
  page.on('console', (message) => {
    // Typed errors of calls have an HTTP status of their own, which the browser notes down.
    if (message.text().startsWith('Failed to load resource')) return;
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', (response) => {
    if (response.status() >= 400 && !response.url().includes('/api/'))
      faults.push(`missing: ${response.url()}`);
  });
  page.on('request', (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(server.origin))
      faults.push(`left: ${request.url()}`);
  });
  await page.goto(server.url);
  await page.locator('.window main').waitFor();
  return {
    page,
    context,
    faults,
    async search(query) {
      const field = page.getByRole('combobox', { name: 'Search your files by meaning' });
      await field.fill(query);
      await page.locator(`.field:not([data-searching])`).waitFor();
      await page.locator('.results:not([aria-busy=true]) [role=option], .empty').first().waitFor();
    },
    async reset() {
      await page.keyboard.press('Escape');
      await page.getByRole('combobox', { name: 'Search your files by meaning' }).fill('');
      await page.locator('.search.bar').waitFor();
    },
    async checkAccessibility() {
      await page.locator('h1').first().waitFor({ state: 'attached' });
      await page.evaluate(AXE);
      const violations = await page.evaluate<string[]>(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
          violations.flatMap((v) => v.nodes.map((n) => v.id + ': ' + n.target.join(' ') + ' — ' + n.failureSummary)))`,
      );
      assert.deepEqual(violations, []);
    },
    close: () => context.close(),
  };
}
