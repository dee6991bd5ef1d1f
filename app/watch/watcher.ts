import { resolve } from 'node:path';
import type { Logger, Scheduler } from '../contract/ports.ts';
import type { WatchedFolder } from '../contract/settings.ts';
import { chokidarFactory, type WatchFactory } from './backend.ts';
import { directoryFactory } from './directory-backend.ts';
import { FolderWatch, type RescanReason, type WatchState } from './folder-watch.ts';
import { FolderRules, type IgnoreDecision } from './ignore.ts';
import { rootOf } from './paths.ts';
import type { PathBatch } from './pending.ts';
import { isRemoteFolder } from './remote.ts';

export type { RescanReason, WatchState } from './folder-watch.ts';
export type { PathBatch } from './pending.ts';

/** What a watcher tells. For one folder, at most one of `onBatch` and `onRescan` runs at a time. */
export interface WatchListener {
  /**
   * Paths that changed and came to rest. The next batch of this folder comes when the promise is fulfilled; when
   * it is rejected the folder is compared as a whole a while later.
   */
  readonly onBatch: (root: string, batch: PathBatch) => Promise<void>;
  /** The folder should be compared with the index: `scanFolder({ rules })`, then `reconcile`. */
  readonly onRescan: (root: string, reason: RescanReason, rules: FolderRules) => Promise<void>;
  readonly onState?: (root: string, state: WatchState) => void;
  /** Something that a person should know, told once. */
  readonly onNotice?: (message: string) => void;
}

export interface FolderWatcherOptions extends WatchListener {
  readonly folders: readonly WatchedFolder[];
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly watchFactory?: WatchFactory;
  readonly platform?: NodeJS.Platform;
  /** Minutes between two comparisons of a folder whose changes are told. */
  readonly reconcileMinutes?: number;
  /** Folders that are never entered, such as the one that holds the index. */
  readonly skip?: readonly string[];
  readonly isRemote?: (root: string) => Promise<boolean>;
}

const DEFAULT_RECONCILE_MINUTES = 30;

/**
 * Watches folders and tells what changed in them: paths where the system tells of changes, requests for a
 * comparison where it does not or where too much happened at once. A folder that is missing is waited for, and
 * nothing is ever told to be removed because of that.
 */
export class FolderWatcher {
  readonly #options: FolderWatcherOptions;
  readonly #platform: NodeJS.Platform;
  readonly #watches = new Map<string, { watch: FolderWatch; rules: FolderRules; key: string }>();
  #limitTold = false;
  #stopped = false;

  constructor(options: FolderWatcherOptions) {
    this.#options = options;
    this.#platform = options.platform ?? process.platform;
  }

  /** Begins to watch; each folder is first asked to be compared. */
  start(): Promise<void> {
    return this.setFolders(this.#options.folders);
  }

  /** Watches these folders from now on: new ones begin, missing ones end, changed ones begin anew. */
  async setFolders(folders: readonly WatchedFolder[]): Promise<void> {
    if (this.#stopped) return;
    const roots = folders.map((folder) => resolve(folder.path));
    const wanted = new Map<string, { folder: WatchedFolder; skip: readonly string[]; key: string }>();
    folders.forEach((folder, index) => {
      const root = roots[index] ?? '';
      // A folder inside another watched one belongs to itself alone.
      const skip = [...(this.#options.skip ?? []), ...roots.filter((other) => other !== root)];
      wanted.set(root, { folder, skip, key: JSON.stringify([folder, skip]) });
    });
    const ending: Promise<void>[] = [];
    for (const [root, { watch, key }] of [...this.#watches]) {
      if (wanted.get(root)?.key === key) continue;
      this.#watches.delete(root);
      ending.push(watch.stop());
    }
    await Promise.all(ending);
    for (const [root, { folder, skip, key }] of wanted) {
      if (!this.#watches.has(root)) this.#begin(root, folder, skip, key);
    }
  }

  /** Asks for a comparison of one folder, or of all. */
  rescan(root?: string): void {
    for (const [path, { watch }] of this.#watches) {
      if (root === undefined || resolve(root) === path) watch.requestRescan('periodic');
    }
  }

  status(): ReadonlyMap<string, WatchState> {
    return new Map([...this.#watches].map(([root, { watch }]) => [root, watch.state]));
  }

  /** Whether nothing waits to be told. */
  get idle(): boolean {
    return [...this.#watches.values()].every(({ watch }) => watch.idle);
  }

  /** Whether something is being looked at or handed on at this moment. */
  get busy(): boolean {
    return [...this.#watches.values()].some(({ watch }) => watch.busy);
  }

  /** The rules of a watched folder; undefined when it is not watched. */
  rules(root: string): FolderRules | undefined {
    return this.#watches.get(resolve(root))?.rules;
  }

  /** Why a path is indexed or not. */
  explain(path: string, isDirectory: boolean): IgnoreDecision {
    const root = rootOf(path, [...this.#watches.keys()]);
    const rules = root === null ? undefined : this.rules(root);
    return rules?.explain(path, isDirectory) ?? { ignored: true, rule: '', source: 'in no watched folder' };
  }

  /** Ends all watches, after what is being handed on now. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const watches = [...this.#watches.values()];
    this.#watches.clear();
    await Promise.all(watches.map(({ watch }) => watch.stop()));
  }

  #begin(root: string, folder: WatchedFolder, skip: readonly string[], key: string): void {
    const { scheduler, logger, onBatch, onRescan, onState, watchFactory, isRemote, reconcileMinutes } =
      this.#options;
    const platform = this.#platform;
    const rules = new FolderRules(folder, { skip, platform });
    const watch = new FolderWatch({
      root,
      rules,
      scheduler,
      logger,
      platform,
      factory: watchFactory ?? (platform === 'linux' ? directoryFactory() : chokidarFactory),
      reconcileMs: (reconcileMinutes ?? DEFAULT_RECONCILE_MINUTES) * 60_000,
      isRemote: isRemote ?? ((path) => isRemoteFolder(path, platform)),
      onBatch: (batch) => onBatch(root, batch),
      onRescan: (reason) => onRescan(root, reason, rules),
      onState: (state) => onState?.(root, state),
      onLimit: (code) => this.#tellLimit(code),
    });
    this.#watches.set(root, { watch, rules, key });
    watch.start();
  }

  #tellLimit(code: string): void {
    if (this.#limitTold) return;
    this.#limitTold = true;
    const limit =
      code === 'ENOSPC'
        ? 'The system allows no more folders to be watched. Raise fs.inotify.max_user_watches to have changes found at once'
        : 'The system allows no more open files. Raise the limit (ulimit -n) to have changes found at once';
    this.#options.onNotice?.(`${limit}; until then such folders are scanned every minute.`);
  }
}
