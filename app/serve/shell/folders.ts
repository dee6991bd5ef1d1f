import { readdir, realpath } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { PassimError } from '../../contract/errors.ts';
import type { ShellResponse } from '../../contract/shell.ts';

/** Sub-folders that one answer lists at most. */
const LIMIT = 2000;

/**
 * Sub-folders of a folder, by name, for choosing one in the window.
 * @throws PassimError 'folder-missing'
 */
export async function listFolder(path: string, hidden: boolean): Promise<ShellResponse<'listFolder'>> {
  if (!isAbsolute(path) || path.includes('\0')) {
    throw new PassimError('bad-request', `"${path}" is not a full path.`, { subject: 'path' });
  }
  try {
    const real = await realpath(path);
    const entries = await readdir(real, { withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory() && (hidden || !entry.name.startsWith('.')))
      .map((entry) => ({ name: entry.name, path: join(real, entry.name) }))
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
      .slice(0, LIMIT);
    const parent = dirname(real);
    return {
      path: real,
      parent: parent === real ? null : parent,
      folders,
      files: entries.filter((entry) => entry.isFile()).length,
    };
  } catch (error) {
    throw new PassimError('folder-missing', `${path} cannot be opened: ${(error as Error).message}`, {
      subject: path,
      cause: error,
    });
  }
}
