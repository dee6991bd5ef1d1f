import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger, Scheduler } from '../app/contract/ports.ts';
import type { Preferences } from '../app/contract/shell.ts';
import { hostModule, startHost } from '../app/host/client.ts';
import type { Asset } from '../app/serve/assets.ts';
import { programAccess } from '../app/serve/programs/access.ts';
import type { DefaultPrograms } from '../app/serve/shell/default-programs.ts';
import {
  createHomeShell,
  homeMemory,
  homePreferences,
  type openPersonsHome,
} from '../app/serve/shell/home-shell.ts';
import { programToken } from '../app/serve/token.ts';
import { AppEngine, type StartEngine } from './app-engine.ts';
import { APP_SCHEME, appProtocol } from './app-protocol.ts';
import { type Command, commandSchema, parseCommand } from './command.ts';
import { desktopAbilities } from './desktop.ts';
import type { ElectronApi } from './electron-api.ts';
import { followEngine, throttled } from './follow-engine.ts';
import { Hotkey } from './hotkey.ts';
import { serveWindow } from './ipc.ts';
import { setStartAtLogin } from './login.ts';
import { applicationMenu } from './menu.ts';
import { FIRST_PLACE, placeMemorySchema } from './place.ts';
import { guardSession, PARTITION, prepareElectron } from './policy.ts';
import { electronPower } from './power.ts';
import { PROGRAM_PORT, ProgramServer } from './program-server.ts';
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
  /** Port of the server for programs, another one for tests. */
  readonly programPort?: number;
  /** Another way to find the person's programs, and to start the engine, for tests. */
  readonly programs?: DefaultPrograms;
  readonly startEngine?: StartEngine;
}

export interface RunningApp {
  readonly engine: AppEngine;
  readonly window: SearchWindow;
}

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
  const userData = join(home.directory, 'electron');
  mkdirSync(userData, { recursive: true });
  app.setPath('userData', userData);
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

  let hotkeyProblem: string | null = null;
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

  const server = new ProgramServer({
    engine,
    port: environment.programPort ?? PROGRAM_PORT,
    token: () => programToken(home.directory),
  });
  const shell = createHomeShell(home, engine, {
    preferences,
    access: () => programAccess(server.access),
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
      serveHttp: (wanted) => server.set(wanted),
      onPreferences: () => {
        hotkeyProblem = null;
        showState();
      },
      onFailure: warn,
    }),
  });
  serveWindow({
    ipcMain: electron.ipcMain,
    engine,
    shell,
    scheduler: environment.scheduler,
    contents: () => window.contents,
    onExtent: (extent) => window.setExtent(extent),
  });
  // From here on the window hears what there is to tell.
  hotkeyProblem = takeHotkey(hotkey, preferences.read(), warn);
  if (preferences.read().serveHttp) server.set(true).catch(warn);
  known.onChange = throttled(environment.scheduler, showState);
  showState();
  endWithEngine(electron, engine, environment.logger, () => {
    window.letGo();
    hotkey.release();
    tray.destroy();
    void server.set(false);
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
  // Electron tells of changes on Windows and macOS alone; on Linux the engine looks by itself.
  const power = environment.platform === 'linux' ? undefined : electronPower(electron.powerMonitor);
  return (mode) =>
    startHost({
      spawner,
      scheduler: environment.scheduler,
      logger: environment.logger,
      module: hostModule(),
      start: { home: environment.home.directory, mode, watch: mode === 'write' },
      ...(power === undefined ? {} : { power }),
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

function trayIcon(platform: NodeJS.Platform): string {
  if (platform === 'darwin') return 'trayTemplate.png';
  return platform === 'win32' ? 'tray.ico' : 'tray.png';
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
