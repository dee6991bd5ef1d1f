import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { PassimError } from '../../contract/errors.ts';

/** Starts a program of the system and does not wait for it to end. */
export interface Launcher {
  /** @throws PassimError 'io-error' when the program cannot be started */
  launch(command: string, args: readonly string[]): Promise<void>;
}

export const systemLauncher: Launcher = {
  launch: (command, args) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, args, { detached: true, stdio: 'ignore', shell: false });
      child.once('spawn', () => {
        child.unref();
        resolve();
      });
      child.once('error', (error) => {
        reject(
          new PassimError(
            'io-error',
            `"${command}" could not be started: ${error.message}. Copy the path instead.`,
            {
              subject: command,
              cause: error,
            },
          ),
        );
      });
    }),
};

/** The command that opens a document in the program that the system has for it. */
export function openCommand(path: string, platform: NodeJS.Platform): [string, string[]] {
  if (platform === 'win32') return ['explorer.exe', [path]];
  return [platform === 'darwin' ? 'open' : 'xdg-open', [path]];
}

/** The command that shows a file in its folder. Linux has no common way to select it, so the folder is opened. */
export function revealCommand(path: string, platform: NodeJS.Platform): [string, string[]] {
  if (platform === 'win32') return ['explorer.exe', [`/select,${path}`]];
  if (platform === 'darwin') return ['open', ['-R', path]];
  return ['xdg-open', [dirname(path)]];
}
