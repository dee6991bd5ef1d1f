import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { PassimError } from '../../contract/errors.ts';
import { type Preferences, preferencesSchema } from '../../contract/shell.ts';

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
      const temporary = `${file}.${process.pid}.tmp`;
      try {
        const handle = openSync(temporary, 'w', 0o600);
        try {
          writeSync(handle, `${JSON.stringify(next, null, 2)}\n`);
          fsyncSync(handle);
        } finally {
          closeSync(handle);
        }
        renameSync(temporary, file);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw new PassimError('io-error', `${file} cannot be written: ${(error as Error).message}`, {
          subject: file,
          cause: error,
        });
      }
      return next;
    },
  };
}
