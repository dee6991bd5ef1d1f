import { homedir } from 'node:os';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type { ShellApi, ShellCall, ShellInfo, ShellRequest, ShellResponse } from '../../contract/shell.ts';
import { previewRules } from '../../engine/rules-preview.ts';
import { isDocument, readIndexedFile, resolvePassage, resolveWatched } from './documents.ts';
import { listFolder } from './folders.ts';
import { type Launcher, openCommand, revealCommand, systemLauncher } from './launcher.ts';
import type { PreferenceStore } from './preferences.ts';

/** What the shell stands on. Abilities that are left out are not offered by the window. */
export interface ShellOptions {
  readonly engine: EngineApi;
  readonly version: string;
  readonly preferences: PreferenceStore;
  readonly settings: {
    readonly file: string;
    read(): Settings;
    write(settings: Settings): void;
  };
  readonly launcher?: Launcher;
  readonly platform?: NodeJS.Platform;
  readonly userHome?: string;
  /** Stops the engine, deletes the index, and starts afresh. */
  eraseAll?(): Promise<void>;
  /** Starts the engine again with the settings as they are now. */
  restartEngine?(): Promise<void>;
}

type Handlers = {
  [C in ShellCall]: (input: ShellRequest<C>) => Promise<ShellResponse<C>> | ShellResponse<C>;
};

const PLATFORM_NAMES: Partial<Record<NodeJS.Platform, ShellInfo['platform']>> = {
  win32: 'windows',
  darwin: 'macos',
};

/** The shell behind the loopback server: Node alone, no Electron. */
export function createShell(options: ShellOptions): ShellApi {
  const platform = options.platform ?? process.platform;
  const launcher = options.launcher ?? systemLauncher;
  const { engine, preferences, settings } = options;
  const userHome = options.userHome ?? homedir();

  const handlers: Handlers = {
    shellInfo: () => ({
      surface: 'browser',
      platform: PLATFORM_NAMES[platform] ?? 'linux',
      version: options.version,
      userHome,
      folderDialog: false,
      hotkey: false,
      openWith: false,
      restart: options.restartEngine !== undefined,
      eraseAll: options.eraseAll !== undefined,
      rulesPreview: true,
    }),
    getPreferences: () => preferences.read(),
    setPreferences: (change) => preferences.write(change),
    getSettings: () => ({ settings: settings.read(), file: settings.file }),
    async setSettings(patch) {
      const before = settings.read();
      const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
      const next: Settings = { ...before, ...given };
      settings.write(next);
      const changed = JSON.stringify(next) !== JSON.stringify(before);
      if (changed && options.restartEngine) await options.restartEngine();
      return { settings: next, restartNeeded: changed && options.restartEngine === undefined };
    },
    async openPassage({ id }) {
      const { real } = await resolvePassage(engine, id, platform);
      if (!isDocument(real)) {
        await launcher.launch(...revealCommand(real, platform));
        return {
          done: 'revealed',
          reason: 'Opening this kind of file could run it, so its folder is shown.',
        };
      }
      await launcher.launch(...openCommand(real, platform));
      return { done: 'opened' };
    },
    async revealPassage({ id }) {
      const { real } = await resolvePassage(engine, id, platform);
      await launcher.launch(...revealCommand(real, platform));
      return {};
    },
    async revealPath({ path }) {
      const real = await resolveWatched(engine, path, { platform, indexed: false });
      await launcher.launch(...revealCommand(real, platform));
      return {};
    },
    pickFolder: () => ({ path: null }),
    listFolder: ({ path, hidden }) => listFolder(path ?? userHome, hidden),
    previewRules: (folder) => previewRules(folder),
    async eraseAll() {
      if (!options.eraseAll) throw unavailable('Erasing everything');
      preferences.write({ history: [] });
      await options.eraseAll();
      return {};
    },
  };

  return {
    async shell(name, input) {
      const handler = handlers[name] as (value: unknown) => unknown;
      return (await handler(input)) as ShellResponse<typeof name>;
    },
    readFile: (id) => readIndexedFile(engine, id, platform),
  };
}

function unavailable(what: string): PassimError {
  return new PassimError('bad-request', `${what} is not available here. Use the "passim" command instead.`);
}
