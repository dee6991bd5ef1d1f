import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LanceTable } from './lance-table.ts';
import { listManifests, readManifest } from './manifest.ts';
import { leaveOutFragments } from './repair.ts';
import { isSystemError } from './store-errors.ts';
import type { StoreIo } from './store-io.ts';
import type { Tables } from './tables.ts';

/*
 * Damage inside a data file, which sizes and end marks do not show: it comes to light when the rows are read. Then
 * every fragment is read whole, and those that cannot be are left out, so that one bad block does not cost the index.
 */

function flagPath(directory: string): string {
  return join(directory, 'recovery', 'probe');
}

/** Notes that rows could not be read, so that the next opening looks for them. */
export function requestProbe(directory: string): void {
  try {
    writeFileSync(flagPath(directory), '');
  } catch {
    // Best effort: the error that led here is reported anyway.
  }
}

export function probeRequested(directory: string): boolean {
  return existsSync(flagPath(directory));
}

/**
 * Reads every row of every table and leaves out what cannot be read. The tables have to be opened anew afterwards.
 * @returns what was found, for a person
 */
export async function leaveOutUnreadable(directory: string, tables: Tables, io: StoreIo): Promise<string[]> {
  const notes: string[] = [];
  for (const table of [tables.vectors, tables.passages, tables.files]) {
    const unreadable = await unreadableFragments(table);
    if (unreadable.size === 0) continue;
    await leaveOutFragments(table.directory, unreadable, io);
    notes.push(
      `${unreadable.size} data files of the table ${table.name} could not be read and were left out.`,
    );
  }
  rmSync(flagPath(directory), { force: true });
  return notes;
}

async function unreadableFragments(table: LanceTable): Promise<Set<number>> {
  const unreadable = new Set<number>();
  const newest = listManifests(table.directory)[0];
  const manifest = newest ? readManifest(newest.path) : null;
  let offset = 0;
  for (const fragment of manifest?.fragments ?? []) {
    if (fragment.rows > 0 && !(await canRead(table, offset, fragment.rows))) unreadable.add(fragment.id);
    offset += fragment.rows;
  }
  return unreadable;
}

async function canRead(table: LanceTable, offset: number, rows: number): Promise<boolean> {
  try {
    let read = 0;
    for await (const batch of table.scan({ columns: table.columns, offset, limit: rows }))
      read += batch.numRows;
    return read === rows;
  } catch (error) {
    // A file that cannot be opened just now says nothing of what is in it.
    if (isSystemError(error)) throw error;
    return false;
  }
}
