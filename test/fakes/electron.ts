import { existsSync } from 'node:fs';
import type { Rectangle } from 'electron';
import { APP_ORIGIN } from '../../app/contract/ipc.ts';
import type {
  ContentsApi,
  ElectronApi,
  FrameApi,
  IpcEvent,
  MenuApi,
  PortApi,
  SessionApi,
  TrayApi,
  UtilityChild,
  WindowApi,
} from '../../main/electron-api.ts';

type Listener = (...values: never[]) => unknown;

/** Listeners by event, as Electron's objects keep them. */
class Emitter {
  readonly #listeners = new Map<string, Listener[]>();

  add(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** Calls the listeners of an event; gives how many there are. */
  emit(event: string, ...values: unknown[]): number {
    const listeners = this.#listeners.get(event) ?? [];
    for (const listener of listeners) (listener as (...values: unknown[]) => unknown)(...values);
    return listeners.length;
  }
}

/** An event that can be prevented, and tells whether it was. */
export class FakeEvent {
  prevented = false;

  preventDefault(): void {
    this.prevented = true;
  }
}

export interface RecordedCall {
  readonly name: string;
  readonly values: readonly unknown[];
}

export class FakeContents implements ContentsApi {
  readonly id: number;
  readonly mainFrame: FrameApi = { origin: APP_ORIGIN, url: `${APP_ORIGIN}/index.html` };
  readonly sent: { channel: string; value: unknown }[] = [];
  readonly emitter = new Emitter();
  /** Answer of the handler that guards new windows. */
  openWindow: (() => { action: 'deny' }) | null = null;
  onSend: (channel: string, value: unknown) => void = () => {};

  constructor(id: number) {
    this.id = id;
  }

  isDestroyed(): boolean {
    return false;
  }

  send(channel: string, ...values: unknown[]): void {
    this.sent.push({ channel, value: values[0] });
    this.onSend(channel, structuredClone(values[0]));
  }

  on(event: string, listener: Listener): void {
    this.emitter.add(event, listener);
  }

  setWindowOpenHandler(handler: () => { action: 'deny' }): void {
    this.openWindow = handler;
  }
}

export class FakeWindow implements WindowApi {
  readonly options: ConstructorParameters<ElectronApi['BrowserWindow']>[0];
  readonly webContents: FakeContents;
  readonly emitter = new Emitter();
  readonly #record: FakeElectron['record'];
  visible = false;
  focused = false;
  bounds: Rectangle;

  constructor(
    options: ConstructorParameters<ElectronApi['BrowserWindow']>[0],
    contents: FakeContents,
    record: FakeElectron['record'],
  ) {
    this.options = options;
    this.webContents = contents;
    this.#record = record;
    this.bounds = {
      x: options.x ?? 0,
      y: options.y ?? 0,
      width: options.width ?? 0,
      height: options.height ?? 0,
    };
  }

  async loadURL(url: string): Promise<void> {
    this.#record('window.loadURL', url);
  }
  reload(): void {
    this.#record('window.reload');
  }
  show(): void {
    this.#record('window.show');
    this.visible = true;
  }
  hide(): void {
    this.#record('window.hide');
    this.visible = false;
    this.focused = false;
  }
  focus(): void {
    this.focused = true;
    this.emitter.emit('focus');
  }
  /** Another window is chosen. */
  blur(): void {
    this.focused = false;
    this.emitter.emit('blur');
  }
  isVisible = (): boolean => this.visible;
  isFocused = (): boolean => this.focused;
  isMinimized = (): boolean => false;
  restore(): void {
    this.#record('window.restore');
  }
  isDestroyed = (): boolean => false;
  getBounds = (): Rectangle => this.bounds;
  setBounds(bounds: Partial<Rectangle>): void {
    this.#record('window.setBounds', bounds);
    this.bounds = { ...this.bounds, ...bounds };
  }
  setMinimumSize(...values: unknown[]): void {
    this.#record('window.setMinimumSize', ...values);
  }
  setVisibleOnAllWorkspaces(...values: unknown[]): void {
    this.#record('window.setVisibleOnAllWorkspaces', ...values);
  }
  once(event: string, listener: Listener): void {
    this.emitter.add(event, listener);
  }
  on(event: string, listener: Listener): void {
    this.emitter.add(event, listener);
  }
}

export interface FakeDisplay {
  readonly id: number;
  readonly workArea: Rectangle;
}

export type PermissionHandlers = {
  request: Parameters<SessionApi['setPermissionRequestHandler']>[0] | null;
  check: Parameters<SessionApi['setPermissionCheckHandler']>[0] | null;
  device: Parameters<SessionApi['setDevicePermissionHandler']>[0] | null;
  display: Parameters<SessionApi['setDisplayMediaRequestHandler']>[0] | null;
  load: Parameters<SessionApi['webRequest']['onBeforeRequest']>[0] | null;
  protocol: Parameters<SessionApi['protocol']['handle']>[1] | null;
};

/**
 * Electron as far as Passim uses it, in memory: it has the type that the real one is checked against, keeps every
 * call in order, and lets a test do what the system or the person would.
 */
export class FakeElectron implements ElectronApi {
  readonly calls: RecordedCall[] = [];
  readonly windows: FakeWindow[] = [];
  readonly appEvents = new Emitter();
  readonly powerEvents = new Emitter();
  onBattery = false;
  readonly sessionEvents = new Emitter();
  readonly trayEvents = new Emitter();
  readonly shortcuts = new Map<string, () => void>();
  /** Shortcuts that another program holds. */
  readonly taken = new Set<string>();
  readonly handlers: PermissionHandlers = {
    request: null,
    check: null,
    device: null,
    display: null,
    load: null,
    protocol: null,
  };
  readonly invocations = new Map<string, (event: IpcEvent, ...values: unknown[]) => unknown>();
  readonly messages = new Map<string, (event: IpcEvent, ...values: unknown[]) => void>();
  /** Templates of the tray's menu, newest last. */
  readonly trayMenus: readonly { label?: string; enabled?: boolean; click?: () => void }[][] = [];
  displays: FakeDisplay[] = [{ id: 1, workArea: { x: 0, y: 0, width: 1920, height: 1040 } }];
  pointer = { x: 10, y: 10 };
  /** What choosing a folder gives. */
  chosen: string[] = [];
  /** What the system says to opening a file; "" for done. */
  openProblem = '';
  isFirst = true;
  packaged = true;
  loginStart = false;
  #nextId = 1;
  #ready = Promise.withResolvers<void>();

  record = (name: string, ...values: unknown[]): void => {
    this.calls.push({ name, values });
  };

  /** Values of the calls of a name. */
  of(name: string): (readonly unknown[])[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.values);
  }

  /** Electron is ready. */
  becomeReady(): void {
    this.record('ready');
    this.#ready.resolve();
  }

  get window(): FakeWindow {
    const window = this.windows.at(-1);
    if (window === undefined) throw new Error('there is no window');
    return window;
  }

  /** A message of the window's own page, or of another sender. */
  async invoke(channel: string, message: unknown, event: IpcEvent = this.ownEvent()): Promise<unknown> {
    const handler = this.invocations.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return structuredClone(await handler(event, structuredClone(message)));
  }

  send(channel: string, message: unknown, event: IpcEvent = this.ownEvent()): void {
    this.messages.get(channel)?.(event, structuredClone(message));
  }

  ownEvent(): IpcEvent {
    const { webContents } = this.window;
    return { sender: webContents, senderFrame: webContents.mainFrame };
  }

  get app(): ElectronApi['app'] {
    return {
      isPackaged: this.packaged,
      commandLine: { appendSwitch: (...values) => this.record('app.appendSwitch', ...values) },
      dock: { hide: () => this.record('app.dock.hide') },
      whenReady: () => this.#ready.promise,
      enableSandbox: () => this.record('app.enableSandbox'),
      requestSingleInstanceLock: (data) => {
        this.record('app.requestSingleInstanceLock', data);
        return this.isFirst;
      },
      setPath: (name, path) => {
        if (!existsSync(path)) throw new Error(`${name}: there is no folder ${path}`);
        this.record('app.setPath', name, path);
      },
      setAppUserModelId: (id) => this.record('app.setAppUserModelId', id),
      setLoginItemSettings: (settings) => this.record('app.setLoginItemSettings', settings),
      getLoginItemSettings: () => ({ wasOpenedAtLogin: this.loginStart }),
      quit: () => {
        this.record('app.quit');
        const event = new FakeEvent();
        this.appEvents.emit('before-quit', event);
        if (!event.prevented) this.record('app.ended');
      },
      exit: (code) => this.record('app.exit', code),
      on: (event: string, listener: Listener) => this.appEvents.add(event, listener),
    };
  }

  get BrowserWindow(): ElectronApi['BrowserWindow'] {
    const make = (options: ConstructorParameters<ElectronApi['BrowserWindow']>[0]): FakeWindow => {
      this.record('BrowserWindow', options);
      const contents = new FakeContents(this.#nextId);
      this.#nextId += 1;
      const window = new FakeWindow(options, contents, this.record);
      this.windows.push(window);
      this.appEvents.emit('web-contents-created', {}, contents);
      return window;
    };
    return class {
      constructor(options: ConstructorParameters<ElectronApi['BrowserWindow']>[0]) {
        // biome-ignore lint/correctness/noConstructorReturn: the fake keeps what it makes
        return make(options);
      }
    } as unknown as ElectronApi['BrowserWindow'];
  }

  readonly clipboard = { writeText: (text: string) => this.record('clipboard.writeText', text) };

  readonly dialog: ElectronApi['dialog'] = {
    showOpenDialog: async (_window, options) => {
      this.record('dialog.showOpenDialog', options);
      this.window.blur();
      return { filePaths: this.chosen };
    },
    showErrorBox: (...values) => this.record('dialog.showErrorBox', ...values),
  };

  readonly globalShortcut: ElectronApi['globalShortcut'] = {
    register: (accelerator, callback) => {
      this.record('globalShortcut.register', accelerator);
      if (/nonsense/i.test(accelerator)) throw new TypeError('conversion failure');
      if (this.taken.has(accelerator)) return false;
      this.shortcuts.set(accelerator, callback);
      return true;
    },
    unregister: (accelerator) => {
      this.record('globalShortcut.unregister', accelerator);
      this.shortcuts.delete(accelerator);
    },
    unregisterAll: () => {
      this.record('globalShortcut.unregisterAll');
      this.shortcuts.clear();
    },
  };

  readonly ipcMain: ElectronApi['ipcMain'] = {
    handle: (channel, listener) => this.invocations.set(channel, listener),
    on: (channel, listener) => this.messages.set(channel, listener),
  };

  readonly Menu: ElectronApi['Menu'] = {
    buildFromTemplate: (template): MenuApi => ({ items: template }),
    setApplicationMenu: (menu) => this.record('Menu.setApplicationMenu', menu),
    popup: (menu, _window, closed) => {
      this.record('Menu.popup', menu.items);
      closed();
    },
  };

  MessageChannelMain = FakeChannel as unknown as ElectronApi['MessageChannelMain'];

  readonly nativeImage: ElectronApi['nativeImage'] = {
    createFromPath: (path) => {
      this.record('nativeImage.createFromPath', path);
      return { isEmpty: () => false, setTemplateImage: (on) => this.record('image.setTemplateImage', on) };
    },
  };

  readonly nativeTheme = { shouldUseDarkColors: false };

  readonly powerMonitor: ElectronApi['powerMonitor'] = {
    isOnBatteryPower: () => this.onBattery,
    on: (event, listener) => this.powerEvents.add(event, listener),
  };

  readonly protocol: ElectronApi['protocol'] = {
    registerSchemesAsPrivileged: (schemes) => this.record('protocol.registerSchemesAsPrivileged', schemes),
  };

  readonly screen: ElectronApi['screen'] = {
    getCursorScreenPoint: () => this.pointer,
    getDisplayNearestPoint: (point) => nearest(this.displays, point),
    getAllDisplays: () => this.displays,
  };

  readonly session: ElectronApi['session'] = {
    fromPartition: (partition) => {
      this.record('session.fromPartition', partition);
      return {
        protocol: {
          handle: (scheme, handler) => {
            this.record('protocol.handle', scheme);
            this.handlers.protocol = handler;
          },
        },
        webRequest: {
          onBeforeRequest: (listener) => {
            this.handlers.load = listener;
          },
        },
        setPermissionRequestHandler: (handler) => {
          this.handlers.request = handler;
        },
        setPermissionCheckHandler: (handler) => {
          this.handlers.check = handler;
        },
        setDevicePermissionHandler: (handler) => {
          this.handlers.device = handler;
        },
        setDisplayMediaRequestHandler: (handler) => {
          this.handlers.display = handler;
        },
        setSpellCheckerEnabled: (on) => this.record('session.setSpellCheckerEnabled', on),
        on: (event, listener) => this.sessionEvents.add(event, listener as Listener),
      };
    },
  };

  readonly shell: ElectronApi['shell'] = {
    openPath: async (path) => {
      this.record('shell.openPath', path);
      return this.openProblem;
    },
    showItemInFolder: (path) => this.record('shell.showItemInFolder', path),
  };

  createTray = (): TrayApi => {
    this.record('Tray');
    return {
      setToolTip: (text) => this.record('tray.setToolTip', text),
      setContextMenu: (menu) => (this.trayMenus as unknown[]).push(menu?.items ?? []),
      on: (event, listener) => this.trayEvents.add(event, listener),
      destroy: () => this.record('tray.destroy'),
    };
  };

  utilityProcess: ElectronApi['utilityProcess'] = {
    fork: (): UtilityChild => {
      throw new Error('no process was expected');
    },
  };
}

function nearest(displays: readonly FakeDisplay[], point: { x: number; y: number }): FakeDisplay {
  const distance = ({ workArea: { x, y, width, height } }: FakeDisplay): number =>
    Math.hypot(
      Math.max(x - point.x, 0, point.x - (x + width - 1)),
      Math.max(y - point.y, 0, point.y - (y + height - 1)),
    );
  const found = [...displays].sort((a, b) => distance(a) - distance(b))[0];
  if (found === undefined) throw new Error('there is no screen');
  return found;
}

/** One end of a channel; whoever it was transferred to hears what the other end says. */
export class FakePort implements PortApi {
  other: FakePort | null = null;
  closed = false;
  deliver: (message: unknown) => void = () => {};
  onClose: () => void = () => {};

  postMessage(message: unknown): void {
    this.other?.deliver(message);
  }

  close(): void {
    this.closed = true;
    this.other?.onClose();
  }
}

export class FakeChannel {
  readonly port1 = new FakePort();
  readonly port2 = new FakePort();

  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}
