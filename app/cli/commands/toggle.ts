import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassimError } from '../../contract/errors.ts';
import { packageFile } from '../../engine/package-file.ts';
import { type Launcher, systemLauncher } from '../../serve/index.ts';
import { EXIT } from '../output.ts';

/** A program and the arguments that make it the desktop app. */
export interface DesktopProgram {
  readonly program: string;
  readonly args: readonly string[];
}

/** Where installers put the desktop app. */
function installedPlaces(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] {
  if (platform === 'darwin')
    return ['/Applications', join(homedir(), 'Applications')].map((folder) =>
      join(folder, 'Passim.app/Contents/MacOS/Passim'),
    );
  if (platform === 'win32')
    return [env['LOCALAPPDATA'], env['ProgramFiles']].flatMap((folder) =>
      folder === undefined
        ? []
        : [join(folder, 'Programs', 'Passim', 'Passim.exe'), join(folder, 'Passim', 'Passim.exe')],
    );
  return ['/opt/Passim/passim'];
}

/** The desktop app: what PASSIM_APP names, an installed one, or the one that `npm start` built; null for none. */
export function findDesktop(
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): DesktopProgram | null {
  const named = env['PASSIM_APP'];
  const program = (named === undefined ? installedPlaces(platform, env) : [named]).find((each) =>
    existsSync(each),
  );
  if (program !== undefined) return { program, args: [] };
  const built = packageFile('dist/main/main.js');
  const where = packageFile('node_modules/electron/path.txt');
  if (named !== undefined || built === null || where === null) return null;
  const electron = join(dirname(where), 'dist', readFileSync(where, 'utf8').trim());
  return existsSync(electron) ? { program: electron, args: [dirname(dirname(dirname(built)))] } : null;
}

/**
 * Shows the desktop window, or hides it when it is in front: what a desktop runs on a key where programs can't take
 * shortcuts themselves, as on Wayland. The running app is told through its lock; when none runs, it is started.
 * @throws PassimError 'not-found' when there is no desktop app, 'io-error' when it cannot be started
 */
export async function toggleCommand(
  find: () => DesktopProgram | null = findDesktop,
  launcher: Launcher = systemLauncher,
): Promise<number> {
  const desktop = find();
  if (desktop === null) {
    throw new PassimError(
      'not-found',
      'The desktop app was not found. Install it, run "npm start" once where Electron can be had, or name its program in PASSIM_APP.',
    );
  }
  await launcher.launch(desktop.program, [...desktop.args, 'toggle']);
  return EXIT.ok;
}
