import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Scheduler } from '../contract/ports.ts';
import { isWithin } from './paths.ts';
import { lookAt } from './scan.ts';

/** Paths that changed, absolute. A removed path may have been a folder: everything below it is gone too. */
export interface PathBatch {
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** A file that goes on changing is told of once it has looked the same for this long; a removal once it has lasted so. */
export const SETTLE_MS = 1000;
/** A file that looked the same since its first change is told of after this: most saves are one write. */
export const FIRST_SETTLE_MS = 300;
/** A file told of less than this ago is one that goes on changing. */
export const CALM_MS = 10_000;
/** A file that never stops changing (a log) is told of this often. */
export const RESTLESS_MS = 30_000;
/** Paths in one batch at most. */
export const BATCH_SIZE = 500;
/** Above this many waiting paths a scan is cheaper and surer. */
export const OVERFLOW = 30_000;
const LOOKS_AT_ONCE = 32;
/** A path that looked different this often is being written all the time; nothing waits for it. */
const RESTLESS_TURNS = 4;
const GONE = 'gone';
const FOLDER = 'folder';

interface Waiting {
  /** As the backend spelled it last. */
  path: string;
  /** When the path was first told of since it was last in a batch. */
  readonly since: number;
  /** What it looked like, and when it began to look so; null before the first look. */
  look: { readonly state: string; readonly at: number } | null;
  /** How often it looked different from the time before. */
  turns: number;
}

/** What came of looking at the waiting paths. */
export interface Collected {
  readonly batch: PathBatch;
  /** Whether paths vanished in a way that only a scan can judge, such as a disk that was unmounted. */
  readonly suspicious: boolean;
}

/**
 * Paths that the system told of and that wait until they are at rest. An atomic save (write beside, rename over)
 * and a delete followed by a new file come out as one change; removals come out after the changes that they
 * arrived with, so that whoever takes the batches finds a renamed file's new path first.
 */
export class PendingPaths {
  readonly #root: string;
  readonly #scheduler: Scheduler;
  readonly #platform: NodeJS.Platform;
  readonly #waiting = new Map<string, Waiting>();
  /** When files were last told of as changed, oldest first; those of the last {@link CALM_MS}. */
  readonly #told = new Map<string, number>();

  constructor(root: string, scheduler: Scheduler, platform: NodeJS.Platform) {
    this.#root = root;
    this.#scheduler = scheduler;
    this.#platform = platform;
  }

  get size(): number {
    return this.#waiting.size;
  }

  get overflows(): boolean {
    return this.#waiting.size > OVERFLOW;
  }

  clear(): void {
    this.#waiting.clear();
    this.#told.clear();
  }

  /** Notes that something happened to a path. */
  note(path: string): void {
    const key = this.#platform === 'darwin' ? path.normalize('NFC') : path;
    const known = this.#waiting.get(key);
    if (known !== undefined) {
      known.path = path;
      return;
    }
    const now = this.#scheduler.monotonic();
    for (const [old, at] of this.#told) {
      if (now - at < CALM_MS) break;
      this.#told.delete(old);
    }
    this.#waiting.set(key, { path, since: now, look: null, turns: this.#told.has(key) ? 1 : 0 });
  }

  /** Milliseconds until looking again can give something; null when nothing waits. */
  nextLook(): number | null {
    const now = this.#scheduler.monotonic();
    let soonest: number | null = null;
    for (const { look, turns } of this.#waiting.values()) {
      const wait = look === null ? 0 : Math.max(0, look.at + settleTime(look.state, turns) - now);
      if (soonest === null || wait < soonest) soonest = wait;
      if (soonest === 0) break;
    }
    return soonest;
  }

  /** Takes up to {@link BATCH_SIZE} paths that are at rest. */
  async collect(): Promise<Collected> {
    const changes = await this.#takeRested(
      this.#due((state) => state !== GONE),
      BATCH_SIZE,
    );
    const limit = this.#oldestUnsettled() - SETTLE_MS;
    const removals = await this.#takeRested(
      this.#due((state) => state === GONE).filter(([, { since }]) => since < limit),
      BATCH_SIZE - changes.changed.length,
    );
    const { certain, suspicious } = await this.#judge(removals.gone);
    return { batch: { changed: [...changes.changed, ...removals.changed], removed: certain }, suspicious };
  }

  /** Looks at paths in turn and takes out those at rest, up to a limit. */
  async #takeRested(
    due: readonly (readonly [string, Waiting])[],
    limit: number,
  ): Promise<{ changed: string[]; gone: string[] }> {
    const changed: string[] = [];
    const gone: string[] = [];
    let slice: typeof due = [];
    for (let from = 0; from < due.length; from += slice.length) {
      const room = limit - changed.length - gone.length;
      if (room <= 0) break;
      slice = due.slice(from, from + Math.min(room, LOOKS_AT_ONCE));
      const states = await Promise.all(slice.map(([, waiting]) => this.#look(waiting.path)));
      slice.forEach(([key, waiting], index) => {
        const state = states[index] ?? GONE;
        if (!this.#isAtRest(waiting, state)) return;
        this.#waiting.delete(key);
        if (state === GONE) gone.push(waiting.path);
        else if (state !== FOLDER) {
          changed.push(waiting.path);
          this.#told.delete(key);
          this.#told.set(key, this.#scheduler.monotonic());
        }
      });
    }
    return { changed, gone };
  }

  /** Waiting paths whose time to be looked at has come, of those that looked as asked for the time before. */
  #due(which: (state: string | undefined) => boolean): [string, Waiting][] {
    const now = this.#scheduler.monotonic();
    return [...this.#waiting].filter(
      ([, { look, turns }]) =>
        which(look?.state) && (look === null || now - look.at >= settleTime(look.state, turns)),
    );
  }

  /** When the oldest change came that is not told of yet and that removals have to wait for. */
  #oldestUnsettled(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { look, since, turns } of this.#waiting.values()) {
      if (look?.state !== GONE && turns < RESTLESS_TURNS) oldest = Math.min(oldest, since);
    }
    return oldest;
  }

  #isAtRest(waiting: Waiting, state: string): boolean {
    const now = this.#scheduler.monotonic();
    if (waiting.look?.state === state) return true;
    waiting.look = { state, at: now };
    waiting.turns += 1;
    return state !== GONE && now - waiting.since >= RESTLESS_MS;
  }

  async #look(path: string): Promise<string> {
    try {
      const found = await lookAt(path, this.#root, this.#platform);
      if (found === null) return GONE;
      if (found === 'folder') return FOLDER;
      return `${found.size} ${found.modified} ${found.identity} ${found.placeholder}`;
    } catch (error) {
      // A path that can't be looked at is told of as changed: the reader will say what is wrong with it.
      return `unreadable ${error instanceof Error && 'code' in error ? error.code : ''}`;
    }
  }

  /**
   * Leaves out removals that may be none: when the nearest folder that is left has nothing in it, a disk may have
   * been unmounted there, which a scan can tell from the device that the ledger knows.
   */
  async #judge(paths: readonly string[]): Promise<{ certain: string[]; suspicious: boolean }> {
    const verdicts = new Map<string, boolean>();
    const certain: string[] = [];
    for (const path of paths) {
      const parent = dirname(path);
      let emptied = verdicts.get(parent);
      if (emptied === undefined) {
        emptied = await this.#isEmptied(parent);
        verdicts.set(parent, emptied);
      }
      if (!emptied) certain.push(path);
    }
    return { certain, suspicious: certain.length < paths.length };
  }

  async #isEmptied(folder: string): Promise<boolean> {
    for (let path = folder; isWithin(this.#root, path); path = dirname(path)) {
      try {
        return (await readdir(path)).length === 0;
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : '';
        if (code !== 'ENOENT' && code !== 'ENOTDIR') return true;
      }
      if (path === this.#root) break;
    }
    return true;
  }
}

/** How long a path has to look the same after it has looked different `turns` times. */
function settleTime(state: string, turns: number): number {
  return state !== GONE && turns <= 1 ? FIRST_SETTLE_MS : SETTLE_MS;
}
