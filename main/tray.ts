import type { MenuItemConstructorOptions } from 'electron';
import type { Progress } from '../app/contract/engine.ts';
import type { ElectronApi, TrayApi } from './electron-api.ts';

export interface TrayState {
  readonly progress: Progress | null;
  /** Why the engine is not there, when it is not. */
  readonly down: string | null;
  /** What is wrong with the shortcut, when something is. */
  readonly hotkeyProblem: string | null;
  readonly hotkey: string | null;
}

export interface TrayActions {
  show(): void;
  toggle(): void;
  pause(): void;
  resume(): void;
  startEngine(): void;
  quit(): void;
}

const count = (value: number) => value.toLocaleString('en');

/** What the engine is at, in a line. */
export function statusLine({ progress, down }: Pick<TrayState, 'progress' | 'down'>): string {
  if (down !== null) return 'The search engine is not running';
  if (progress === null || progress.state === 'starting') return 'Starting…';
  switch (progress.state) {
    case 'paused':
      return 'Indexing is paused';
    case 'scanning':
      return 'Looking for changes…';
    case 'indexing':
      return `Indexing ${count(progress.done)} of ${count(progress.total)} files`;
    case 'stopping':
      return 'Finishing…';
    case 'idle':
      return 'Everything is up to date';
  }
}

/** The entries of the tray's menu. */
export function trayMenu(state: TrayState, actions: TrayActions): MenuItemConstructorOptions[] {
  const items: MenuItemConstructorOptions[] = [
    {
      label: 'Search',
      ...(state.hotkey === null ? {} : { accelerator: state.hotkey, registerAccelerator: false }),
      click: () => actions.show(),
    },
    { type: 'separator' },
    { label: statusLine(state), enabled: false },
  ];
  if (state.down !== null)
    items.push({ label: 'Start the engine again', click: () => actions.startEngine() });
  else if (state.progress?.state === 'paused')
    items.push({ label: 'Resume indexing', click: () => actions.resume() });
  else
    items.push({ label: 'Pause indexing', enabled: state.progress !== null, click: () => actions.pause() });
  if (state.hotkeyProblem !== null) items.push({ label: state.hotkeyProblem, click: () => actions.show() });
  items.push({ type: 'separator' }, { label: 'Quit Passim', click: () => actions.quit() });
  return items;
}

/** The icon in the system's tray, with what the engine is at and a way to pause it. */
export class AppTray {
  readonly #electron: Pick<ElectronApi, 'Menu' | 'createTray' | 'nativeImage'>;
  readonly #tray: TrayApi;
  readonly #actions: TrayActions;
  #shown = '';

  constructor(
    electron: Pick<ElectronApi, 'Menu' | 'createTray' | 'nativeImage'>,
    icon: string,
    platform: NodeJS.Platform,
    actions: TrayActions,
  ) {
    this.#electron = electron;
    this.#actions = actions;
    const image = electron.nativeImage.createFromPath(icon);
    // macOS colours it to fit the menu bar.
    if (platform === 'darwin') image.setTemplateImage(true);
    this.#tray = electron.createTray(image);
    // On macOS a click opens the menu.
    if (platform !== 'darwin') this.#tray.on('click', () => actions.toggle());
  }

  /** Shows a state; the menu is built anew only when something in it has changed. */
  update(state: TrayState): void {
    const template = trayMenu(state, this.#actions);
    const shown = JSON.stringify(template);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#tray.setToolTip(`Passim: ${statusLine(state)}`);
    this.#tray.setContextMenu(this.#electron.Menu.buildFromTemplate(template));
  }

  destroy(): void {
    this.#tray.destroy();
  }
}
