import { APP_ORIGIN } from '../app/contract/ipc.ts';
import type { Scheduler, Timer } from '../app/contract/ports.ts';
import type { ContentsApi, ElectronApi, WindowApi } from './electron-api.ts';
import { type PlaceMemory, placeOn, rememberPlace, SMALLEST } from './place.ts';
import { webPreferences } from './policy.ts';

export interface SearchWindowOptions {
  readonly electron: Pick<ElectronApi, 'BrowserWindow' | 'screen' | 'nativeTheme'>;
  readonly platform: NodeJS.Platform;
  readonly scheduler: Scheduler;
  readonly preload: string;
  readonly icon: string;
  readonly devTools: boolean;
  readonly memory: { read(): PlaceMemory; write(place: PlaceMemory): void };
  /** Whether the window goes away when another one is chosen. */
  hidesOnBlur(): boolean;
  /** Told when the page failed again and again. */
  onBroken(reason: string): void;
}

/** Milliseconds after the last move or change of size until the place is written down. */
const SETTLE_MS = 400;
/** Page failures within the window below after which it is not loaded again. */
const MAX_FAILURES = 3;
const FAILURE_WINDOW_MS = 60_000;

/**
 * The one window. It is made once, hidden, and kept: calling it up is only showing what is there already, on the
 * screen with the pointer.
 */
export class SearchWindow {
  readonly #options: SearchWindowOptions;
  readonly #window: WindowApi;
  readonly #failures: number[] = [];
  #painted = false;
  #wanted = false;
  #leaving = false;
  /** Things in front of the window that belong to it (dialogs, menus): it stays while there are any. */
  #held = 0;
  /** Some window managers tell of a blur before the window was ever chosen. */
  #focused = false;
  #settling: Timer | null = null;

  constructor(options: SearchWindowOptions) {
    this.#options = options;
    const { electron, platform, preload, icon, devTools } = options;
    this.#window = new electron.BrowserWindow({
      ...this.#bounds(),
      minWidth: SMALLEST.width,
      minHeight: SMALLEST.height,
      show: false,
      frame: false,
      fullscreenable: false,
      maximizable: false,
      skipTaskbar: true,
      title: 'Passim',
      icon,
      backgroundColor: electron.nativeTheme.shouldUseDarkColors ? '#17181b' : '#ffffff',
      // A panel comes to the front over full-screen programs without bringing Passim's menus along.
      ...(platform === 'darwin' ? { type: 'panel' } : {}),
      webPreferences: webPreferences(preload, devTools),
    });
    if (platform === 'darwin') {
      this.#window.setVisibleOnAllWorkspaces(true, {
        visibleOnFullScreen: true,
        skipTransformProcessType: true,
      });
    }
    this.#follow();
    void this.#window.loadURL(`${APP_ORIGIN}/index.html`).catch((error: unknown) => {
      options.onBroken(error instanceof Error ? error.message : String(error));
    });
  }

  get contents(): ContentsApi | null {
    return this.#window.isDestroyed() ? null : this.#window.webContents;
  }

  get native(): WindowApi {
    return this.#window;
  }

  /** Shows the window at once where the pointer is; before its first picture is there, as soon as it is. */
  show(): void {
    if (this.#window.isDestroyed()) return;
    this.#wanted = true;
    if (!this.#painted) return;
    if (!this.#window.isVisible()) {
      this.#focused = false;
      this.#window.setBounds(this.#bounds());
    }
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
    this.#window.webContents.send('passim:shown', {});
  }

  hide(): void {
    this.#wanted = false;
    if (!this.#window.isDestroyed()) this.#window.hide();
  }

  /** What the hotkey does: away when it is in front, to the front otherwise. */
  toggle(): void {
    const inFront = !this.#window.isDestroyed() && this.#window.isVisible() && this.#window.isFocused();
    if (inFront || (!this.#painted && this.#wanted)) this.hide();
    else this.show();
  }

  /** Keeps the window while something of its own has the focus; gives the function that ends this. */
  hold(): () => void {
    this.#held += 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.#held -= 1;
    };
  }

  /** From now on closing the window closes it. */
  letGo(): void {
    this.#leaving = true;
    this.#settling?.cancel();
  }

  #bounds() {
    const { screen } = this.#options.electron;
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    return placeOn(workArea, this.#options.memory.read());
  }

  #follow(): void {
    const window = this.#window;
    window.once('ready-to-show', () => {
      this.#painted = true;
      if (this.#wanted) this.show();
    });
    window.on('focus', () => {
      this.#focused = true;
    });
    window.on('blur', () => {
      if (this.#focused && this.#held === 0 && this.#options.hidesOnBlur()) this.hide();
    });
    window.on('close', (event) => {
      if (this.#leaving) return;
      event.preventDefault();
      this.hide();
    });
    // "moved" and "resized" are not told on Linux.
    window.on('move', () => this.#settle());
    window.on('resize', () => this.#settle());
    window.webContents.on('render-process-gone', (_event, { reason }) => this.#failed(reason));
  }

  #settle(): void {
    this.#settling?.cancel();
    this.#settling = this.#options.scheduler.after(SETTLE_MS, () => {
      if (this.#window.isDestroyed()) return;
      const bounds = this.#window.getBounds();
      const middle = { x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2 };
      const { workArea } = this.#options.electron.screen.getDisplayNearestPoint({
        x: Math.round(middle.x),
        y: Math.round(middle.y),
      });
      this.#options.memory.write(rememberPlace(workArea, bounds));
    });
  }

  #failed(reason: string): void {
    if (this.#leaving || reason === 'clean-exit') return;
    const now = this.#options.scheduler.monotonic();
    this.#failures.push(now);
    while ((this.#failures[0] ?? now) < now - FAILURE_WINDOW_MS) this.#failures.shift();
    if (this.#failures.length > MAX_FAILURES) this.#options.onBroken(reason);
    else this.#window.reload();
  }
}
