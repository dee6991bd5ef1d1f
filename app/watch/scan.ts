import type { BigIntStats, Dirent } from 'node:fs';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import type { FolderRules } from './ignore.ts';
import { icloudStub, icloudTarget } from './paths.ts';

/** A file as a scan sees it. */
export interface ScannedFile {
  /** Absolute, as the system spells it. */
  readonly path: string;
  /** The watched folder. */
  readonly root: string;
  readonly size: number;
  /** Whole milliseconds since the epoch. */
  readonly modified: number;
  /** "device:inode", "" where the system has none. */
  readonly identity: string;
  /** Kept online only: its name is known, reading it would download it. */
  readonly placeholder: boolean;
  /** A pipe, device or socket, which must not be opened. */
  readonly notAFile: boolean;
}

export interface ScanCounts {
  readonly folders: number;
  readonly files: number;
  readonly ignored: number;
  /** Symbolic links, none of which is followed. */
  readonly links: number;
}

/**
 * What a scan found. Only 'ok' has a listing, so that a folder which can't be seen just now is never taken for
 * one that is empty.
 */
export type ScanResult =
  | {
      readonly state: 'ok';
      readonly root: string;
      readonly files: readonly ScannedFile[];
      /** Folders that could not be listed: what is known of files below them still stands. */
      readonly unreadable: readonly string[];
      /** Folders with nothing in them and the device they lie on: an unmounted disk leaves such a folder. */
      readonly emptyFolders: ReadonlyMap<string, string>;
      /** Names that are no valid text and can't be addressed. */
      readonly unnameable: readonly string[];
      readonly counts: ScanCounts;
    }
  | {
      readonly state: 'missing' | 'unreadable' | 'not-a-folder';
      readonly root: string;
      readonly detail: string;
    };

export interface ScanOptions {
  readonly rules: FolderRules;
  readonly signal?: AbortSignal;
  /** Folders listed at the same time. */
  readonly concurrency?: number;
  readonly platform?: NodeJS.Platform;
  /** Told now and then while the scan goes on. */
  readonly onProgress?: (counts: ScanCounts) => void;
}

const CONCURRENCY = 8;
/** Entries of one folder that are looked at together. */
const STAT_BATCH = 64;
const PROGRESS_EVERY = 2000;
/** NTFS keeps smaller files in its table, where they take no blocks of their own. */
const NTFS_RESIDENT_BYTES = 4096;

/**
 * Lists a watched folder. Symbolic links are not followed: one that leads outside must not be, and what one
 * inside leads to is listed where it lies. A folder that appears twice (a bind mount that loops) is listed once.
 *
 * @throws the signal's reason when it is aborted
 */
export function scanFolder(options: ScanOptions): Promise<ScanResult> {
  return new Scan(options).run();
}

/**
 * Looks at one path as a scan would.
 * @returns null when it is gone, a folder or a symbolic link
 * @throws the system's error when it may be there and can't be looked at
 */
export async function statFile(
  path: string,
  root: string,
  platform: NodeJS.Platform = process.platform,
): Promise<ScannedFile | null> {
  const found = await lookAt(path, root, platform);
  return found === 'folder' ? null : found;
}

/** As {@link statFile}, telling folders from what is gone. */
export async function lookAt(
  path: string,
  root: string,
  platform: NodeJS.Platform,
): Promise<ScannedFile | 'folder' | null> {
  const stats = await lstatOrNull(path);
  if (stats === null) {
    const stub = platform === 'darwin' ? await lstatOrNull(icloudStub(path)) : null;
    return stub === null ? null : { ...describe(path, root, stub, platform), placeholder: true };
  }
  if (stats.isDirectory()) return 'folder';
  return stats.isSymbolicLink() ? null : describe(path, root, stats, platform);
}

async function lstatOrNull(path: string): Promise<BigIntStats | null> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(codeOf(error))) return null;
    throw error;
  }
}

/** "device:inode" of a path itself or, of a symbolic link, of what it leads to; null when it is not there. */
export async function identityOf(path: string): Promise<string | null> {
  try {
    return identity(await stat(path, { bigint: true }));
  } catch {
    return null;
  }
}

/** The device part of an identity. */
export function deviceOf(identity: string): string {
  return identity.slice(0, Math.max(0, identity.indexOf(':')));
}

function identity(stats: BigIntStats): string {
  return stats.ino === 0n ? '' : `${stats.dev}:${stats.ino}`;
}

function describe(path: string, root: string, stats: BigIntStats, platform: NodeJS.Platform): ScannedFile {
  return {
    path,
    root,
    size: Number(stats.size),
    modified: Number(stats.mtimeMs),
    identity: identity(stats),
    placeholder: isPlaceholder(stats, platform),
    notAFile: !stats.isFile(),
  };
}

/**
 * Whether a file has a size and no contents on this machine. Elsewhere than on macOS and Windows a file without
 * blocks is merely sparse or stored inline.
 */
function isPlaceholder(stats: BigIntStats, platform: NodeJS.Platform): boolean {
  if (stats.blocks !== 0n || !stats.isFile()) return false;
  if (platform === 'darwin') return stats.size > 0n;
  return platform === 'win32' && stats.size >= NTFS_RESIDENT_BYTES;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

class Scan {
  readonly #rules: FolderRules;
  readonly #root: string;
  readonly #signal: AbortSignal | undefined;
  readonly #platform: NodeJS.Platform;
  readonly #onProgress: ((counts: ScanCounts) => void) | undefined;
  readonly #queue: PQueue;
  readonly #files: ScannedFile[] = [];
  readonly #unreadable: string[] = [];
  readonly #unnameable: string[] = [];
  readonly #emptyFolders = new Map<string, string>();
  readonly #seenFolders = new Set<string>();
  #folders = 0;
  #ignored = 0;
  #links = 0;
  #failure: unknown = null;

  constructor(options: ScanOptions) {
    this.#rules = options.rules;
    this.#root = options.rules.root;
    this.#signal = options.signal;
    this.#platform = options.platform ?? process.platform;
    this.#onProgress = options.onProgress;
    this.#queue = new PQueue({ concurrency: options.concurrency ?? CONCURRENCY });
  }

  async run(): Promise<ScanResult> {
    this.#signal?.throwIfAborted();
    let rootStats: BigIntStats;
    let entries: Dirent[];
    try {
      rootStats = await stat(this.#root, { bigint: true });
      if (!rootStats.isDirectory()) {
        return { state: 'not-a-folder', root: this.#root, detail: `${this.#root} is not a folder.` };
      }
      entries = await readdir(this.#root, { withFileTypes: true });
    } catch (error) {
      return this.#rootFault(error);
    }
    this.#rules.forget();
    this.#enqueue(() => this.#listed(this.#root, rootStats, entries));
    await this.#queue.onIdle();
    if (this.#failure !== null) throw this.#failure;
    // A root that went away meanwhile has left an incomplete listing.
    const after = await identityOf(this.#root);
    if (after !== identity(rootStats)) {
      return { state: 'missing', root: this.#root, detail: `${this.#root} went away while it was listed.` };
    }
    return {
      state: 'ok',
      root: this.#root,
      files: this.#files,
      unreadable: this.#unreadable,
      emptyFolders: this.#emptyFolders,
      unnameable: this.#unnameable,
      counts: this.#counts(),
    };
  }

  #rootFault(error: unknown): ScanResult {
    const code = codeOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      return { state: 'missing', root: this.#root, detail: `${this.#root} is not there.` };
    }
    return { state: 'unreadable', root: this.#root, detail };
  }

  #counts(): ScanCounts {
    return { folders: this.#folders, files: this.#files.length, ignored: this.#ignored, links: this.#links };
  }

  #enqueue(task: () => Promise<void>): void {
    void this.#queue.add(async () => {
      if (this.#failure !== null) return;
      try {
        this.#signal?.throwIfAborted();
        await task();
      } catch (error) {
        this.#failure = error;
        this.#queue.clear();
      }
    });
  }

  async #folder(path: string): Promise<void> {
    let stats: BigIntStats;
    let entries: Dirent[];
    try {
      stats = await lstat(path, { bigint: true });
      if (!stats.isDirectory()) return;
      entries = await readdir(path, { withFileTypes: true });
    } catch (error) {
      // Gone meanwhile: its files are gone too. Anything else is no evidence about them.
      if (codeOf(error) !== 'ENOENT') this.#unreadable.push(path);
      return;
    }
    await this.#listed(path, stats, entries);
  }

  async #listed(path: string, stats: BigIntStats, entries: readonly Dirent[]): Promise<void> {
    const own = identity(stats);
    if (own !== '') {
      if (this.#seenFolders.has(own)) return;
      this.#seenFolders.add(own);
    }
    this.#folders += 1;
    if (entries.length === 0) this.#emptyFolders.set(path, String(stats.dev));
    const whole = this.#rules.enter(
      path,
      entries.map((entry) => entry.name),
    );
    if (whole.ignored) {
      this.#ignored += 1;
      return;
    }
    const files: string[] = [];
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isSymbolicLink()) this.#links += 1;
      else if (entry.isDirectory()) this.#subfolder(child);
      else files.push(entry.name);
    }
    for (let from = 0; from < files.length; from += STAT_BATCH) {
      this.#signal?.throwIfAborted();
      await Promise.all(files.slice(from, from + STAT_BATCH).map((name) => this.#file(path, name)));
    }
  }

  #subfolder(path: string): void {
    if (this.#rules.refuses(path)) this.#ignored += 1;
    else this.#enqueue(() => this.#folder(path));
  }

  async #file(directory: string, name: string): Promise<void> {
    const onDisk = join(directory, name);
    const online = icloudTarget(onDisk, this.#platform);
    const path = online ?? onDisk;
    if (this.#rules.decide(path, false).ignored) {
      this.#ignored += 1;
      return;
    }
    try {
      const stats = await lstat(onDisk, { bigint: true });
      // A file system that does not tell types while listing shows them now.
      if (stats.isDirectory()) {
        this.#subfolder(path);
        return;
      }
      if (stats.isSymbolicLink()) {
        this.#links += 1;
        return;
      }
      const file = describe(path, this.#root, stats, this.#platform);
      this.#files.push(online === null ? file : { ...file, placeholder: true });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' && name.includes('\uFFFD')) this.#unnameable.push(onDisk);
      // What can't be looked at keeps what is known of it; what is gone does not.
      else if (code !== 'ENOENT') this.#unreadable.push(onDisk);
      return;
    }
    if (this.#files.length % PROGRESS_EVERY === 0) this.#onProgress?.(this.#counts());
  }
}
