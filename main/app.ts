import { join } from 'node:path';
import type { Progress } from '../app/contract/engine.ts';
import type { Logger, Scheduler } from '../app/contract/ports.ts';
import type { Preferences } from '../app/contract/shell.ts';
import { hostModule, startHost } from '../app/host/client.ts';
import type { Asset } from '../app/serve/assets.ts';
import type { DefaultPrograms } from '../app/serve/shell/default-programs.ts';
import {
  createHomeShell,
  homeMemory,
  homePreferences,
  type openPersonsHome,
} from '../app/serve/shell/home-shell.ts';
import { AppEngine, type StartEngine } from './app-engine.ts';
import { APP_SCHEME, appProtocol } from './app-protocol.ts';
import { type Command, commandSchema, parseCommand } from './command.ts';
import { desktopAbilities } from './desktop.ts';
import type { ElectronApi } from './electron-api.ts';
import { Hotkey } from './hotkey.ts';
import { serveWindow } from './ipc.ts';
import { setStartAtLogin } from './login.ts';
import { applicationMenu } from './menu.ts';
import { FIRST_PLACE, placeMemorySchema } from './place.ts';
import { guardSession, PARTITION, prepareElectron } from './policy.ts';
import { SearchWindow } from './search-window.ts';
import { AppTray } from './tray.ts';
import { createUtilitySpawner } from './utility-spawner.ts';

/** The world around the application. */
export interface AppEnvironment {
  readonly platform: NodeJS.Platform;
  /** Arguments of this start, without the program. */
  readonly words: readonly string[];
  readonly workingFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: ReturnType<typeof openPersonsHome>;
  /** The program's own file. */
  readonly program: string;
  /** Person's configuration folder (Linux). */
  readonly configFolder: string;
  readonly preload: string;
  /** Folder of the icons. */
  readonly icons: string;
  /** Folder of the scripts that may run in processes of their own, with a separator at its end. */
  readonly scripts: string;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** The built window. */
  assets(): ReadonlyMap<string, Asset>;
  killProcess(pid: number): void;
  /** Another way to find the person's programs, and to start the engine, for tests. */
  readonly programs?: DefaultPrograms;
  readonly startEngine?: StartEngine;
}

export interface RunningApp {
  readonly engine: AppEngine;
  readonly window: SearchWindow;
}

/** Milliseconds between two changes of the tray while files are indexed. */
const TRAY_PAUSE_MS = 1000;

/**
 * Starts Passim in Electron. Everything that has to stand before Electron is ready is said before the first wait.
 * @returns null when another Passim runs already, which was told what this start was for
 */
export async function startApp(
  electron: ElectronApi,
  environment: AppEnvironment,
): Promise<RunningApp | null> {
  const { app } = electron;
  const { home } = environment;
  // One directory holds everything; another directory is another Passim with a lock of its own.
  app.setPath('userData', join(home.directory, 'electron'));
  const command = parseCommand(environment.words, environment.workingFolder);
  if (!app.requestSingleInstanceLock(command)) {
    app.quit();
    return null;
  }
  prepareElectron(electron);
  if (environment.platform === 'linux')
    app.commandLine.appendSwitch('enable-features', 'GlobalShortcutsPortal');
  if (environment.platform === 'win32') app.setAppUserModelId('net.passim.app');
  app.dock?.hide();
  app.on('window-all-closed', () => {});
  const later: Command[] = [];
  let obey = (next: Command): void => {
    later.push(next);
  };
  app.on('second-instance', (_event, _words, _folder, data) => {
    const next = commandSchema.safeParse(data);
    obey(next.success ? next.data : { action: 'show', folders: [] });
  });
  app.on('activate', () => obey({ action: 'show', folders: [] }));

  await app.whenReady();
  const devTools = !app.isPackaged;
  const session = electron.session.fromPartition(PARTITION);
  guardSession(session, devTools);
  session.protocol.handle(APP_SCHEME, appProtocol(environment.assets()));
  electron.Menu.setApplicationMenu(applicationMenu(electron.Menu, environment.platform));

  const engine = new AppEngine(environment.startEngine ?? engineStarter(electron, environment));
  const preferences = homePreferences(home);
  const known = followEngine(engine);
  const window = new SearchWindow({
    electron,
    platform: environment.platform,
    scheduler: environment.scheduler,
    preload: environment.preload,
    icon: join(environment.icons, 'icon.png'),
    devTools,
    memory: homeMemory(home, 'window.json', placeMemorySchema, FIRST_PLACE),
    // Before the first folder is chosen the window is a conversation, not a launcher.
    hidesOnBlur: () => preferences.read().hideOnBlur && known.folders > 0,
    onBroken: (reason) =>
      electron.dialog.showErrorBox(
        'Passim cannot show its window',
        `The window's page failed (${reason}). Quit Passim and start it again.`,
      ),
  });
  const hotkey = new Hotkey(electron.globalShortcut, () => window.toggle());
  const warn = (error: unknown): void =>
    engine.tell('warn', error instanceof Error ? error.message : String(error));

  const hotkeyProblem = takeHotkey(hotkey, preferences.read(), warn);
  const tray = new AppTray(
    electron,
    join(environment.icons, trayIcon(environment.platform)),
    environment.platform,
    {
      show: () => window.show(),
      toggle: () => window.toggle(),
      pause: () => void engine.call('pause', {}).catch(warn),
      resume: () => void engine.call('resume', {}).catch(warn),
      startEngine: () => void engine.restart().catch(() => {}),
      quit: () => app.quit(),
    },
  );
  const showState = (): void =>
    tray.update({
      progress: known.progress,
      down: known.down,
      hotkey: hotkey.current,
      hotkeyProblem: hotkey.current === null ? hotkeyProblem : null,
    });
  known.onChange = throttled(environment.scheduler, showState);
  showState();

  const shell = createHomeShell(home, engine, {
    preferences,
    platform: environment.platform,
    ...(environment.programs === undefined ? {} : { programs: environment.programs }),
    desktop: desktopAbilities({
      electron,
      platform: environment.platform,
      env: environment.env,
      hotkey,
      window: () => window,
      setStartAtLogin: (wanted) =>
        setStartAtLogin(wanted, {
          app,
          platform: environment.platform,
          program: environment.program,
          configFolder: environment.configFolder,
        }),
      onPreferences: showState,
      onFailure: warn,
    }),
  });
  serveWindow({
    ipcMain: electron.ipcMain,
    engine,
    shell,
    scheduler: environment.scheduler,
    contents: () => window.contents,
  });
  endWithEngine(electron, engine, environment.logger, () => {
    window.letGo();
    hotkey.release();
    tray.destroy();
  });

  obey = ({ action, folders }) => {
    for (const path of folders) engine.call('addFolder', { path }).catch(warn);
    if (action === 'toggle') window.toggle();
    else if (action === 'show') window.show();
  };
  const atLogin = app.getLoginItemSettings().wasOpenedAtLogin === true;
  obey(
    atLogin
      ? { ...command, action: 'hide' }
      : command.action === 'toggle'
        ? { ...command, action: 'show' }
        : command,
  );
  for (const next of later) obey(next);
  return { engine, window };
}

function engineStarter(electron: ElectronApi, environment: AppEnvironment): StartEngine {
  const spawner = createUtilitySpawner({
    electron,
    logger: environment.logger,
    root: environment.scripts,
    env: environment.env,
    killProcess: environment.killProcess,
  });
  return (mode) =>
    startHost({
      spawner,
      scheduler: environment.scheduler,
      logger: environment.logger,
      module: hostModule(),
      start: { home: environment.home.directory, mode, watch: mode === 'write' },
    });
}

/** Takes the shortcut that the person chose; tells why when it cannot be had, and goes on without. */
function takeHotkey(hotkey: Hotkey, preferences: Preferences, warn: (error: unknown) => void): string | null {
  try {
    hotkey.set(preferences.hotkey);
    return null;
  } catch (error) {
    warn(error);
    return `The shortcut ${preferences.hotkey} does not work: choose another one…`;
  }
}

interface Known {
  progress: Progress | null;
  folders: number;
  /** Why the engine could not be started. */
  down: string | null;
  onChange: () => void;
}

/** What main has to know of the engine: what it is at, whether it is there, and whether there are folders. */
function followEngine(engine: AppEngine): Known {
  const known: Known = { progress: null, folders: 0, down: null, onChange: () => {} };
  engine.onEvent((event) => {
    if (event.type === 'progress') {
      known.progress = event.progress;
      known.down = null;
    } else if (event.type === 'folders') known.folders = event.folders.length;
    else if (event.type === 'notice' && event.level === 'error') ask();
    known.onChange();
  });
  const ask = (): void => {
    engine
      .call('status', { problems: 0 })
      .then((status) => {
        known.progress = status.progress;
        known.folders = status.folders.length;
        known.down = null;
      })
      .catch((error: Error) => {
        known.down = error.message;
      })
      .finally(() => known.onChange());
  };
  ask();
  return known;
}

function trayIcon(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'trayTemplate.png';
  return platform === 'win32' ? 'tray.ico' : 'tray.png';
}

/** At once, and then at most once in a while with what is newest. */
function throttled(scheduler: Scheduler, work: () => void): () => void {
  let resting = false;
  let again = false;
  const run = (): void => {
    if (resting) {
      again = true;
      return;
    }
    resting = true;
    work();
    scheduler.after(TRAY_PAUSE_MS, () => {
      resting = false;
      if (again) {
        again = false;
        run();
      }
    });
  };
  return run;
}

/** Quitting waits until the engine has written what it is writing. */
function endWithEngine(electron: ElectronApi, engine: AppEngine, logger: Logger, letGo: () => void): void {
  const { app, powerMonitor } = electron;
  let state: 'running' | 'ending' | 'ended' = 'running';
  app.on('before-quit', (event) => {
    if (state === 'ended') return;
    event.preventDefault();
    if (state === 'ending') return;
    state = 'ending';
    engine
      .stop()
      .catch((error: unknown) => logger.log('error', 'the engine did not stop', { why: String(error) }))
      .finally(() => {
        state = 'ended';
        letGo();
        app.quit();
      });
  });
  powerMonitor.on('shutdown', () => app.quit());
}
