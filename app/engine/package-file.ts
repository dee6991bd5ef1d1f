import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where an application archive keeps what programs other than Node have to read. */
const unpackedPath = (path: string): string => path.replace(/app\.asar(?=[\\/]|$)/, 'app.asar.unpacked');

/**
 * Path of a file that ships with Passim, null when it is missing. The root lies two folders up from the sources, three
 * from dist/. What was unpacked from an application archive is given where it really lies, for native readers.
 */
export function packageFile(name: string): string | null {
  for (const up of ['../../', '../../../']) {
    const path = fileURLToPath(new URL(up + name, import.meta.url));
    const found = [unpackedPath(path), path].find((each) => existsSync(each));
    if (found !== undefined) return found;
  }
  return null;
}
