import type {
  BrowserWindowConstructorOptions,
  CustomScheme,
  Display,
  ForkOptions,
  Settings as LoginItem,
  MenuItemConstructorOptions,
  OpenDialogOptions,
  Point,
  Rectangle,
} from 'electron';

/**
 * The part of Electron that Passim uses, as an interface: `electron.ts` binds the real one (and so has it checked
 * against Electron's own types), tests put a fake in its place that records every call.
 */
export interface ElectronApi {
  readonly app: AppApi;
  readonly BrowserWindow: new (options: BrowserWindowConstructorOptions) => WindowApi;
  readonly clipboard: { writeText(text: string): void };
  readonly dialog: DialogApi;
  readonly globalShortcut: GlobalShortcutApi;
  readonly ipcMain: IpcMainApi;
  readonly Menu: MenuFactory;
  readonly MessageChannelMain: new () => { readonly port1: PortApi; readonly port2: PortApi };
  readonly nativeImage: { createFromPath(path: string): ImageApi };
  readonly nativeTheme: { readonly shouldUseDarkColors: boolean };
  readonly powerMonitor: PowerMonitorApi;
  readonly protocol: { registerSchemesAsPrivileged(schemes: CustomScheme[]): void };
  readonly screen: ScreenApi;
  readonly session: { fromPartition(partition: string): SessionApi };
  readonly shell: { openPath(path: string): Promise<string>; showItemInFolder(path: string): void };
  createTray(image: ImageApi): TrayApi;
  readonly utilityProcess: {
    fork(module: string, args: string[], options: ForkOptions): UtilityChild;
  };
}

export interface PowerMonitorApi {
  isOnBatteryPower(): boolean;
  on(event: 'shutdown' | 'on-ac' | 'on-battery', listener: () => void): unknown;
}

export interface Preventable {
  preventDefault(): void;
}

export interface AppApi {
  readonly isPackaged: boolean;
  readonly commandLine: { appendSwitch(name: string, value?: string): void };
  readonly dock?: { hide(): void } | undefined;
  whenReady(): Promise<void>;
  enableSandbox(): void;
  requestSingleInstanceLock(data: Record<string, unknown>): boolean;
  setPath(name: 'userData', path: string): void;
  setAppUserModelId(id: string): void;
  setLoginItemSettings(settings: LoginItem): void;
  getLoginItemSettings(): { readonly wasOpenedAtLogin?: boolean };
  quit(): void;
  exit(code?: number): void;
  on(
    event: 'second-instance',
    listener: (event: unknown, argv: string[], folder: string, data: unknown) => void,
  ): unknown;
  on(event: 'before-quit', listener: (event: Preventable) => void): unknown;
  on(event: 'window-all-closed' | 'activate', listener: () => void): unknown;
  on(event: 'web-contents-created', listener: (event: unknown, contents: GuardedContents) => void): unknown;
}

/** What is guarded of every page, whichever way it came to be. */
export interface GuardedContents {
  on(
    event: 'will-navigate' | 'will-redirect' | 'will-frame-navigate' | 'will-attach-webview',
    listener: (event: Preventable) => void,
  ): unknown;
  setWindowOpenHandler(handler: () => { action: 'deny' }): void;
}

export interface ContentsApi extends GuardedContents {
  readonly id: number;
  readonly mainFrame: FrameApi;
  isDestroyed(): boolean;
  send(channel: string, ...values: unknown[]): void;
  on(
    event: 'will-navigate' | 'will-redirect' | 'will-frame-navigate' | 'will-attach-webview',
    listener: (event: Preventable) => void,
  ): unknown;
  on(
    event: 'render-process-gone',
    listener: (event: unknown, details: { readonly reason: string }) => void,
  ): unknown;
}

export interface FrameApi {
  readonly origin: string;
  readonly url: string;
}

export interface WindowApi {
  readonly webContents: ContentsApi;
  loadURL(url: string): Promise<void>;
  reload(): void;
  show(): void;
  hide(): void;
  focus(): void;
  isVisible(): boolean;
  isFocused(): boolean;
  isMinimized(): boolean;
  restore(): void;
  isDestroyed(): boolean;
  getBounds(): Rectangle;
  setBounds(bounds: Partial<Rectangle>): void;
  setMinimumSize(width: number, height: number): void;
  setVisibleOnAllWorkspaces(
    visible: boolean,
    options?: { visibleOnFullScreen?: boolean; skipTransformProcessType?: boolean },
  ): void;
  once(event: 'ready-to-show', listener: () => void): unknown;
  on(event: 'blur' | 'focus' | 'move' | 'resize' | 'closed', listener: () => void): unknown;
  on(event: 'close', listener: (event: Preventable) => void): unknown;
}

export interface SessionApi {
  readonly protocol: {
    handle(scheme: string, handler: (request: Request) => Response | Promise<Response>): void;
  };
  readonly webRequest: {
    onBeforeRequest(
      listener: (
        details: { readonly url: string },
        callback: (response: { cancel?: boolean }) => void,
      ) => void,
    ): void;
  };
  setPermissionRequestHandler(
    handler: (contents: unknown, permission: string, callback: (granted: boolean) => void) => void,
  ): void;
  setPermissionCheckHandler(handler: (contents: unknown, permission: string) => boolean): void;
  setDevicePermissionHandler(handler: () => boolean): void;
  setDisplayMediaRequestHandler(handler: (request: unknown, callback: (streams: null) => void) => void): void;
  setSpellCheckerEnabled(enabled: boolean): void;
  on(
    event: 'will-download',
    listener: (event: Preventable, item: { getURL(): string }, contents: unknown) => void,
  ): unknown;
}

/** The sender of a message, as far as it is checked. */
export interface IpcEvent {
  readonly sender: { readonly id: number; readonly mainFrame: FrameApi };
  readonly senderFrame: FrameApi | null;
}

export interface IpcMainApi {
  handle(channel: string, listener: (event: IpcEvent, ...values: unknown[]) => unknown): void;
  on(channel: string, listener: (event: IpcEvent, ...values: unknown[]) => void): unknown;
}

export interface DialogApi {
  showOpenDialog(window: WindowApi, options: OpenDialogOptions): Promise<{ filePaths: string[] }>;
  showErrorBox(title: string, content: string): void;
}

export interface GlobalShortcutApi {
  /** False when another program holds it. Throws for what is no shortcut. */
  register(accelerator: string, callback: () => void): boolean;
  unregister(accelerator: string): void;
  unregisterAll(): void;
}

export interface MenuApi {
  readonly items: readonly unknown[];
}

export interface MenuFactory {
  buildFromTemplate(template: MenuItemConstructorOptions[]): MenuApi;
  setApplicationMenu(menu: MenuApi | null): void;
  /** Shows a menu at the pointer; `closed` is called once it is gone, whatever was chosen. */
  popup(menu: MenuApi, window: WindowApi, closed: () => void): void;
}

export interface ImageApi {
  isEmpty(): boolean;
  setTemplateImage(template: boolean): void;
}

export interface TrayApi {
  setToolTip(text: string): void;
  setContextMenu(menu: MenuApi | null): void;
  on(event: 'click', listener: () => void): unknown;
  destroy(): void;
}

export interface ScreenApi {
  getCursorScreenPoint(): Point;
  getDisplayNearestPoint(point: Point): Pick<Display, 'id' | 'workArea'>;
  getAllDisplays(): Pick<Display, 'id' | 'workArea'>[];
}

/** One end of a channel between two processes. */
export interface PortApi {
  postMessage(message: unknown): void;
  close(): void;
}

export interface UtilityChild {
  readonly pid: number | undefined;
  readonly stderr: { on(event: 'data', listener: (chunk: Buffer) => void): unknown } | null;
  postMessage(message: unknown, transfer?: PortApi[]): void;
  kill(): boolean;
  on(event: 'spawn', listener: () => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}
