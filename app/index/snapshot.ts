import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type Logger, silentLogger } from '../contract/ports.ts';
import type { NativeIndex } from './native-index.ts';

/*
 * What the native index has on the disk, so that a start maps files instead of reading every multivector from the
 * store. All of it is derived: whatever is missing, stale or damaged is left out and read from the store again.
 */

/** The passages that exist, ascending, each with the checksum of its multivector. */
export interface LivePassages {
  readonly pids: Uint32Array;
  readonly checksums: Uint32Array;
}

const LIST = 'snapshot.json';
const SEGMENT = /^[0-9a-f]+-[0-9a-f]+\.segment$/;
/** Up to so many bytes every one is checked before the first search; beyond, residuals are checked afterwards. */
const CHECKED_AT_START = 1_000_000_000;

const listSchema = z.object({ format: z.literal(1), segments: z.array(z.string().regex(SEGMENT)) });

export class IndexSnapshot {
  readonly #index: NativeIndex;
  readonly #folder: string;
  readonly #logger: Logger;
  #saving: Promise<void> | null = null;

  /** @param folder belongs to the snapshot alone; made private to the user when it is written */
  constructor(index: NativeIndex, folder: string, logger: Logger = silentLogger) {
    this.#index = index;
    this.#folder = folder;
    this.#logger = logger;
  }

  /**
   * Fills an empty index from the files.
   * @returns the passages that have to come from the store; the residuals of a large snapshot are still to be
   *   checked: see {@link check}
   */
  async load(live: LivePassages): Promise<{ readonly missing: Uint32Array; readonly checked: boolean }> {
    const paths = (await this.#listed()).map((name) => join(this.#folder, name));
    let bytes = 0;
    for (const path of paths) bytes += await sizeOf(path);
    const checked = bytes <= CHECKED_AT_START;
    const { unusable, missing } = await this.#index.restore(paths, live.pids, live.checksums, checked);
    if (unusable.length > 0) this.#logger.log('warn', 'index.snapshot-damaged', { files: unusable });
    return { missing, checked };
  }

  /** Reads and checks all residuals; passages that turn out to be damaged leave the index. @returns their numbers */
  async check(): Promise<Uint32Array> {
    const lost = await this.#index.verify();
    if (lost.length > 0) this.#logger.log('warn', 'index.snapshot-damaged', { passages: lost.length });
    return lost;
  }

  /**
   * Writes what is not on the disk yet, names all files in the list, and deletes those that are no longer part of it.
   * Never throws: the snapshot is a convenience.
   */
  async save(): Promise<void> {
    await this.#saving;
    this.#saving = this.#write().catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      this.#logger.log('warn', 'index.snapshot-failed', { message });
    });
    await this.#saving;
  }

  /** Bytes of the snapshot on the disk. */
  async bytes(): Promise<number> {
    let bytes = 0;
    for (const name of await this.#files()) bytes += await sizeOf(join(this.#folder, name));
    return bytes;
  }

  async #write(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (process.platform !== 'win32') await chmod(this.#folder, 0o700);
    const segments = (await this.#index.persist(this.#folder)).map((path) => basename(path));
    const list = join(this.#folder, LIST);
    await writeFile(`${list}.part`, JSON.stringify({ format: 1, segments }), { mode: 0o600 });
    await rename(`${list}.part`, list);
    const named = new Set([...segments, LIST]);
    // On Windows a file that a search still uses stays until a later time.
    for (const name of await this.#files())
      if (!named.has(name)) await rm(join(this.#folder, name), { force: true }).catch(() => {});
  }

  async #files(): Promise<string[]> {
    return readdir(this.#folder).catch(() => []);
  }

  async #listed(): Promise<string[]> {
    try {
      const text = await readFile(join(this.#folder, LIST), 'utf8');
      return listSchema.parse(JSON.parse(text)).segments;
    } catch {
      return [];
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}
