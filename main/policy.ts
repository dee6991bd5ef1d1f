import type { WebPreferences } from 'electron';
import { APP_ORIGIN } from '../app/contract/ipc.ts';
import type { ElectronApi, GuardedContents, IpcEvent, SessionApi } from './electron-api.ts';

/** The window's session lives in memory: no cookie, cache or storage of the page reaches the disk. */
export const PARTITION = 'passim';

/**
 * Switches of Chromium that have to stand before it is ready: nothing of it may look up a name, and its key for
 * cookies (of which there are none) is not asked of the system's keyring.
 */
export const SWITCHES: readonly (readonly [string, string?])[] = [
  ['host-resolver-rules', 'MAP * ~NOTFOUND'],
  ['disable-background-networking'],
  ['disable-component-update'],
  ['no-pings'],
  ['password-store', 'basic'],
];

/** What a page of the window may: the page's own files and the functions of the preload script, nothing else. */
export function webPreferences(preload: string, devTools: boolean): WebPreferences {
  return {
    preload,
    devTools,
    partition: PARTITION,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    // The window is painted while it is hidden, so that it shows at once and without a flash.
    backgroundThrottling: false,
  };
}

/** Keeps a page where it is: it goes nowhere, opens nothing and embeds nothing. */
export function guardContents(contents: GuardedContents): void {
  for (const event of [
    'will-navigate',
    'will-redirect',
    'will-frame-navigate',
    'will-attach-webview',
  ] as const)
    contents.on(event, (attempt) => attempt.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Whether a page may load an address at all; http, https, ws and file are not among them. */
export function mayLoad(url: string, devTools: boolean): boolean {
  if (url.startsWith(`${APP_ORIGIN}/`) || url.startsWith(`blob:${APP_ORIGIN}/`)) return true;
  return url.startsWith('data:') || (devTools && url.startsWith('devtools:'));
}

/** Denies every permission, every device, every address that is not the window's own, and downloads but its own. */
export function guardSession(session: SessionApi, devTools: boolean): void {
  session.setPermissionRequestHandler((_contents, _permission, callback) => callback(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null));
  session.setSpellCheckerEnabled(false);
  session.webRequest.onBeforeRequest(({ url }, callback) => callback({ cancel: !mayLoad(url, devTools) }));
  // An export is saved by way of an object address of the page; the person is asked where to.
  session.on('will-download', (event, item) => {
    if (!item.getURL().startsWith(`blob:${APP_ORIGIN}/`)) event.preventDefault();
  });
}

/** True for messages of the window's own page: its contents, its main frame, its origin. */
export function isTrusted(event: IpcEvent, contentsId: number | null): boolean {
  const { sender, senderFrame } = event;
  if (contentsId === null || sender.id !== contentsId || senderFrame === null) return false;
  return senderFrame === sender.mainFrame && senderFrame.origin === APP_ORIGIN;
}

/** What has to be said before Electron is ready. */
export function prepareElectron({ app, protocol }: ElectronApi): void {
  app.enableSandbox();
  for (const [name, value] of SWITCHES) app.commandLine.appendSwitch(name, value);
  const { protocol: scheme } = new URL(APP_ORIGIN);
  protocol.registerSchemesAsPrivileged([
    {
      scheme: scheme.slice(0, -1),
      // Module scripts are asked for in CORS mode, even of the page's own origin.
      privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true, codeCache: true },
    },
  ]);
  app.on('web-contents-created', (_event, contents) => guardContents(contents));
}
