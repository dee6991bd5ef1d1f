import { chmodSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';

/** The one directory that holds all of Passim's data. */
export interface Home {
  readonly directory: string;
  readonly settingsFile: string;
  /** Things that can be made again, such as graphs converted for a GPU. */
  readonly cache: string;
}

/** Where the data lies: `PASSIM_HOME`, or the platform's place for an application's data. */
export function homeDirectory(environment: NodeJS.ProcessEnv = process.env): string {
  const override = environment['PASSIM_HOME'];
  return resolve(
    override !== undefined && override !== '' ? override : envPaths('passim', { suffix: '' }).data,
  );
}

/** Describes the home directory; makes it, private to the user, unless `create` is false. */
export function openHome(directory: string, create = true): Home {
  const home = {
    directory,
    settingsFile: join(directory, 'settings.json'),
    cache: join(directory, 'cache'),
  };
  if (create) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    // An existing directory keeps its mode under mkdir; the index holds the text of private files.
    chmodSync(directory, 0o700);
  }
  return home;
}
