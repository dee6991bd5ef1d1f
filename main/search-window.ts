import { APP_ORIGIN, type Extent } from '../app/contract/ipc.ts';
import type { Scheduler, Timer } from '../app/contract/ports.ts';
import type { ContentsApi, ElectronApi, WindowApi } from './electron-api.ts';
import {
  type Area,
  BAR,
  barOf,
  grownFrom,
  type PlaceMemory,
  placeOn,
  rememberPlace,
  SMALLEST,
} from './place.ts';
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
 * screen with the pointer. It comes as the bar alone, grows around it as soon as the page wants more room, and is the
 * bar again only after it was hidden: what a person looks at never shrinks.
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
  /** What the page wants, and which of both the window is. */
  #wish: Extent = { state: 'bar', height: BAR.height };
  #state: Extent['state'] = 'bar';
  /** Where the window was put last; a place that nobody chose is not remembered. */
  #placed: Area;

  constructor(options: SearchWindowOptions) {
    this.#options = options;
    const { electron, platform, preload, icon, devTools } = options;
    this.#placed = this.#bounds();
    this.#window = new electron.BrowserWindow({
      ...this.#placed,
      minWidth: SMALLEST.width,
      minHeight: BAR.height,
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
      this.#state = this.#wish.state;
      this.#put(this.#bounds());
    }
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
    this.#window.webContents.send('passim:shown', {});
  }

  hide(): void {
    this.#wanted = false;
    if (this.#window.isDestroyed()) return;
    this.#window.hide();
    if (this.#wish.state === this.#state) return;
    // Now, so that the page has its new form when it is called up again.
    this.#state = this.#wish.state;
    this.#put(this.#bounds());
  }

  /** Takes what the page wants: more room at once, less when the window is hidden. */
  setExtent(wish: Extent): void {
    this.#wish = wish;
    if (this.#window.isDestroyed() || !this.#window.isVisible()) return;
    if (this.#state === 'bar' && wish.state === 'full') {
      this.#state = 'full';
      const bar = this.#window.getBounds();
      this.#put(grownFrom(this.#areaOf(bar), bar, this.#options.memory.read()));
    } else if (this.#state === 'bar') {
      this.#put(barOf(this.#window.getBounds(), wish.height));
    }
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

  /** Where the window is to come up: on the screen with the pointer. */
  #bounds(): Area {
    const { screen } = this.#options.electron;
    const { workArea } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint());
    const full = placeOn(workArea, this.#options.memory.read());
    return this.#state === 'bar' ? barOf(full, this.#wish.height) : full;
  }

  #put(bounds: Area): void {
    this.#placed = bounds;
    this.#window.setMinimumSize(SMALLEST.width, this.#state === 'bar' ? BAR.height : SMALLEST.height);
    this.#window.setBounds(bounds);
  }

  /** Free area of the screen that has the middle of these bounds. */
  #areaOf({ x, y, width, height }: Area): Area {
    const middle = { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
    return this.#options.electron.screen.getDisplayNearestPoint(middle).workArea;
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
      const { memory } = this.#options;
      if (sameArea(bounds, this.#placed)) return;
      const area = this.#areaOf(bounds);
      const full = this.#state === 'full' ? bounds : grownFrom(area, bounds, memory.read());
      memory.write(rememberPlace(area, full));
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

const sameArea = (a: Area, b: Area): boolean =>
  a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
