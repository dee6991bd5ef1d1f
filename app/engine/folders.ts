import { lstat } from 'node:fs/promises';
import type { FolderStatus } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { WatchedFolder } from '../contract/settings.ts';
import { FolderRules } from '../watch/ignore.ts';
import { isUnchanged, reconcile } from '../watch/reconcile.ts';
import { type ScannedFile, scanFolder, statFile } from '../watch/scan.ts';
import type { IndexCore } from './core.ts';
import type { Indexer } from './indexer.ts';

interface FolderState {
  readonly folder: WatchedFolder;
  rules: FolderRules;
  state: FolderStatus['state'];
  watching: FolderStatus['watching'];
}

interface Options {
  readonly core: IndexCore;
  readonly indexer: Indexer;
  /** Folders that are never entered: Passim's own data. */
  readonly skip: readonly string[];
  /** Folders are shown and never compared. */
  readonly readOnly: boolean;
  readonly onRenamed: (path: string) => void;
  readonly onRemoved: (path: string) => void;
}

/** Brings the index in step with the watched folders: by comparing them whole, or path by path as changes are told. */
export class Folders {
  readonly #options: Options;
  readonly #folders = new Map<string, FolderState>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Takes over the list of folders from the settings; returns those that were not there before. */
  setFolders(folders: readonly WatchedFolder[]): WatchedFolder[] {
    const fresh: WatchedFolder[] = [];
    const wanted = new Set(folders.map((folder) => folder.path));
    for (const path of this.#folders.keys()) if (!wanted.has(path)) this.#folders.delete(path);
    for (const folder of folders) {
      const before = this.#folders.get(folder.path);
      if (before !== undefined && JSON.stringify(before.folder) === JSON.stringify(folder)) continue;
      // A folder inside another watched one belongs to itself.
      const skip = [
        ...this.#options.skip,
        ...folders.map((other) => other.path).filter((path) => path !== folder.path),
      ];
      this.#folders.set(folder.path, {
        folder,
        rules: new FolderRules(folder, { skip }),
        state: this.#options.readOnly ? 'ready' : 'scanning',
        watching: 'off',
      });
      fresh.push(folder);
    }
    return fresh;
  }

  get paths(): string[] {
    return [...this.#folders.keys()];
  }

  setWatching(path: string, watching: FolderStatus['watching'], missing: boolean): void {
    const entry = this.#folders.get(path);
    if (entry === undefined) return;
    entry.watching = watching;
    if (missing) entry.state = 'missing';
  }

  /**
   * Compares a folder with the ledger and queues what differs.
   * @returns files queued
   */
  async sync(path: string, signal?: AbortSignal): Promise<number> {
    const entry = this.#folders.get(path);
    if (entry === undefined)
      throw new PassimError('not-found', `${path} is not a watched folder. Add it first.`, { subject: path });
    entry.state = 'scanning';
    // Ignore files may have changed since the rules were read.
    entry.rules = new FolderRules(entry.folder, { skip: this.#skipOf(entry.folder) });
    const scan = await scanFolder({ rules: entry.rules, ...(signal === undefined ? {} : { signal }) });
    if (scan.state !== 'ok') {
      // Nothing is removed: a disk that is not mounted must not empty the index.
      entry.state = 'missing';
      return 0;
    }
    const records = [...this.#options.core.store.ledger.allFiles()].filter((record) => record.root === path);
    const { added, changed, removed, renamed, unchanged, missing } = reconcile(scan, records);
    for (const { file, record } of renamed) await this.#rename(record, file);
    await this.#remove(removed);
    const again = unchanged.filter(({ record }) => wantsAnotherLook(record)).map(({ file }) => file);
    const queue = [...added, ...changed.map(({ file }) => file), ...again];
    this.#options.indexer.enqueue(queue.toSorted(soonestUseful));
    entry.state = missing ? 'missing' : 'ready';
    return queue.length;
  }

  /** Takes up changes that were told: each path is looked at as it is now. */
  async apply(root: string, paths: readonly string[]): Promise<void> {
    const entry = this.#folders.get(root);
    if (entry === undefined) return;
    const { core, indexer } = this.#options;
    const { ledger } = core.store;
    const found: ScannedFile[] = [];
    const gone: FileRecord[] = [];
    for (const path of paths) {
      const ignored = entry.rules.explain(path, false).ignored;
      const file = ignored ? null : await statFile(path, root);
      const record = ledger.fileByPath(path);
      if (file !== null) found.push(file);
      else if (record !== undefined) gone.push(record);
      // A folder that went takes everything below it along; one that is there tells of its files itself.
      else if (ignored || !(await isFolder(path))) gone.push(...recordsBelow(ledger.allFiles(), path));
    }
    const byIdentity = new Map(
      gone.filter((record) => record.identity !== '').map((record) => [record.identity, record]),
    );
    const moved = new Set<FileRecord>();
    for (const file of found) {
      const twin = byIdentity.get(file.identity);
      if (twin !== undefined && ledger.fileByPath(file.path) === undefined && isUnchanged(file, twin)) {
        moved.add(twin);
        await this.#rename(twin, file);
        continue;
      }
      const record = ledger.fileByPath(file.path);
      const same = record !== undefined && isUnchanged(file, record) && !wantsAnotherLook(record);
      if (!same) indexer.enqueue([file]);
    }
    await this.#remove(gone.filter((record) => !moved.has(record)));
  }

  status(): FolderStatus[] {
    const counts = new Map<string, { files: number; searchable: number; problems: number }>();
    for (const record of this.#options.core.store.ledger.allFiles()) {
      const count = counts.get(record.root) ?? { files: 0, searchable: 0, problems: 0 };
      count.files += 1;
      if (record.passages > 0) count.searchable += 1;
      if (record.problem !== null) count.problems += 1;
      counts.set(record.root, count);
    }
    return [...this.#folders.values()].map((entry) => ({
      ...entry.folder,
      state: entry.state === 'ready' && this.#options.indexer.waiting > 0 ? 'indexing' : entry.state,
      watching: entry.watching,
      ...(counts.get(entry.folder.path) ?? { files: 0, searchable: 0, problems: 0 }),
    }));
  }

  /** The watched folder a path belongs to: the innermost. */
  rootOf(path: string): string | undefined {
    return this.paths
      .filter((root) => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`))
      .toSorted((a, b) => b.length - a.length)[0];
  }

  #skipOf(folder: WatchedFolder): string[] {
    return [...this.#options.skip, ...this.paths.filter((path) => path !== folder.path)];
  }

  async #rename(record: FileRecord, file: ScannedFile): Promise<void> {
    await this.#options.core.writer.renameFile(record.path, file.path, {
      root: file.root,
      modified: file.modified,
      identity: file.identity,
    });
    this.#options.onRenamed(file.path);
  }

  async #remove(records: readonly FileRecord[]): Promise<void> {
    if (records.length === 0) return;
    const paths = new Set(records.map((record) => record.path));
    this.#options.indexer.drop((path) => paths.has(path));
    await this.#options.core.deleteFiles([...paths]);
    for (const path of paths) this.#options.onRemoved(path);
  }
}

/** Size from which a file waits for the smaller ones, in bytes: thousands of notes are found before the first big manual. */
const LARGE = 64 * 1024;

/** Small files first, and of each kind the newest: what a person looks for first can be found first. */
function soonestUseful(a: ScannedFile, b: ScannedFile): number {
  return Number(a.size > LARGE) - Number(b.size > LARGE) || b.modified - a.modified;
}

/** Files whose text was lost to damage, or that could not be opened when they were looked at. */
function wantsAnotherLook(record: FileRecord): boolean {
  if (record.problem === null) return record.contentHash === '';
  return record.problem === 'unreadable';
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isDirectory();
  } catch {
    return false;
  }
}

function recordsBelow(records: Iterable<FileRecord>, folder: string): FileRecord[] {
  const prefixes = [`${folder}/`, `${folder}\\`];
  return [...records].filter((record) => prefixes.some((prefix) => record.path.startsWith(prefix)));
}
