// The packaged parts in the real Electron. Its program is not in its npm package, so this runs only where it has been
// fetched and can show a window; everywhere else desktop-window.test.ts stands for it.
import { cpSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtApp } from '../../scripts/build-app.mjs';
import { builtWindow } from '../../scripts/build-window.mjs';
import { installedElectron, whyNoWindow } from '../../scripts/find-electron.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));
const program = installedElectron();
const reason =
  program === null
    ? "Electron's program has not been fetched"
    : whyNoWindow({ env: process.env, platform: process.platform, uid: process.getuid?.() });
const START_MS = 300_000;

describe.skipIf(reason !== null)(
  `Passim in Electron${reason === null ? '' : ` (skipped: ${reason})`}`,
  () => {
    const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-electron-')));
    let app: ElectronApplication;
    let page: Page;

    beforeAll(async () => {
      await Promise.all([builtApp(), builtWindow()]);
      cpSync(fileURLToPath(new URL('../fixtures/window/Notes', import.meta.url)), join(base, 'Notes'), {
        recursive: true,
      });
      const env = Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
      );
      app = await _electron.launch({
        executablePath: program ?? '',
        args: [root, join(base, 'Notes')],
        env: { ...env, PASSIM_HOME: join(base, 'home') },
      });
      page = await app.firstWindow();
      await page.getByRole('combobox').waitFor({ timeout: START_MS });
    }, START_MS);
    afterAll(async () => {
      await app?.close();
      rmSync(base, { recursive: true, force: true });
    }, START_MS);

    it('finds passages in a folder that it was started with', { timeout: START_MS }, async () => {
      await expect
        .poll(
          async () => {
            await page.getByRole('combobox').fill('');
            await page.getByRole('combobox').fill('sourdough starter');
            await page.waitForTimeout(500);
            return page.locator('.file-name').allTextContents();
          },
          { timeout: 120_000, interval: 1000 },
        )
        .toContain('bread.md');
    });

    it('gives its page no Node and no Electron, and lets it go nowhere', async () => {
      const found = await page.evaluate(() =>
        ['require', 'process', 'module', 'ipcRenderer', 'Buffer'].filter((name) => name in globalThis),
      );
      expect(found).toEqual([]);
      expect(page.url()).toMatch(/^app:\/\/passim\//);
      await page.evaluate('void (location.href = "https://example.org/")');
      await page.evaluate('void window.open("https://example.org/")');
      expect(app.windows()).toHaveLength(1);
      expect(page.url()).toMatch(/^app:\/\/passim\//);
      for (const address of ['https://example.org/', 'file:///etc/passwd', 'http://127.0.0.1:1/'])
        expect(
          await page.evaluate(
            (url) =>
              fetch(url).then(
                () => 'got',
                () => 'refused',
              ),
            address,
          ),
        ).toBe('refused');
    });

    it('is granted no permission', async () => {
      const states = await page.evaluate(async () => {
        const names = ['geolocation', 'notifications', 'camera', 'microphone', 'clipboard-read'];
        const { navigator } = globalThis as unknown as {
          navigator: { permissions: { query(of: { name: string }): Promise<{ state: string }> } };
        };
        return Promise.all(
          names.map((name) =>
            navigator.permissions.query({ name }).then(
              ({ state }) => state,
              () => 'denied',
            ),
          ),
        );
      });
      expect(new Set(states)).toEqual(new Set(['denied']));
    });

    it('runs in the sandbox with an isolated world', async () => {
      const preferences = await app.evaluate(({ webContents }) => {
        const [contents] = webContents.getAllWebContents() as unknown as {
          getLastWebPreferences(): Record<string, unknown>;
        }[];
        return contents?.getLastWebPreferences();
      });
      expect(preferences).toMatchObject({
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
      });
    });

    it('hides its window and shows it again without making another', async () => {
      const visible = () =>
        app.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows().map((window) => window.isVisible()),
        );
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Escape');
      await expect.poll(visible).toEqual([false]);
      await app.evaluate(({ app: electron }) => electron.emit('activate'));
      await expect.poll(visible).toEqual([true]);
    });
  },
);
