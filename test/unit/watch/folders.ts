import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';
import type { FileRecord } from '../../../app/contract/file.ts';
import { type WatchedFolder, watchedFolderSchema } from '../../../app/contract/settings.ts';
import type { ScannedFile, ScanResult } from '../../../app/watch/scan.ts';

const made: string[] = [];

afterEach(() => {
  for (const path of made.splice(0)) rmSync(path, { recursive: true, force: true });
});

/** A temporary folder with the given files, removed after the test. A name that ends in "/" is an empty folder. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'passim-watch-')));
  made.push(root);
  write(root, files);
  return root;
}

export function write(root: string, files: Readonly<Record<string, string>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    if (name.endsWith('/')) {
      mkdirSync(path, { recursive: true });
      continue;
    }
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
}

export function watched(path: string, more: Partial<WatchedFolder> = {}): WatchedFolder {
  return watchedFolderSchema.parse({ path, ...more });
}

export function names(scan: ScanResult): string[] {
  if (scan.state !== 'ok') throw new Error(`${scan.state}: ${scan.detail}`);
  return scan.files.map((file) => file.path.slice(scan.root.length + 1).replaceAll('\\', '/')).sort();
}

export function listing(scan: ScanResult): Extract<ScanResult, { state: 'ok' }> {
  if (scan.state !== 'ok') throw new Error(`${scan.state}: ${scan.detail}`);
  return scan;
}

/** The row that indexing the file would write. */
export function recordOf(file: ScannedFile, more: Partial<FileRecord> = {}): FileRecord {
  return {
    fileId: `id of ${file.path}`,
    path: file.path,
    root: file.root,
    size: file.size,
    modified: file.modified,
    identity: file.identity,
    contentHash: '',
    format: 'text',
    family: 'text',
    title: '',
    generation: 1,
    passages: 1,
    problem: file.notAFile ? 'not-a-file' : file.placeholder ? 'placeholder' : null,
    detail: '',
    strikes: 0,
    indexedAt: 0,
    ...more,
  };
}
