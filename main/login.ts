import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassimError } from '../app/contract/errors.ts';
import type { AppApi } from './electron-api.ts';

export interface LoginOptions {
  readonly app: Pick<AppApi, 'isPackaged' | 'setLoginItemSettings'>;
  readonly platform: NodeJS.Platform;
  /** The program itself: an AppImage where it is run from one. */
  readonly program: string;
  /** Folder of the person's settings, for Linux: ~/.config or what XDG_CONFIG_HOME names. */
  readonly configFolder: string;
}

/** The program starts without showing its window. */
export const HIDDEN = '--hidden';

/** An argument in a desktop entry's Exec line, quoted and escaped as the desktop entry specification says. */
function quoted(argument: string): string {
  return `"${argument
    .replace(/[\\"`$]/g, '\\$&')
    .replace(/\\/g, '\\\\')
    .replaceAll('%', '%%')}"`;
}

/** The desktop entry that starts Passim at login on Linux, where Electron has no way of its own. */
export function autostartEntry(program: string): string {
  return `${[
    '[Desktop Entry]',
    'Type=Application',
    'Name=Passim',
    'Comment=Finds passages in your own files by meaning',
    `Exec=${quoted(program)} ${HIDDEN}`,
    'Icon=passim',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
  ].join('\n')}\n`;
}

/**
 * Makes the system start Passim at login, or no longer.
 * @throws PassimError 'settings' for a program that is not installed, 'io-error' when the entry cannot be written
 */
export function setStartAtLogin(wanted: boolean, options: LoginOptions): void {
  const { app, platform, program, configFolder } = options;
  if (!app.isPackaged) {
    if (!wanted) return;
    throw new PassimError(
      'settings',
      'Only an installed Passim can start at login; this one runs from its sources.',
      {
        subject: 'startAtLogin',
      },
    );
  }
  if (platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: wanted, ...(platform === 'win32' ? { args: [HIDDEN] } : {}) });
    return;
  }
  const folder = join(configFolder, 'autostart');
  const file = join(folder, 'passim.desktop');
  try {
    if (!wanted) {
      rmSync(file, { force: true });
      return;
    }
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, autostartEntry(program));
  } catch (error) {
    throw new PassimError('io-error', `${file} cannot be written: ${(error as Error).message}`, {
      subject: file,
      cause: error,
    });
  }
}
