import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Path of a file that ships with Passim, null when it is missing. The root lies two folders up from the sources, three from dist/. */
export function packageFile(name: string): string | null {
  for (const up of ['../../', '../../../']) {
    const path = fileURLToPath(new URL(up + name, import.meta.url));
    if (existsSync(path)) return path;
  }
  return null;
}
