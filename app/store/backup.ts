import { mkdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { replaceFile } from './durable-file.ts';
import { type TableName, tableDirectory } from './lance-table.ts';
import { listManifests, parseManifest } from './manifest.ts';

const FOLDER = 'recovery';
const CHECKPOINT = 'checkpoint.json';

const checkpointSchema = z.object({
  nextPid: z.number().int().min(1),
  nextSeq: z.number().int().min(1),
});
/** Numbers that must not be given out twice, even when the ledger that holds them is lost. */
export type Checkpoint = z.infer<typeof checkpointSchema>;

export function backupPath(directory: string, name: TableName): string {
  return join(directory, FOLDER, `${name}.manifest`);
}

/**
 * Keeps a copy of each table's newest manifest beside the table. A table whose newest manifest is damaged then
 * loses nothing, also when cleaning up has left no older version. Not flushed: the manifests themselves are, so that
 * after a power cut the copy is not needed, and later it has long reached the disk.
 */
export class Backup {
  readonly #directory: string;
  readonly #saved = new Map<TableName, number>();

  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(join(directory, FOLDER), { recursive: true, mode: 0o700 });
  }

  async save(checkpoint: Checkpoint): Promise<void> {
    const names: readonly TableName[] = ['vectors', 'passages', 'files'];
    await Promise.all(names.map((name) => this.#saveManifest(name)));
    const file = join(this.#directory, FOLDER, CHECKPOINT);
    await replaceFile(file, JSON.stringify(checkpoint));
  }

  async #saveManifest(name: TableName): Promise<void> {
    const newest = listManifests(tableDirectory(this.#directory, name))[0];
    if (!newest || this.#saved.get(name) === newest.version) return;
    const bytes = await readFile(newest.path);
    if (!parseManifest(bytes)) return;
    await replaceFile(backupPath(this.#directory, name), bytes);
    this.#saved.set(name, newest.version);
  }
}

/** @returns null when there is none or it cannot be read */
export function readCheckpoint(directory: string): Checkpoint | null {
  try {
    const file = join(directory, FOLDER, CHECKPOINT);
    return checkpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}
