import { homedir } from 'node:os';
import type { Place } from '../../contract/document.ts';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import type { Settings } from '../../contract/settings.ts';
import type {
  Preferences,
  ProgramAccess,
  ShellApi,
  ShellCall,
  ShellInfo,
  ShellRequest,
  ShellResponse,
} from '../../contract/shell.ts';
import { previewRules } from '../../engine/rules-preview.ts';
import { type DefaultPrograms, systemPrograms } from './default-programs.ts';
import { isDocument, isOrdinaryFile, readIndexedFile, resolvePassage, resolveWatched } from './documents.ts';
import { listFolder } from './folders.ts';
import { type Launcher, openCommand, revealCommand, systemLauncher } from './launcher.ts';
import type { PreferenceStore } from './preferences.ts';

/** What only a desktop shell can do. Paths are real paths in watched folders by the time they come here. */
export interface DesktopAbilities {
  /** Opens a document in the system's program. */
  open(path: string): Promise<void>;
  /** Lets the person choose the program. */
  openWith(path: string): Promise<void>;
  reveal(path: string): void;
  /** The system's own dialog; null when it was closed. */
  pickFolder(): Promise<string | null>;
  copyText(text: string): void;
  hideWindow(): void;
  /**
   * Puts changed preferences into effect before they are kept.
   * @throws PassimError when they cannot be; they are not kept then
   */
  applyPreferences(next: Preferences, before: Preferences): Promise<void>;
}

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
  /** Finds the person's program for a file, to open it at a page or line. */
  readonly programs?: DefaultPrograms;
  readonly desktop?: DesktopAbilities;
  /** How programs reach Passim; nothing is told when absent. */
  readonly access?: () => ProgramAccess;
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

/** The shell that the loopback server and the desktop window share; `desktop` is what only the latter has. */
export function createShell(options: ShellOptions): ShellApi {
  const platform = options.platform ?? process.platform;
  const launcher = options.launcher ?? systemLauncher;
  const programs = options.programs ?? systemPrograms(platform);
  const { engine, preferences, settings, desktop } = options;
  const userHome = options.userHome ?? homedir();

  const reveal = async (path: string): Promise<void> => {
    if (desktop) desktop.reveal(path);
    else await launcher.launch(...revealCommand(path, platform));
  };
  const open = async (path: string, place: Place | null): Promise<void> => {
    const atPlace = await programs.commandAt(path, place);
    if (atPlace !== null) {
      const started = await launcher.launch(...atPlace).then(
        () => true,
        () => false,
      );
      if (started) return;
    }
    if (desktop) await desktop.open(path);
    else await launcher.launch(...openCommand(path, platform));
  };

  const handlers: Handlers = {
    shellInfo: () => ({
      surface: desktop ? 'desktop' : 'browser',
      platform: PLATFORM_NAMES[platform] ?? 'linux',
      version: options.version,
      userHome,
      folderDialog: desktop !== undefined,
      hotkey: desktop !== undefined,
      openWith: desktop !== undefined,
      restart: options.restartEngine !== undefined,
      eraseAll: options.eraseAll !== undefined,
      rulesPreview: true,
    }),
    programAccess: () => options.access?.() ?? { server: null, clients: [] },
    getPreferences: () => preferences.read(),
    async setPreferences(change) {
      const before = preferences.read();
      await desktop?.applyPreferences({ ...before, ...definedOf(change) }, before);
      return preferences.write(definedOf(change));
    },
    getSettings: () => ({ settings: settings.read(), file: settings.file }),
    async setSettings(patch) {
      const before = settings.read();
      const next: Settings = { ...before, ...definedOf(patch) };
      settings.write(next);
      const changed = JSON.stringify(atStart(next)) !== JSON.stringify(atStart(before));
      if (changed && options.restartEngine) await options.restartEngine();
      return { settings: next, restartNeeded: changed && options.restartEngine === undefined };
    },
    async openPassage({ id, openWith }) {
      const { real, place } = await resolvePassage(engine, id, platform);
      if (!isDocument(real) || !(await isOrdinaryFile(real))) {
        await reveal(real);
        return {
          done: 'revealed',
          reason: 'Opening this kind of file could run it, so its folder is shown.',
        };
      }
      if (openWith && desktop) await desktop.openWith(real);
      else await open(real, place);
      return { done: 'opened' };
    },
    async revealPassage({ id }) {
      const { real } = await resolvePassage(engine, id, platform);
      await reveal(real);
      return {};
    },
    async revealPath({ path }) {
      await reveal(await resolveWatched(engine, path, { platform, indexed: false }));
      return {};
    },
    pickFolder: async () => ({ path: (await desktop?.pickFolder()) ?? null }),
    copyText({ text }) {
      if (!desktop) throw unavailable('Copying through Passim');
      desktop.copyText(text);
      return {};
    },
    hideWindow() {
      desktop?.hideWindow();
      return {};
    },
    listFolder: ({ path, hidden }) => listFolder(path ?? userHome, hidden),
    previewRules: (folder) => previewRules(folder),
    async eraseAll() {
      if (!options.eraseAll) throw unavailable('Erasing everything');
      const before = preferences.write({ history: [] });
      await options.eraseAll();
      // What was put into effect of them goes too: the shortcut, the start at login, the server for programs.
      try {
        await desktop?.applyPreferences(preferences.read(), before);
      } catch {
        // A default that cannot be had is no reason to call the erasing failed.
      }
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

/** The fields that were given; "undefined" stands for one that was not. */
function definedOf<T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as never;
}

/** Settings that the engine reads when it starts; the others hold at once. */
function atStart({ answers: _answers, traces: _traces, gentle: _gentle, ...settings }: Settings): object {
  return settings;
}

function unavailable(what: string): PassimError {
  return new PassimError('bad-request', `${what} is not available here. Use the "passim" command instead.`);
}
