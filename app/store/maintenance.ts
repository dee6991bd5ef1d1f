import type { Logger, Scheduler, Timer } from '../contract/index.ts';
import { bytesUnder } from './disk-usage.ts';
import type { LanceTable, TableName } from './lance-table.ts';
import { listManifests, type Manifest, readManifest } from './manifest.ts';
import { mergeFragments } from './merge-fragments.ts';

/** How a table lies on the disk. */
export interface TableCondition {
  /** Bytes of all its files. */
  readonly bytes: number;
  /** Bytes that the newest version needs for rows that are not deleted, and for its indices. */
  readonly liveBytes: number;
  readonly rows: number;
  readonly fragments: number;
  /** Rows in the largest fragment. */
  readonly largest: number;
}

/** @returns null when the table has no readable manifest */
export async function conditionOf(directory: string): Promise<TableCondition | null> {
  const newest = listManifests(directory)[0];
  const manifest = newest ? readManifest(newest.path) : null;
  if (!manifest) return null;
  return { bytes: await bytesUnder(directory), ...liveParts(manifest) };
}

function liveParts(manifest: Manifest): Omit<TableCondition, 'bytes'> {
  let liveBytes = 0;
  let rows = 0;
  let largest = 0;
  for (const fragment of manifest.fragments) {
    const bytes = fragment.files.reduce((sum, file) => sum + file.bytes, 0);
    liveBytes += fragment.physicalRows === 0 ? 0 : (bytes * fragment.rows) / fragment.physicalRows;
    rows += fragment.rows;
    largest = Math.max(largest, fragment.rows);
  }
  for (const index of manifest.indices) for (const file of index.files) liveBytes += file.bytes;
  return { liveBytes, rows, fragments: manifest.fragments.length, largest };
}

/**
 * Fragments that opening need not mind. Small ones are merged by themselves; LanceDB's compaction takes 360 MB at 109,000
 * passages, so that it is left until it is worth it.
 */
const MANY_FRAGMENTS = 256;

/**
 * Whether compacting is worth it. LanceDB rewrites the whole table for it. For the ledger that costs little; the others are
 * rewritten only when the new part has grown to a share of the whole, so that each row is written a few times in its
 * life, however large the index.
 */
export function needsCompaction(name: TableName, condition: TableCondition): boolean {
  const waste = condition.bytes - condition.liveBytes;
  const small = condition.rows - condition.largest;
  if (name === 'files') return waste > condition.liveBytes / 2 || condition.fragments > 32;
  return (
    waste > condition.liveBytes / 2 ||
    (condition.fragments > MANY_FRAGMENTS && small > condition.rows / 4) ||
    condition.fragments > 2 * MANY_FRAGMENTS
  );
}

/** Rows outside a lookup index that make looking them up slower than it need be. */
export const MANY_UNINDEXED = 2_000;
/** Writes between two looks at the disk. */
const WRITES_PER_LOOK = 16;
const IDLE_MS = 20_000;
/** Maintenance takes at most about a tenth of the time. */
const REST_FACTOR = 10;

/** Decides when the tables are looked after: now and then during writing, and soon after writing has ended. */
export class MaintenanceClock {
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #run: () => Promise<void>;
  #timer: Timer | null = null;
  #unindexed: number;
  #writes = 0;
  #restUntil = 0;
  #running = false;
  #stopped = false;

  /** @param run looks after the tables; must not overlap with writes */
  constructor(scheduler: Scheduler, logger: Logger, unindexed: number, run: () => Promise<void>) {
    this.#scheduler = scheduler;
    this.#logger = logger;
    this.#unindexed = unindexed;
    this.#run = run;
    if (unindexed > 0) this.#wait();
  }

  /** To be called after each write. `totalRows` counts all passages. */
  wrote(newRows: number, totalRows: number): void {
    this.#unindexed += newRows;
    this.#writes += 1;
    const busy =
      this.#unindexed > Math.max(MANY_UNINDEXED, totalRows / 20) || this.#writes >= WRITES_PER_LOOK;
    if (busy && this.#scheduler.monotonic() >= this.#restUntil) void this.#start();
    else this.#wait();
  }

  #wait(): void {
    if (this.#stopped) return;
    this.#timer?.cancel();
    const rest = this.#restUntil - this.#scheduler.monotonic();
    this.#timer = this.#scheduler.after(Math.max(IDLE_MS, rest), () => void this.#start());
  }

  async #start(): Promise<void> {
    if (this.#running || this.#stopped) return;
    this.#running = true;
    this.#timer?.cancel();
    this.#timer = null;
    const began = this.#scheduler.monotonic();
    try {
      await this.#run();
    } catch (error) {
      this.#logger.log('warn', 'store.maintenance-failed', {
        message: error instanceof Error ? error.message : String(error),
      });
    } finally {
      this.#running = false;
      const now = this.#scheduler.monotonic();
      this.#restUntil = now + (now - began) * REST_FACTOR;
      if (this.#unindexed > 0 || this.#writes > 0) this.#wait();
    }
  }

  /** To be called when the tables have been looked after. */
  done(): void {
    this.#unindexed = 0;
    this.#writes = 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

/**
 * Compacts a table when it is worth it, or merges what is small in it. Tried again once: a reader's file handle may have
 * been in the way.
 * @returns whether rows were moved
 */
export async function compact(table: LanceTable, force: boolean): Promise<boolean> {
  const condition = await conditionOf(table.directory);
  if (!condition) return false;
  if (!needsCompaction(table.name, condition) && !force)
    return table.name !== 'files' && (await mergeFragments(table));
  try {
    await table.optimize();
  } catch {
    await table.refresh();
    await table.optimize();
  }
  return true;
}
