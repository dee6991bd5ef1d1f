import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Memory behind a native object; the addon checks its type on every call. */
export type NativeHandle = object & { readonly __native: never };

/** What a search did: passages scored exactly and by their centroids, list entries read, milliseconds by stage. */
export interface SearchWork {
  readonly scored: number;
  readonly estimated: number;
  readonly postings: number;
  /** Scores of all centroids. */
  readonly table: number;
  /** Choosing and reading inverted lists. */
  readonly lists: number;
  /** Centroid interaction. */
  readonly estimate: number;
  /** Exact MaxSim. */
  readonly score: number;
}

export interface NativeHits extends SearchWork {
  readonly keys: Uint32Array;
  readonly scores: Float32Array;
  /** A row of similarities for each key; empty where they were not asked for. */
  readonly matches: Float32Array;
}

/** What native/binding.cc exports. Every function throws an Error with `code` 'native-guard' for what it refuses. */
export interface Addon {
  /** Bumped when a signature here changes; a binary of another number is not used. */
  readonly abi: number;
  /** Names of the kernels that this processor can run, best last. */
  kernels(): string[];
  createCodebook(
    dimension: number,
    bits: number,
    centroids: Float32Array,
    scales: Float32Array,
    inverseNorms: Float32Array,
    scaleBorders: Float64Array,
    normBorders: Float64Array,
    kernel: string,
  ): NativeHandle;
  kernelOf(codebook: NativeHandle): string;
  compress(codebook: NativeHandle, vectors: Float32Array): NativeMultivector;
  compressBatch(codebook: NativeHandle, vectors: Float32Array): Promise<NativeMultivector>;
  poolBatch(
    vectors: Float32Array,
    dimension: number,
    counts: Uint32Array,
    factor: number,
  ): Promise<NativePooled>;
  /** For each vector of each passage the centroids that it is the nearest of the passage to; of equal ones the first. */
  wins(codebook: NativeHandle, vectors: Float32Array, counts: Uint32Array): Promise<Uint32Array>;
  /** Nearest centroid of each vector, for fitting codebooks. */
  assign(codebook: NativeHandle, vectors: Float32Array): Promise<Uint16Array>;
  createIndex(codebook: NativeHandle, threads: number): NativeHandle;
  add(
    index: NativeHandle,
    key: number,
    tag: number,
    centroids: Uint16Array,
    residuals: Uint8Array,
    scales: Uint8Array,
  ): void;
  remove(index: NativeHandle, key: number): boolean;
  has(index: NativeHandle, key: number): boolean;
  createCancellation(): NativeHandle;
  cancel(cancellation: NativeHandle): void;
  search(
    index: NativeHandle,
    query: Float32Array,
    weights: Float32Array | null,
    allow: Uint32Array | null,
    k: number,
    exhaustive: boolean,
    recall: number,
    cancellation: NativeHandle,
    matches: boolean,
  ): Promise<NativeHits>;
  score(
    index: NativeHandle,
    query: Float32Array,
    keys: Uint32Array,
    weights: Float32Array | null,
  ): Float32Array;
  /** A row of similarities for each key, NaN for keys that are not there. */
  matches(index: NativeHandle, query: Float32Array, keys: Uint32Array): Promise<Float32Array>;
  align(index: NativeHandle, query: Float32Array, keys: Uint32Array): NativeAlignments;
  chance(
    index: NativeHandle,
    query: Float32Array,
    sample: number,
  ): Promise<{ mean: Float32Array; deviation: Float32Array; sampled: number }>;
  stats(index: NativeHandle): { passages: number; vectors: number; bytes: number; mapped: number };
  /** Writes segments that are not on the disk to `folder`; resolves with the paths of all files of the index. */
  persist(index: NativeHandle, folder: string): Promise<string[]>;
  /** Maps files and takes those of their passages that are among the keys (ascending) with the same tag. */
  restore(
    index: NativeHandle,
    paths: readonly string[],
    keys: Uint32Array,
    tags: Uint32Array,
    all: boolean,
  ): Promise<NativeRestored>;
  /** Checks mapped residuals; resolves with the keys of passages that were damaged and are removed. */
  verify(index: NativeHandle): Promise<Uint32Array>;
  /** Resolves when merging and compaction have caught up. */
  settle(index: NativeHandle): Promise<void>;
  close(index: NativeHandle): void;
  /** Bounds what the C library's heap keeps; sizes in bytes. False where it is not glibc's. */
  limitHeap(arenas: number, mapFrom: number, keepFree: number): boolean;
  /** Gives free pages of the C library's heap back to the system, in a thread of its own. */
  releaseHeap(): Promise<void>;
}

export interface NativeMultivector {
  readonly centroids: Uint16Array;
  readonly residuals: Uint8Array;
  readonly scales: Uint8Array;
}

/** A row of `similarity` and `best` for each key; `found` is 0 for keys that are not there. */
export interface NativeAlignments {
  readonly found: Uint8Array;
  readonly similarity: Float32Array;
  readonly best: Uint32Array;
}

/** Files that can't be used, and keys that are not in the index. */
export interface NativeRestored {
  readonly unusable: string[];
  readonly missing: Uint32Array;
}

/** Pooled vectors of several passages, one after the other; groups count from 0 in each passage. */
export interface NativePooled {
  readonly vectors: Float32Array;
  readonly groups: Uint16Array;
  readonly counts: Uint32Array;
}

export const ADDON_ABI = 8;

export type LoadedAddon =
  | { readonly addon: Addon; readonly path: string }
  | { readonly addon: null; readonly reason: string };

/** Where the binary can lie: beside the sources, beside dist/, or unpacked from an Electron archive. */
function candidatePaths(): string[] {
  const here = dirname(fileURLToPath(import.meta.url));
  const roots = [resolve(here, '../..'), resolve(here, '../../..')];
  const unpacked = roots.map((root) => root.replace(/app\.asar(?=$|[\\/])/, 'app.asar.unpacked'));
  return [...new Set([...unpacked, ...roots])].map((root) => join(root, 'native', 'build', 'passim.node'));
}

/**
 * Loads the native addon.
 * @param path tries this file only; PASSIM_ADDON in the environment does the same, and "off" turns the addon off
 */
export function loadAddon(path: string | undefined = process.env.PASSIM_ADDON): LoadedAddon {
  if (path === 'off') return { addon: null, reason: 'the native index is turned off by PASSIM_ADDON=off' };
  const found = (path === undefined ? candidatePaths() : [path]).find((candidate) => existsSync(candidate));
  if (found === undefined)
    return {
      addon: null,
      reason: 'the native index is not built (no C++ compiler at install time?); run "npm run build:native"',
    };
  try {
    const addon = createRequire(import.meta.url)(found) as Addon;
    if (addon.abi !== ADDON_ABI)
      return { addon: null, reason: `${found} belongs to another version; run "npm run build:native"` };
    return { addon, path: found };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { addon: null, reason: `${found} could not be loaded: ${message}` };
  }
}
