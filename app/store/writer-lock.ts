import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { PassimError } from '../contract/index.ts';

const LOCK_FILE = 'lock.db';
const OWNER_FILE = 'lock.json';
/** A process that was ended a moment ago, or is about to end, may hold the lock still: the engine of an app that crashed. */
const ATTEMPTS = 20;
const PAUSE_MS = 100;

/**
 * The right to write to an index, held until `release` or the end of the process, however it ends: SQLite holds an
 * exclusive transaction on `lock.db`, and the system drops its locks with the process.
 */
export class WriterLock {
  readonly #database: DatabaseSync;
  readonly #directory: string;

  private constructor(database: DatabaseSync, directory: string) {
    this.#database = database;
    this.#directory = directory;
  }

  /** Like `acquire`, with two seconds for a holder that is ending. */
  static async acquireSoon(directory: string): Promise<WriterLock> {
    for (let attempt = 1; attempt < ATTEMPTS; attempt += 1) {
      try {
        return WriterLock.acquire(directory);
      } catch (error) {
        if (!(error instanceof PassimError)) throw error;
        await sleep(PAUSE_MS);
      }
    }
    return WriterLock.acquire(directory);
  }

  /** @throws PassimError 'index-locked', naming the process that holds it */
  static acquire(directory: string): WriterLock {
    const database = new DatabaseSync(join(directory, LOCK_FILE), { timeout: 0 });
    try {
      // The transaction never writes, so it needs no journal and no flush.
      database.exec('PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      const owner = readOwner(directory);
      throw new PassimError(
        'index-locked',
        `Another Passim process${owner === null ? '' : ` (pid ${owner})`} is writing to ${directory}. ` +
          'Stop it first; searching needs no lock.',
        { subject: directory, cause: error },
      );
    }
    try {
      writeFileSync(join(directory, OWNER_FILE), JSON.stringify({ pid: process.pid }), { mode: 0o600 });
    } catch {
      // On a full disk the lock holds all the same; only its owner's name is missing.
    }
    return new WriterLock(database, directory);
  }

  release(): void {
    rmSync(join(this.#directory, OWNER_FILE), { force: true });
    this.#database.close();
  }
}

function readOwner(directory: string): number | null {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(directory, OWNER_FILE), 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'pid' in parsed && typeof parsed.pid === 'number')
      return parsed.pid;
  } catch {
    // The owner may be writing it just now; the lock itself does not depend on it.
  }
  return null;
}
