import { readFileSync } from 'node:fs';
import { PassimError } from '../contract/errors.ts';
import { type Settings, settingsSchema } from '../contract/settings.ts';
import { replaceJsonFile } from './json-file.ts';

/**
 * Reads the settings file; a missing one gives the defaults.
 * @throws PassimError 'settings' naming the field that is wrong
 */
export function readSettings(file: string): Settings {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return settingsSchema.parse({});
    throw new PassimError(
      'settings',
      `The settings file ${file} cannot be read: ${(error as Error).message}`,
      { subject: file, cause: error },
    );
  }
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new PassimError(
      'settings',
      `The settings file ${file} is not valid JSON: ${(error as Error).message}. Correct it, or delete it to start afresh.`,
      { subject: file, cause: error },
    );
  }
  const parsed = settingsSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? '';
  throw new PassimError(
    'settings',
    `In the settings file ${file}, "${field}" is wrong: ${issue?.message ?? 'not valid'}. Correct it, or remove it to use the default.`,
    { subject: field },
  );
}

/** Writes the settings so that a crash leaves either the old file or the new one. */
export function writeSettings(file: string, settings: Settings): void {
  try {
    replaceJsonFile(file, settings);
  } catch (error) {
    const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    throw new PassimError(
      full ? 'disk-full' : 'io-error',
      `The settings file ${file} cannot be written: ${(error as Error).message}`,
      { subject: file, cause: error },
    );
  }
}
