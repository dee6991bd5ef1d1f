import { existsSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { FolderStatus } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { Settings, WatchedFolder } from '../contract/settings.ts';
import type { IndexCore } from './core.ts';
import type { Folders } from './folders.ts';
import type { Indexer } from './indexer.ts';
import { readSettings, writeSettings } from './settings.ts';

interface Options {
  readonly file: string;
  readonly settings: Settings;
  readonly core: IndexCore;
  readonly folders: Folders;
  readonly indexer: Indexer;
  /** The list has changed, by this process or another. */
  readonly onChanged: () => void;
  /** The settings file was written by this process. */
  readonly onWritten: () => void;
}

/** The list of watched folders: in the settings file, in force, and in the index, kept in agreement. */
export class FolderList {
  readonly #options: Options;
  #settings: Settings;

  constructor(options: Options) {
    this.#options = options;
    this.#settings = options.settings;
    options.folders.setFolders(options.settings.folders);
  }

  /** The settings that are in force. */
  get settings(): Settings {
    return this.#settings;
  }

  /** @throws PassimError 'folder-missing' */
  add(folder: WatchedFolder): FolderStatus {
    const path = realFolder(folder.path);
    const others = this.#settings.folders.filter((other) => other.path !== path);
    this.#save([...others, { ...folder, path }]);
    const status = this.#options.folders.status().find((entry) => entry.path === path);
    if (status === undefined) throw new PassimError('internal', `${path} was added and is not there.`);
    return status;
  }

  /**
   * Takes a folder off the list and its files out of the index.
   * @returns files taken out
   * @throws PassimError 'not-found'
   */
  async remove(path: string): Promise<number> {
    const known = this.#settings.folders.find(
      (folder) => folder.path === path || folder.path === resolve(path),
    );
    if (known === undefined)
      throw new PassimError('not-found', `${path} is not a watched folder.`, { subject: path });
    this.#save(this.#settings.folders.filter((folder) => folder !== known));
    return this.#forget(known.path);
  }

  /** Takes over settings that were changed by hand or by another program. */
  async apply(settings: Settings): Promise<void> {
    const before = this.#settings;
    this.#settings = settings;
    this.#options.folders.setFolders(settings.folders);
    const paths = new Set(settings.folders.map((folder) => folder.path));
    for (const folder of before.folders) if (!paths.has(folder.path)) await this.#forget(folder.path);
    this.#options.onChanged();
  }

  #save(folders: readonly WatchedFolder[]): void {
    // Read anew, so that what was changed by hand meanwhile is kept.
    const settings = { ...readSettings(this.#options.file), folders: [...folders] };
    writeSettings(this.#options.file, settings);
    this.#options.onWritten();
    this.#settings = settings;
    this.#options.folders.setFolders(settings.folders);
    this.#options.onChanged();
  }

  async #forget(root: string): Promise<number> {
    const { core, indexer, folders } = this.#options;
    const inside = new Set<string>();
    for (const record of core.store.ledger.allFiles()) if (record.root === root) inside.add(record.path);
    indexer.drop((path) => inside.has(path) || folders.rootOf(path) === undefined);
    return core.deleteRoot(root);
  }
}

/** A folder's real path, so that one folder has one name. */
function realFolder(path: string): string {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new PassimError('folder-missing', `${absolute} does not exist.`, { subject: absolute });
  if (!statSync(absolute).isDirectory())
    throw new PassimError('folder-missing', `${absolute} is a file; Passim indexes folders.`, {
      subject: absolute,
    });
  return realpathSync(absolute);
}
