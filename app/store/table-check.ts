import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { Manifest, NamedFile } from './manifest.ts';

const MAGIC = Buffer.from('LANC', 'latin1');

/** What a manifest names and the disk does not have whole. */
export interface Damage {
  /** Ids of fragments with a data file that is missing, cut short or without its end mark. */
  readonly fragments: ReadonlySet<number>;
  /** Ids of fragments whose list of deleted rows is. Leaving the list out brings back rows that the ledger disowns. */
  readonly deletions: ReadonlySet<number>;
  /** Names of indices with such a file. */
  readonly indices: readonly string[];
  /** The files concerned, relative to the table. */
  readonly files: readonly string[];
}

/** Looks at the size and the end of every file that a manifest names: all the damage that a power cut leaves. */
export function findDamage(table: string, manifest: Manifest): Damage {
  const fragments = new Set<number>();
  const deletionLists = new Set<number>();
  const files: string[] = [];
  const deletionFiles = listNames(join(table, '_deletions'));
  for (const fragment of manifest.fragments) {
    for (const file of fragment.files) {
      if (isWhole(table, file)) continue;
      fragments.add(fragment.id);
      files.push(file.path);
    }
    const { deletions } = fragment;
    if (deletions === null) continue;
    const name = deletionFiles.find((candidate) => candidate.startsWith(deletions));
    if (name !== undefined && hasContent(join(table, '_deletions', name))) continue;
    deletionLists.add(fragment.id);
    files.push(join('_deletions', name ?? deletions));
  }
  const indices: string[] = [];
  for (const index of manifest.indices) {
    const broken = index.files.find((file) => !isWhole(table, file));
    if (!broken) continue;
    indices.push(index.name);
    files.push(broken.path);
  }
  return { fragments, deletions: deletionLists, indices: [...new Set(indices)], files };
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isWhole(table: string, file: NamedFile): boolean {
  return withFile(join(table, file.path), (descriptor, size) => {
    if (file.bytes > 0 && size !== file.bytes) return false;
    if (!file.path.endsWith('.lance')) return size > 0;
    const end = Buffer.alloc(MAGIC.length);
    return readSync(descriptor, end, 0, end.length, size - end.length) === end.length && end.equals(MAGIC);
  });
}

/** A deletion file is Arrow IPC ("ARROW1" at its end) or a roaring bitmap, which is never all zeros. */
function hasContent(path: string): boolean {
  return withFile(path, (descriptor, size) => {
    const head = Buffer.alloc(Math.min(size, 64));
    readSync(descriptor, head, 0, head.length, 0);
    if (!head.some((byte) => byte !== 0)) return false;
    if (!path.endsWith('.arrow')) return true;
    const end = Buffer.alloc(6);
    return (
      size > 12 && readSync(descriptor, end, 0, 6, size - 6) === 6 && end.toString('latin1') === 'ARROW1'
    );
  });
}

function withFile(path: string, check: (descriptor: number, size: number) => boolean): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return false;
  }
  try {
    const { size } = fstatSync(descriptor);
    return size > 0 && check(descriptor, size);
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
}
