import { setTimeout as sleep } from 'node:timers/promises';
import type { FileRecord } from '../../../app/contract/file.ts';
import { type Scheduler, silentLogger } from '../../../app/contract/ports.ts';
import type { WatchedFolder } from '../../../app/contract/settings.ts';
import type { WatchFactory, WatchRequest } from '../../../app/watch/backend.ts';
import { FolderRules } from '../../../app/watch/ignore.ts';
import { reconcile } from '../../../app/watch/reconcile.ts';
import { scanFolder, statFile } from '../../../app/watch/scan.ts';
import {
  FolderWatcher,
  type FolderWatcherOptions,
  type PathBatch,
  type WatchState,
} from '../../../app/watch/watcher.ts';
import { recordOf, watched } from './folders.ts';

/** A backend whose events a test makes up. */
export class FakeBackend {
  readonly requests: WatchRequest[] = [];
  open = 0;
  /** Thrown when the next watch begins. */
  refuse: Error | null = null;
  autoReady = true;

  readonly factory: WatchFactory = (request) => {
    if (this.refuse !== null) throw this.refuse;
    this.requests.push(request);
    this.open += 1;
    if (this.autoReady) queueMicrotask(request.onReady);
    let closed = false;
    return {
      close: async () => {
        if (!closed) this.open -= 1;
        closed = true;
      },
    };
  };

  get last(): WatchRequest {
    const request = this.requests.at(-1);
    if (request === undefined) throw new Error('nothing is watched');
    return request;
  }

  event(...paths: string[]): void {
    for (const path of paths) this.last.onEvent(path);
  }
}

export function limitError(code: string): Error {
  return Object.assign(new Error(`${code}: limit reached, watch`), { code });
}

/** Takes what a watcher tells into a ledger as the engine does, and keeps a record of it. */
export class TestIndex {
  readonly ledger = new Map<string, FileRecord>();
  readonly batches: PathBatch[] = [];
  readonly rescans: string[] = [];
  readonly states: WatchState[] = [];
  readonly notices: string[] = [];
  readonly renames: string[] = [];
  /** Called before a batch or a rescan is taken. */
  before: () => Promise<void> = async () => {};
  busy = 0;
  mostBusy = 0;
  readonly watcher: FolderWatcher;

  constructor(
    folders: readonly (string | WatchedFolder)[],
    scheduler: Scheduler,
    options: Partial<FolderWatcherOptions> = {},
  ) {
    this.watcher = new FolderWatcher({
      folders: folders.map((folder) => (typeof folder === 'string' ? watched(folder) : folder)),
      scheduler,
      logger: silentLogger,
      isRemote: async () => false,
      onBatch: (root, batch) => this.#exclusive(() => this.#batch(root, batch)),
      onRescan: (root, reason, rules) => this.#exclusive(() => this.#rescan(root, reason, rules)),
      onState: (_root, state) => this.states.push(state),
      onNotice: (message) => this.notices.push(message),
      ...options,
    });
  }

  get paths(): string[] {
    return [...this.ledger.keys()].sort();
  }

  async #exclusive(task: () => Promise<void>): Promise<void> {
    this.busy += 1;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    try {
      await this.before();
      await task();
    } finally {
      this.busy -= 1;
    }
  }

  async #batch(root: string, batch: PathBatch): Promise<void> {
    this.batches.push(batch);
    for (const path of batch.changed) {
      const file = await statFile(path, root);
      if (file !== null) this.ledger.set(path, recordOf(file));
    }
    for (const path of batch.removed) {
      for (const known of [...this.ledger.keys()]) {
        if (known === path || known.startsWith(`${path}/`)) this.ledger.delete(known);
      }
    }
  }

  async #rescan(root: string, reason: string, rules: FolderRules): Promise<void> {
    this.rescans.push(reason);
    const scan = await scanFolder({ rules });
    if (scan.state !== 'ok') return;
    const known = [...this.ledger.values()].filter((record) => record.root === root);
    const { added, changed, removed, renamed } = reconcile(scan, known);
    for (const record of removed) this.ledger.delete(record.path);
    for (const { file, record } of renamed) {
      this.ledger.delete(record.path);
      this.renames.push(`${record.path} → ${file.path}`);
    }
    for (const file of [...added, ...changed.map((pair) => pair.file), ...renamed.map((pair) => pair.file)]) {
      this.ledger.set(file.path, recordOf(file));
    }
  }

  /** Waits, in real time, until what the watcher began is done. */
  readonly settled = async (): Promise<void> => {
    for (let quiet = 0; quiet < 3; ) {
      await sleep(2);
      quiet = this.watcher.busy || this.busy > 0 ? 0 : quiet + 1;
    }
  };
}

/** Paths that a fresh scan finds. */
export async function freshPaths(root: string): Promise<string[]> {
  const scan = await scanFolder({ rules: new FolderRules(watched(root)) });
  if (scan.state !== 'ok') throw new Error(scan.state);
  return scan.files.map((file) => file.path).sort();
}

/** Waits in real time until a condition holds. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('the condition did not come to hold');
    await sleep(25);
  }
}
