import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { numbersOf, rowIdsOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { type Fragment, INDICES, listManifests, type Manifest, readManifest } from './manifest.ts';

/*
 * LanceDB's own compaction rewrites every fragment below a million rows. Between two of those, fragments as small as
 * one saved file pile up, and opening a table opens each: 330 of them took half a second. So the small ones are merged
 * by themselves, as in a log-structured merge tree, in steps of a few megabytes.
 */

/** Fragments of fewer rows are small: written by a change or a moment of indexing, not by merging. */
const SMALL_ROWS = 1_024;
/** Small fragments that are left alone. */
const SMALL_FRAGMENTS = 32;
/** Rows that are read and written in one step: about 15 MB of vectors. */
const ROWS_PER_STEP = 4_096;

/** The fragments to be merged next, none when there are few: the oldest, as many as a step takes. */
export function fragmentsToMerge(fragments: readonly Fragment[]): readonly Fragment[] {
  const small = fragments.filter((fragment) => fragment.rows < SMALL_ROWS);
  if (small.length <= SMALL_FRAGMENTS) return [];
  let rows = 0;
  return small.filter((fragment) => {
    rows += fragment.rows;
    return rows <= ROWS_PER_STEP;
  });
}

/**
 * Merges small fragments into larger ones, each step a commit of its own: whenever the process dies, every row is
 * there once. Removes the files that no longer count; must not overlap with writes.
 * @returns whether rows were moved
 */
export async function mergeFragments(table: LanceTable): Promise<boolean> {
  let moved = false;
  for (;;) {
    const newest = listManifests(table.directory)[0];
    const chosen = fragmentsToMerge(
      (newest === undefined ? null : readManifest(newest.path))?.fragments ?? [],
    );
    if (chosen.length === 0) break;
    const rowIds = await rowsOf(table, new Set(chosen.map((fragment) => BigInt(fragment.id))));
    if (rowIds === null) break;
    await table.rewrite(rowIds, 'pid');
    moved = true;
  }
  if (moved) await removeUnnamed(table.directory);
  return moved;
}

/** Row ids of the rows that lie in these fragments; null when one of their numbers has another row, which then is garbage. */
async function rowsOf(table: LanceTable, fragments: ReadonlySet<bigint>): Promise<bigint[] | null> {
  const rowIds: bigint[] = [];
  const chosen = new Set<number>();
  const batches = await table.numbers(['pid']);
  for (const batch of batches) {
    const pids = numbersOf(batch, 'pid');
    rowIdsOf(batch).forEach((rowId, row) => {
      // A row id is its fragment's id and its place there.
      if (!fragments.has(rowId >> 32n)) return;
      rowIds.push(rowId);
      chosen.add(pids[row] ?? 0);
    });
  }
  let seen = 0;
  for (const batch of batches) for (const pid of numbersOf(batch, 'pid')) if (chosen.has(pid)) seen += 1;
  return seen === chosen.size && chosen.size > 0 ? rowIds : null;
}

/**
 * Removes the versions before the newest, and data files and search structures that it does not name; must not overlap
 * with writes.
 */
export async function removeUnnamed(directory: string): Promise<void> {
  const [newest, ...older] = listManifests(directory);
  const manifest = newest === undefined ? null : readManifest(newest.path);
  if (manifest === null) return;
  const filesOf = ({ fragments }: Manifest): string[] =>
    fragments.flatMap(({ files }) => files.map(({ path }) => path));
  const foldersOf = ({ indices }: Manifest): string[] => indices.map(({ folder }) => folder);
  const named = new Set([...filesOf(manifest), ...foldersOf(manifest)]);
  const ended = new Set<string>();
  // Versions go first: none that is left may name a file that is gone.
  let unread = false;
  for (const { path } of older) {
    const version = readManifest(path);
    if (await removed(path)) for (const file of version === null ? [] : filesOf(version)) ended.add(file);
    else if (version === null) unread = true;
    else for (const name of [...filesOf(version), ...foldersOf(version)]) named.add(name);
  }
  for (const path of ended) if (!named.has(path)) await removed(join(directory, path));
  if (unread) return;
  // Those of versions that went before them are in no list any more.
  for (const name of await readdir(join(directory, INDICES)).catch(() => [])) {
    const folder = join(INDICES, name);
    if (!named.has(folder)) await removed(join(directory, folder));
  }
}

/** What is in use cannot be removed everywhere; it goes the next time. */
function removed(path: string): Promise<boolean> {
  return rm(path, { force: true, recursive: true }).then(
    () => true,
    () => false,
  );
}
