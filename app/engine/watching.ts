import type { Logger, Scheduler } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import { FolderWatcher } from '../watch/watcher.ts';
import type { Folders } from './folders.ts';

interface Options {
  readonly folders: Folders;
  readonly settings: () => Settings;
  /** Folders that are never entered. */
  readonly skip: readonly string[];
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly notice: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Told when a batch of changes or a comparison has been taken up. */
  readonly onTaken: () => void;
}

/** Hears of changes in the watched folders and has them taken up. */
export class Watching {
  readonly #options: Options;
  readonly #watcher: FolderWatcher;

  constructor(options: Options) {
    const { folders, settings, skip, scheduler, logger, notice, onTaken } = options;
    this.#options = options;
    this.#watcher = new FolderWatcher({
      folders: settings().folders,
      scheduler,
      logger,
      skip,
      reconcileMinutes: settings().reconcileMinutes,
      onBatch: async (root, batch) => {
        await folders.apply(root, [...batch.changed, ...batch.removed]);
        onTaken();
      },
      onRescan: async (root) => {
        await folders.sync(root);
        onTaken();
      },
      onState: (root, state) => folders.setWatching(root, state.watching, state.state === 'missing'),
      onNotice: (message) => notice('warn', message),
    });
  }

  /** Begins to watch; each folder is compared first. */
  async start(): Promise<void> {
    await this.#watcher.start();
  }

  /** The list of folders has changed. */
  async restart(): Promise<void> {
    await this.#watcher.setFolders(this.#options.settings().folders);
  }

  /** Compares one folder, or all, again. */
  rescan(root?: string): void {
    this.#watcher.rescan(root);
  }

  async stop(): Promise<void> {
    await this.#watcher.stop();
  }
}
