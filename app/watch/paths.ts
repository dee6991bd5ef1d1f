import { basename, dirname, join, relative, resolve, sep } from 'node:path';

/**
 * A path as two spellings of it are compared: macOS may give the same name composed or decomposed. Everywhere
 * else names are what the system says they are.
 */
export function comparablePath(path: string, platform: NodeJS.Platform = process.platform): string {
  return platform === 'darwin' ? path.normalize('NFC') : path;
}

/** Whether `path` is `folder` or lies below it; both absolute. */
export function isWithin(folder: string, path: string): boolean {
  const inside = relative(folder, path);
  return (
    inside === '' ||
    (inside !== '..' && !inside.startsWith(`..${sep}`) && resolve(folder, inside) === resolve(path))
  );
}

/** The innermost of the watched folders that a path lies in, null when it lies in none. */
export function rootOf(path: string, roots: readonly string[]): string | null {
  let found: string | null = null;
  for (const root of roots) {
    if (isWithin(root, path) && (found === null || root.length > found.length)) found = root;
  }
  return found;
}

/** On macOS `.report.pdf.icloud` stands for `report.pdf`, which is kept in iCloud only; null for other names. */
export function icloudTarget(path: string, platform: NodeJS.Platform): string | null {
  const match = platform === 'darwin' ? /^\.(.+)\.icloud$/.exec(basename(path)) : null;
  return match?.[1] === undefined ? null : join(dirname(path), match[1]);
}

/** The name under which a file lies while it is kept in iCloud only. */
export function icloudStub(path: string): string {
  return join(dirname(path), `.${basename(path)}.icloud`);
}
