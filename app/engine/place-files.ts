import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { PassimError } from '../contract/errors.ts';
import { hasHash, storageFault } from '../encode/fetch-file.ts';

export interface PlacedFile {
  /** Its name within the archive. */
  readonly path: string;
  /** Its name in the folder. */
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Unpacks files of a ZIP archive beside their places, checks all of them, and only then gives them their names, in
 * order. After a failure none of them is there.
 * @throws PassimError 'model-tampered' for an archive that holds something else, 'disk-full', 'io-error', 'cancelled'
 */
export async function placeFiles(
  archive: string,
  files: readonly PlacedFile[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const staged = (name: string): string => join(folder, `${name}.partial`);
  const placed: string[] = [];
  try {
    const zip = await openArchive(archive);
    try {
      const entries = await entriesOf(zip, archive);
      for (const file of files) {
        const entry = entries.get(file.path);
        if (entry === undefined || entry.uncompressedSize !== file.bytes)
          throw damaged(archive, `it does not hold ${file.path} of ${file.bytes} bytes`);
        // An archive that passed its hash can only be at odds with the table by a fault of ours; it is checked anyway.
        await pipeline(
          await zip.openReadStreamPromise(entry),
          createWriteStream(staged(file.name), { flush: true }),
          { ...(signal === undefined ? {} : { signal }) },
        );
        if (!(await hasHash(staged(file.name), `sha256:${file.sha256}`)))
          throw damaged(archive, `${file.path} does not have the expected hash`);
      }
    } finally {
      zip.close();
    }
    for (const { name } of files) {
      await rename(staged(name), join(folder, name));
      placed.push(name);
    }
  } catch (error) {
    for (const name of placed.reverse()) await rm(join(folder, name), { force: true });
    if (signal?.aborted)
      throw new PassimError('cancelled', 'Installing was cancelled; it can be continued.', { cause: error });
    throw storageFault(error, folder) ?? error;
  } finally {
    for (const { name } of files) await rm(staged(name), { force: true });
  }
}

async function openArchive(archive: string): Promise<ZipFile> {
  try {
    return await openPromise(archive, { lazyEntries: true, autoClose: false });
  } catch (error) {
    throw damaged(archive, error instanceof Error ? error.message : String(error));
  }
}

/** Entries by name. A name that leads outside ends it, whether or not that entry would be unpacked. */
async function entriesOf(zip: ZipFile, archive: string): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileName, entry);
  } catch (error) {
    throw damaged(archive, error instanceof Error ? error.message : String(error));
  }
  return entries;
}

function damaged(archive: string, why: string): PassimError {
  return new PassimError('model-tampered', `The archive ${basename(archive)} cannot be used: ${why}.`, {
    subject: basename(archive),
  });
}
