import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Sum of the sizes of all files below a directory; 0 when it is not there. */
export async function bytesUnder(directory: string): Promise<number> {
  let bytes = 0;
  try {
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) bytes += await sizeOf(join(entry.parentPath, entry.name));
  } catch {
    // A folder that was removed while it was being counted.
  }
  return bytes;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}
