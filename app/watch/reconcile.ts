import { sep } from 'node:path';
import type { FileRecord } from '../contract/file.ts';
import { comparablePath } from './paths.ts';
import { deviceOf, type ScannedFile, type ScanResult } from './scan.ts';

export interface FilePair {
  readonly file: ScannedFile;
  readonly record: FileRecord;
}

/** What has to be done for the index to agree with a folder. */
export interface Reconciliation {
  readonly added: readonly ScannedFile[];
  readonly changed: readonly FilePair[];
  readonly removed: readonly FileRecord[];
  /** The same file under another path: its passages stay. */
  readonly renamed: readonly FilePair[];
  readonly unchanged: readonly FilePair[];
  /** Known files that the scan could not see (a folder that can't be read, a disk that is not there): kept. */
  readonly kept: readonly FileRecord[];
  /** Whether the folder itself is the empty place of a disk that is not there. */
  readonly missing: boolean;
}

/**
 * Compares a listing with what the index knows of the same folder. A file is unchanged when path, size and time
 * of modification agree; its inode may differ, as it does on many network drives after every mount. A new path
 * with the device, inode, size and time of one that is gone is a rename.
 *
 * @param scan a complete listing; the type keeps out a folder that could not be seen
 * @param records rows whose `root` is the scanned folder
 */
export function reconcile(
  scan: Extract<ScanResult, { state: 'ok' }>,
  records: Iterable<FileRecord>,
  platform: NodeJS.Platform = process.platform,
): Reconciliation {
  const known = new Map<string, FileRecord>();
  for (const record of records) known.set(comparablePath(record.path, platform), record);
  const fresh: ScannedFile[] = [];
  const changed: FilePair[] = [];
  const unchanged: FilePair[] = [];
  const unseen = new Map(known);
  for (const file of scan.files) {
    const path = comparablePath(file.path, platform);
    const record = known.get(path);
    unseen.delete(path);
    if (record === undefined) fresh.push(file);
    else (isUnchanged(file, record) ? unchanged : changed).push({ file, record });
  }
  const removed: FileRecord[] = [];
  const kept: FileRecord[] = [];
  const unsure = new Set(
    [...scan.unreadable, ...scan.unnameable].map((path) => comparablePath(path, platform)),
  );
  const empty = new Map(
    [...scan.emptyFolders].map(([path, device]) => [comparablePath(path, platform), device]),
  );
  for (const [path, record] of unseen) {
    const keep = isBelowAny(path, unsure) || isOnMissingDisk(path, record, empty);
    (keep ? kept : removed).push(record);
  }
  const { added, renamed, gone } = pairRenames(fresh, removed);
  const missing = scan.files.length === 0 && kept.length > 0 && scan.emptyFolders.has(scan.root);
  return { added, changed, removed: gone, renamed, unchanged, kept, missing };
}

/** Whether a file is as the index knows it: size, time of modification and whether it can be read at all. */
export function isUnchanged(file: ScannedFile, record: FileRecord): boolean {
  return (
    file.size === record.size &&
    Math.floor(file.modified) === Math.floor(record.modified) &&
    file.placeholder === (record.problem === 'placeholder') &&
    file.notAFile === (record.problem === 'not-a-file')
  );
}

function pairRenames(
  fresh: readonly ScannedFile[],
  removed: readonly FileRecord[],
): { added: ScannedFile[]; renamed: FilePair[]; gone: FileRecord[] } {
  const byIdentity = new Map<string, FileRecord>();
  for (const record of removed) if (record.identity !== '') byIdentity.set(record.identity, record);
  const added: ScannedFile[] = [];
  const renamed: FilePair[] = [];
  const moved = new Set<FileRecord>();
  for (const file of fresh) {
    const record = file.identity === '' ? undefined : byIdentity.get(file.identity);
    if (record !== undefined && !moved.has(record) && isUnchanged(file, record)) {
      moved.add(record);
      renamed.push({ file, record });
    } else {
      added.push(file);
    }
  }
  return { added, renamed, gone: removed.filter((record) => !moved.has(record)) };
}

function* ancestors(path: string): Generator<string> {
  for (let at = path.lastIndexOf(sep); at > 0; at = path.lastIndexOf(sep, at - 1)) yield path.slice(0, at);
}

function isBelowAny(path: string, folders: ReadonlySet<string>): boolean {
  if (folders.size === 0) return false;
  if (folders.has(path)) return true;
  for (const folder of ancestors(path)) if (folders.has(folder)) return true;
  return false;
}

/** Whether the folder above is empty and on another device than the file was: a disk was unmounted there. */
function isOnMissingDisk(path: string, record: FileRecord, empty: ReadonlyMap<string, string>): boolean {
  if (empty.size === 0 || record.identity === '') return false;
  for (const folder of ancestors(path)) {
    const device = empty.get(folder);
    if (device !== undefined) return device !== deviceOf(record.identity);
  }
  return false;
}
