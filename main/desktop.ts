import { homedir } from 'node:os';
import { join } from 'node:path';
import { PassimError } from '../app/contract/errors.ts';
import type { Preferences } from '../app/contract/shell.ts';
import { systemQueries } from '../app/serve/shell/default-programs.ts';
import { systemLauncher } from '../app/serve/shell/launcher.ts';
import type { DesktopAbilities } from '../app/serve/shell/shell.ts';
import type { ElectronApi } from './electron-api.ts';
import type { Hotkey } from './hotkey.ts';
import { openWith } from './open-with.ts';
import type { SearchWindow } from './search-window.ts';

export interface DesktopOptions {
  readonly electron: Pick<ElectronApi, 'clipboard' | 'dialog' | 'Menu' | 'shell'>;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hotkey: Hotkey;
  readonly window: () => SearchWindow;
  setStartAtLogin(wanted: boolean): void;
  /** Starts or ends the server for programs. */
  serveHttp(wanted: boolean): Promise<void>;
  /** Told after changed preferences took effect. */
  onPreferences(): void;
  onFailure(error: unknown): void;
}

/** Folders of desktop entries as the XDG base directory specification names them. */
export function entryFolders(env: Readonly<Record<string, string | undefined>>, home = homedir()): string[] {
  const own = env['XDG_DATA_HOME'] ?? join(home, '.local/share');
  const shared = (env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':');
  return [own, ...shared]
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, 'applications'));
}

/** What the desktop window can do beyond the one in a browser. */
export function desktopAbilities(options: DesktopOptions): DesktopAbilities {
  const { electron, platform, env, hotkey, window } = options;
  /** The window stays while something of its own is in front of it. */
  const inFront = async <T>(work: () => Promise<T>): Promise<T> => {
    const release = window().hold();
    try {
      return await work();
    } finally {
      release();
    }
  };
  return {
    async open(path) {
      const problem = await electron.shell.openPath(path);
      if (problem !== '')
        throw new PassimError('io-error', `${path} could not be opened: ${problem}`, { subject: path });
    },
    openWith: (path) =>
      inFront(() =>
        openWith(path, {
          platform,
          queries: systemQueries,
          launcher: systemLauncher,
          entryFolders: entryFolders(env),
          onFailure: options.onFailure,
          popup: (items) =>
            new Promise((resolve) => {
              electron.Menu.popup(electron.Menu.buildFromTemplate(items), window().native, resolve);
            }),
        }),
      ),
    reveal: (path) => electron.shell.showItemInFolder(path),
    pickFolder: () =>
      inFront(async () => {
        const { filePaths } = await electron.dialog.showOpenDialog(window().native, {
          properties: ['openDirectory', 'createDirectory'],
        });
        return filePaths[0] ?? null;
      }),
    copyText: (text) => electron.clipboard.writeText(text),
    hideWindow: () => window().hide(),
    async applyPreferences(next: Preferences, before: Preferences) {
      if (next.serveHttp !== before.serveHttp) await options.serveHttp(next.serveHttp);
      const working = hotkey.current;
      if (next.hotkey !== before.hotkey) hotkey.set(next.hotkey);
      try {
        if (next.startAtLogin !== before.startAtLogin) options.setStartAtLogin(next.startAtLogin);
      } catch (error) {
        hotkey.set(working);
        throw error;
      }
      options.onPreferences();
    },
  };
}
