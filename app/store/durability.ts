import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreIo } from './store-io.ts';

/**
 * Flushes what LanceDB wrote. LanceDB publishes versions by hard links and never calls fsync, so after a power cut
 * its newest manifest may be empty: each commit of ours is followed by fsync of the new files and of the
 * directories that got new entries.
 */
export class Durability {
  readonly #root: string;
  readonly #io: StoreIo;
  #known: Set<string> | null = null;

  /** @param root directory of one LanceDB table */
  constructor(root: string, io: StoreIo) {
    this.#root = root;
    this.#io = io;
  }

  /** Takes the files that are there now as flushed. */
  async settle(): Promise<void> {
    this.#known = new Set((await this.#list()).map((entry) => entry.path));
  }

  /** Flushes files and directories that are new since the last call. */
  async flush(): Promise<void> {
    const entries = await this.#list();
    const known = this.#known ?? new Set<string>();
    const fresh = entries.filter((entry) => !known.has(entry.path));
    // latest_version_hint.json and the like are rewritten in place; the version itself is in the manifests.
    const directories = new Set<string>();
    for (const entry of fresh) directories.add(entry.parent);
    await Promise.all(fresh.map((entry) => ignoreMissing(() => this.#io.syncFile(entry.path))));
    await Promise.all([...directories].map((path) => ignoreMissing(() => this.#io.syncDirectory(path))));
    this.#known = new Set(entries.map((entry) => entry.path));
  }

  /** Removes files that are new since the last call of {@link flush} and that `keep` does not want. */
  async discard(keep: (path: string) => boolean): Promise<void> {
    const known = this.#known ?? new Set<string>();
    for (const { path } of await this.#list())
      if (!known.has(path) && !keep(path)) await rm(path, { force: true });
  }

  async #list(): Promise<{ path: string; parent: string }[]> {
    const entries = await readdir(this.#root, { recursive: true, withFileTypes: true });
    return entries.map((entry) => ({ path: join(entry.parentPath, entry.name), parent: entry.parentPath }));
  }
}

async function ignoreMissing(task: () => Promise<void>): Promise<void> {
  try {
    await task();
  } catch (error) {
    // A temporary file may be gone again before its turn comes.
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
