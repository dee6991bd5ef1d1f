import { readFileSync } from 'node:fs';
import { PassimError } from '../../contract/errors.ts';
import { type Preferences, preferencesSchema } from '../../contract/shell.ts';
import { replaceJsonFile } from '../../engine/json-file.ts';

/** Where the window's preferences are kept. */
export interface PreferenceStore {
  read(): Preferences;
  write(change: Partial<Preferences>): Preferences;
}

/** Preferences in a JSON file, private to the user. A file that can't be read gives the defaults: nothing in it is worth failing for. */
export function filePreferences(file: string): PreferenceStore {
  const read = (): Preferences => {
    try {
      const parsed = preferencesSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
      if (parsed.success) return parsed.data;
    } catch {}
    return preferencesSchema.parse({});
  };
  return {
    read,
    write(change) {
      const next = preferencesSchema.parse({ ...read(), ...change });
      if (!next.keepHistory) next.history = [];
      try {
        replaceJsonFile(file, next);
      } catch (error) {
        throw new PassimError('io-error', `${file} cannot be written: ${(error as Error).message}`, {
          subject: file,
          cause: error,
        });
      }
      return next;
    },
  };
}
