import { PassimError } from '../app/contract/errors.ts';
import type { GlobalShortcutApi } from './electron-api.ts';

const MODIFIER = /^(command|cmd|control|ctrl|commandorcontrol|cmdorctrl|alt|option|altgr|super|meta)$/i;
const LONE_KEY = /^(f\d{1,2}|mediaplaypause|printscreen)$/i;

/** A key that people type with must not be taken away from every other program. */
function isGlobal(accelerator: string): boolean {
  const parts = accelerator.split('+').map((part) => part.trim());
  return parts.some((part) => MODIFIER.test(part)) || (parts.length === 1 && LONE_KEY.test(parts[0] ?? ''));
}

/** The shortcut that calls the window up from anywhere. */
export class Hotkey {
  readonly #shortcuts: GlobalShortcutApi;
  readonly #onPress: () => void;
  #current: string | null = null;

  constructor(shortcuts: GlobalShortcutApi, onPress: () => void) {
    this.#shortcuts = shortcuts;
    this.#onPress = onPress;
  }

  /** The shortcut that works now; null for none. */
  get current(): string | null {
    return this.#current;
  }

  /**
   * Takes another shortcut; the one before stays when this one cannot be had.
   * @param accelerator in Electron's syntax, e.g. "Alt+Space"; null for none
   * @throws PassimError 'settings' naming the shortcut and what to do
   */
  set(accelerator: string | null): void {
    if (accelerator === this.#current) return;
    if (accelerator !== null) this.#register(accelerator);
    if (this.#current !== null) this.#shortcuts.unregister(this.#current);
    this.#current = accelerator;
  }

  #register(accelerator: string): void {
    if (!isGlobal(accelerator)) {
      throw new PassimError(
        'settings',
        `"${accelerator}" would take a key away from every other program. Add Ctrl, Alt or Cmd, e.g. "Alt+Space".`,
        { subject: 'hotkey' },
      );
    }
    let taken: boolean;
    try {
      taken = !this.#shortcuts.register(accelerator, this.#onPress);
    } catch {
      throw new PassimError(
        'settings',
        `"${accelerator}" is no shortcut. Write it like "Alt+Space" or "CommandOrControl+Shift+F".`,
        { subject: 'hotkey' },
      );
    }
    if (taken) {
      throw new PassimError(
        'settings',
        `The shortcut ${accelerator} is taken by another program. Choose another one, or let your desktop run "passim toggle" on a key.`,
        { subject: 'hotkey' },
      );
    }
  }

  release(): void {
    this.#shortcuts.unregisterAll();
    this.#current = null;
  }
}
