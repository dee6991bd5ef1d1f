import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { PassimError } from '../contract/errors.ts';

const SHAPE = /^[A-Za-z0-9_-]{43}$/;

/**
 * The access token that programs are set up with: random, made once, and kept in the data directory where only the
 * user can read it.
 * @throws PassimError 'io-error' when it can be neither read nor made
 */
export function programToken(directory: string): string {
  const file = join(directory, 'token');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (SHAPE.test(kept)) return kept;
    throw new PassimError('settings', `${file} holds no token. Delete it; a new one is made.`, {
      subject: file,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const token = randomBytes(32).toString('base64url');
  try {
    // Exclusive: of two processes that begin at once, one makes it and the other reads it.
    const handle = openSync(file, 'wx', 0o600);
    try {
      writeSync(handle, `${token}\n`);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return programToken(directory);
    throw new PassimError('io-error', `${file} cannot be written: ${(error as Error).message}`, {
      subject: file,
      cause: error,
    });
  }
}
