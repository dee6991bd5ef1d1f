import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backupPath } from './backup.ts';
import { writeFileDurably } from './durable-file.ts';
import { type TableName, tableDirectory } from './lance-table.ts';
import { cutManifest, listManifests, type Manifest, manifestName, parseManifest } from './manifest.ts';
import type { StoreIo } from './store-io.ts';
import { findDamage } from './table-check.ts';

export interface TableRepair {
  /** "absent": never made. "lost": nothing could be saved and the table was removed. */
  readonly state: 'absent' | 'sound' | 'repaired' | 'lost';
  /** What was found, for a person. */
  readonly notes: readonly string[];
  /** Indices that have to be made anew. */
  readonly brokenIndices: readonly string[];
}

interface Candidate {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
}

/**
 * Makes a table openable before LanceDB sees it: a damaged newest manifest is put back from its copy or gives way
 * to the version before, and data files that are not whole are left out. LanceDB itself refuses such a table, or,
 * worse, opens it as one of 0 rows. Only for the process that holds the writer's lock.
 */
export async function repairTable(directory: string, name: TableName, io: StoreIo): Promise<TableRepair> {
  const table = tableDirectory(directory, name);
  const notes: string[] = [];
  const backup = readCandidate(backupPath(directory, name));
  if (!existsSync(table)) {
    if (!backup) return { state: 'absent', notes, brokenIndices: [] };
    return { state: 'lost', notes: [`The table ${name} is gone.`], brokenIndices: [] };
  }
  const listed = listManifests(table);
  let chosen: Candidate | null = null;
  const damaged: string[] = [];
  for (const { version, path } of listed) {
    const candidate = readCandidate(path);
    if (candidate?.manifest.version === version) {
      chosen = candidate;
      break;
    }
    damaged.push(path);
  }
  if (backup && (!chosen || backup.manifest.version > chosen.manifest.version)) {
    await writeManifest(table, backup.manifest.version, backup.bytes, io);
    chosen = backup;
    notes.push(`The newest version of the table ${name} was damaged and was put back from its copy.`);
  } else if (chosen && damaged.length > 0) {
    notes.push(`The newest version of the table ${name} was damaged; the one before it was taken.`);
  }
  if (!chosen) {
    await rm(table, { recursive: true, force: true });
    return { state: 'lost', notes: [`No version of the table ${name} could be read.`], brokenIndices: [] };
  }
  const current = manifestName(chosen.manifest.version);
  for (const path of damaged) if (!path.endsWith(current)) await rm(path, { force: true });

  const damage = findDamage(table, chosen.manifest);
  if (damage.files.length > 0) notes.push(`Damaged files of the table ${name}: ${damage.files.join(', ')}.`);
  if (damage.fragments.size > 0 || damage.deletions.size > 0) {
    const version = Math.max(chosen.manifest.version, listed[0]?.version ?? 0) + 1;
    await writeManifest(table, version, cutManifest(chosen.bytes, version, damage), io);
  }
  return {
    state: notes.length === 0 ? 'sound' : 'repaired',
    notes,
    brokenIndices: damage.indices,
  };
}

/** Makes the newest version of a table one without these fragments. */
export async function leaveOutFragments(
  table: string,
  fragments: ReadonlySet<number>,
  io: StoreIo,
): Promise<void> {
  const newest = listManifests(table)[0];
  const candidate = newest ? readCandidate(newest.path) : null;
  if (!candidate) return;
  const version = candidate.manifest.version + 1;
  const cut = cutManifest(candidate.bytes, version, { fragments, deletions: new Set() });
  await writeManifest(table, version, cut, io);
}

async function writeManifest(table: string, version: number, bytes: Uint8Array, io: StoreIo): Promise<void> {
  const folder = join(table, '_versions');
  await mkdir(folder, { recursive: true });
  // The hint would send LanceDB to a version that is not the newest any more.
  await rm(join(folder, 'latest_version_hint.json'), { force: true });
  await writeFileDurably(join(folder, manifestName(version)), bytes, io);
}

function readCandidate(path: string): Candidate | null {
  try {
    const bytes = readFileSync(path);
    const manifest = parseManifest(bytes);
    return manifest ? { manifest, bytes } : null;
  } catch {
    return null;
  }
}

/** True when the newest manifest of every table is whole, as far as reading goes. */
export function looksSound(directory: string, names: readonly TableName[]): boolean {
  return names.every((name) => {
    const newest = listManifests(tableDirectory(directory, name))[0];
    return newest !== undefined && readCandidate(newest.path) !== null;
  });
}
