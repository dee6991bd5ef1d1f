import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type StoreIo, systemIo } from './store-io.ts';

/** Replaces a small file: other processes and a killed one see either the old or the new content. */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const handle = await open(`${path}.new`, 'w', 0o600);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await rename(`${path}.new`, path);
}

/** Replaces a small file so that after a power cut too it holds either the old or the new content. */
export async function writeFileDurably(
  path: string,
  content: string | Uint8Array,
  io: StoreIo = systemIo,
): Promise<void> {
  const temporary = `${path}.new`;
  const handle = await open(temporary, 'w', 0o600);
  try {
    await handle.writeFile(content);
  } finally {
    await handle.close();
  }
  await io.syncFile(temporary);
  await rename(temporary, path);
  await io.syncDirectory(dirname(path));
}
