import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { PassimError } from '../../contract/errors.ts';
import type { ShellApi } from '../../contract/shell.ts';
import { type Home, homeDirectory, openHome } from '../../engine/home.ts';
import { replaceJsonFile } from '../../engine/json-file.ts';
import { packageFile } from '../../engine/package-file.ts';
import { readSettings, writeSettings } from '../../engine/settings.ts';
import { VERSION } from '../../engine/version.ts';
import type { HostedEngine } from '../../host/client.ts';
import { programAccess } from '../programs/access.ts';
import { filePreferences, type PreferenceStore } from './preferences.ts';
import { createShell, type ShellOptions } from './shell.ts';

export { VERSION };

/** Everything in the home directory; the person's own files lie elsewhere. */
const ERASED = [
  'index',
  'cache',
  'traces',
  'prompts.jsonl',
  'token',
  'preferences.json',
  'settings.json',
  'window.json',
  'quality',
];

/** The person's data directory; made when it is not there. */
export function openPersonsHome(): Home {
  return openHome(homeDirectory());
}

/**
 * Where the built window lies.
 * @throws PassimError 'not-found' when it has not been built
 */
export function windowFolder(): string {
  const page = packageFile('dist-renderer/index.html');
  if (page !== null) return dirname(page);
  throw new PassimError('not-found', 'The window is not built. Run: npm run build:renderer');
}

/** Where the window's preferences are kept. */
export function homePreferences(home: Home): PreferenceStore {
  return filePreferences(join(home.directory, 'preferences.json'));
}

/** A small thing that a surface remembers in a file of the data directory. What cannot be read or kept is the default. */
export function homeMemory<T>(
  home: Home,
  name: string,
  schema: z.ZodType<T>,
  initial: T,
): { read(): T; write(value: T): void } {
  const file = join(home.directory, name);
  let known: T | null = null;
  const read = (): T => {
    try {
      return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
    } catch {
      return initial;
    }
  };
  return {
    read() {
      known ??= read();
      return known;
    },
    write(value) {
      known = value;
      try {
        replaceJsonFile(file, value);
      } catch {}
    },
  };
}

/** The shell over a data directory and the engine that works on it, as every surface has it. */
export function createHomeShell(
  home: Home,
  engine: HostedEngine,
  options: Partial<Pick<ShellOptions, 'preferences' | 'desktop' | 'platform' | 'programs' | 'access'>> = {},
): ShellApi {
  return createShell({
    engine,
    version: VERSION,
    access: () => programAccess(null),
    ...options,
    preferences: options.preferences ?? homePreferences(home),
    settings: {
      file: home.settingsFile,
      read: () => readSettings(home.settingsFile),
      write: (settings) => writeSettings(home.settingsFile, settings),
    },
    restartEngine: () => engine.restart(),
    eraseAll: () => eraseAll(home, engine),
  });
}

/** Deletes everything that Passim knows; the files themselves are untouched. */
async function eraseAll(home: Home, engine: HostedEngine): Promise<void> {
  await engine.restart(async () => {
    for (const part of ERASED) await rm(join(home.directory, part), { recursive: true, force: true });
  });
}
