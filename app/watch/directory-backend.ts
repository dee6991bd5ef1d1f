import { type FSWatcher, type Stats, watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { WatchBackend, WatchFactory, WatchRequest } from './backend.ts';

type Watch = typeof watch;

/** Folders that are entered at the same time. */
const ENTERED_AT_ONCE = 16;

interface Node {
  readonly watcher: FSWatcher;
  /** Watched folders directly below. */
  readonly children: Set<string>;
}

/**
 * Watches with one system watch per folder and remembers folders only. For Linux, where the general library keeps
 * a record of every file as well, four kilobytes each: whoever takes these events looks at the files anyway.
 *
 * @param watchFolder stands in for `fs.watch` in tests
 */
export function directoryFactory(watchFolder: Watch = watch): WatchFactory {
  return (request) => new DirectoryBackend(request, watchFolder);
}

class DirectoryBackend implements WatchBackend {
  readonly #request: WatchRequest;
  readonly #watch: Watch;
  readonly #nodes = new Map<string, Node>();
  /** Paths that came or went, to be looked at one after the other, each once however often it was told of. */
  readonly #unsure = new Set<string>();
  #looking: Promise<void> | null = null;
  readonly #begun: Promise<void>;
  #closed = false;

  constructor(request: WatchRequest, watchFolder: Watch) {
    this.#request = request;
    this.#watch = watchFolder;
    this.#begun = this.#begin();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { watcher } of this.#nodes.values()) watcher.close();
    this.#nodes.clear();
    this.#unsure.clear();
    await this.#begun;
    await this.#looking;
  }

  async #begin(): Promise<void> {
    await this.#enterTree(this.#request.folder, false);
    if (!this.#closed) this.#request.onReady();
  }

  /**
   * Watches a folder and all below it.
   * @param tell whether the files found are news
   */
  async #enterTree(folder: string, tell: boolean): Promise<void> {
    let level = [folder];
    while (level.length > 0 && !this.#closed) {
      const next: string[] = [];
      for (let from = 0; from < level.length; from += ENTERED_AT_ONCE) {
        const slice = level.slice(from, from + ENTERED_AT_ONCE);
        for (const found of await Promise.all(slice.map((path) => this.#enter(path, tell))))
          next.push(...found);
      }
      level = next;
    }
  }

  /** Watches one folder, then lists it, so that nothing that comes meanwhile is missed. Gives its subfolders. */
  async #enter(folder: string, tell: boolean): Promise<string[]> {
    try {
      const stats = await lstat(folder);
      if (this.#closed || !stats.isDirectory() || this.#nodes.has(folder)) return [];
      this.#watchFolder(folder);
      const subfolders: string[] = [];
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        const path = join(folder, entry.name);
        const isDirectory = entry.isDirectory();
        if (this.#request.ignores(path, isDirectory)) continue;
        if (isDirectory) subfolders.push(path);
        else if (tell) this.#tell(path);
      }
      return subfolders;
    } catch (error) {
      this.#fail(error);
      return [];
    }
  }

  #watchFolder(folder: string): void {
    const watcher = this.#watch(folder, { persistent: true }, (event, name) => {
      if (!this.#closed && this.#nodes.get(folder)?.watcher === watcher) this.#heard(folder, event, name);
    });
    watcher.on('error', (error) => this.#fail(error));
    this.#nodes.set(folder, { watcher, children: new Set() });
    this.#nodes.get(dirname(folder))?.children.add(folder);
  }

  /** Ends the watches of a folder and of all below it. */
  #leave(folder: string): void {
    const node = this.#nodes.get(folder);
    if (node === undefined) return;
    this.#nodes.delete(folder);
    this.#nodes.get(dirname(folder))?.children.delete(folder);
    node.watcher.close();
    for (const child of node.children) this.#leave(child);
  }

  #heard(folder: string, event: string, name: string | null): void {
    const path = name === null ? folder : join(folder, name);
    if (event === 'change' && name !== null) {
      if (!this.#nodes.has(path)) this.#tellFile(path);
      return;
    }
    this.#unsure.add(path);
    this.#looking ??= this.#lookAtUnsure();
  }

  async #lookAtUnsure(): Promise<void> {
    for (const path of this.#unsure) {
      this.#unsure.delete(path);
      if (this.#closed) break;
      try {
        await this.#lookAt(path);
      } catch (error) {
        this.#fail(error);
      }
    }
    this.#looking = null;
  }

  async #lookAt(path: string): Promise<void> {
    const stats = await lstatOrNull(path);
    if (this.#closed) return;
    if (stats === null && basename(path) === basename(dirname(path))) {
      // A folder that is removed itself tells so by its own name, as if that were something in it.
      await this.#lookAt(dirname(path));
    }
    const known = this.#nodes.has(path);
    if (stats?.isDirectory() !== true) {
      if (!known) this.#tellFile(path);
      else {
        this.#leave(path);
        this.#tell(path);
      }
      return;
    }
    // The same number does not mean the same folder: it may have been given anew to one made at once after the
    // other went, and then the watch is dead. Watching again costs a listing.
    if (known) this.#leave(path);
    if (path === this.#request.folder || !this.#request.ignores(path, true))
      await this.#enterTree(path, true);
  }

  #tellFile(path: string): void {
    if (!this.#request.ignores(path, false)) this.#tell(path);
  }

  #tell(path: string): void {
    if (!this.#closed) this.#request.onEvent(path);
  }

  #fail(error: unknown): void {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // What went away or may not be seen is no fault of the watch.
    if (this.#closed || code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES' || code === 'EPERM')
      return;
    this.#request.onError(error instanceof Error ? error : new Error(String(error)));
  }
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
