import { mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { FileRecord } from '../../../app/contract/file.ts';
import { FolderRules } from '../../../app/watch/ignore.ts';
import { type Reconciliation, reconcile } from '../../../app/watch/reconcile.ts';
import { type ScannedFile, scanFolder } from '../../../app/watch/scan.ts';
import { folderWith, listing, recordOf, watched, write } from './folders.ts';

const scan = async (root: string) => listing(await scanFolder({ rules: new FolderRules(watched(root)) }));

function names(root: string, result: Reconciliation) {
  const short = (path: string): string => path.slice(root.length + 1);
  return {
    added: result.added.map(({ path }) => short(path)).sort(),
    changed: result.changed.map(({ file }) => short(file.path)).sort(),
    removed: result.removed.map(({ path }) => short(path)).sort(),
    renamed: result.renamed.map(({ file, record }) => `${short(record.path)} → ${short(file.path)}`).sort(),
    unchanged: result.unchanged.map(({ file }) => short(file.path)).sort(),
    kept: result.kept.map(({ path }) => short(path)).sort(),
  };
}

const NOTHING = { added: [], changed: [], removed: [], renamed: [], unchanged: [], kept: [] };

describe('reconcile', () => {
  it('tells added, changed, removed, renamed and unchanged files apart', async () => {
    const root = folderWith({
      'same.txt': '1',
      'edit.txt': '1',
      'gone.txt': '1',
      'old/name.txt': '123',
      'touch.txt': '1',
    });
    const before = (await scan(root)).files.map((file) => recordOf(file));
    write(root, { 'edit.txt': '22', 'new.txt': '1' });
    utimesSync(join(root, 'touch.txt'), new Date(), new Date(Date.now() + 5000));
    rmSync(join(root, 'gone.txt'));
    renameSync(join(root, 'old'), join(root, 'young'));
    expect(names(root, reconcile(await scan(root), before))).toEqual({
      added: ['new.txt'],
      changed: ['edit.txt', 'touch.txt'],
      removed: ['gone.txt'],
      renamed: ['old/name.txt → young/name.txt'],
      unchanged: ['same.txt'],
      kept: [],
    });
  });

  it('takes a rename with an edit for another file, and a copy for a new one', async () => {
    const root = folderWith({ 'a.txt': '1', 'b.txt': '1' });
    const before = (await scan(root)).files.map((file) => recordOf(file));
    renameSync(join(root, 'a.txt'), join(root, 'c.txt'));
    write(root, { 'c.txt': 'changed', 'd.txt': '1' });
    expect(names(root, reconcile(await scan(root), before))).toEqual({
      ...NOTHING,
      added: ['c.txt', 'd.txt'],
      removed: ['a.txt'],
      unchanged: ['b.txt'],
    });
  });

  it('sees two files that swapped names as changed', async () => {
    const root = folderWith({ 'a.txt': '1', 'b.txt': '22' });
    const before = (await scan(root)).files.map((file) => recordOf(file));
    renameSync(join(root, 'a.txt'), join(root, 't.txt'));
    renameSync(join(root, 'b.txt'), join(root, 'a.txt'));
    renameSync(join(root, 't.txt'), join(root, 'b.txt'));
    expect(names(root, reconcile(await scan(root), before))).toEqual({
      ...NOTHING,
      changed: ['a.txt', 'b.txt'],
    });
  });

  it('keeps files whose device or inode numbers changed', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const before = (await scan(root)).files.map((file) => recordOf(file, { identity: '9:9' }));
    expect(names(root, reconcile(await scan(root), before))).toEqual({ ...NOTHING, unchanged: ['a.txt'] });
  });

  it('looks again at a placeholder that has been downloaded', async () => {
    const root = folderWith({ 'a.txt': '1' });
    const before = (await scan(root)).files.map((file) => recordOf(file, { problem: 'placeholder' }));
    expect(names(root, reconcile(await scan(root), before))).toEqual({ ...NOTHING, changed: ['a.txt'] });
  });

  it('keeps what is known below a folder that can’t be read', async () => {
    const root = folderWith({
      'a.txt': '1',
      'closed/b.txt': '1',
      'closed/deep/c.txt': '1',
      'closed2/d.txt': '1',
    });
    const all = await scan(root);
    const before = all.files.map((file) => recordOf(file));
    const seen = { ...all, files: all.files.slice(0, 1), unreadable: [join(root, 'closed')] };
    expect(names(root, reconcile(seen, before))).toEqual({
      ...NOTHING,
      unchanged: ['a.txt'],
      removed: ['closed2/d.txt'],
      kept: ['closed/b.txt', 'closed/deep/c.txt'],
    });
  });

  it('keeps what was on a disk that is unmounted, and removes what was deleted', async () => {
    const root = folderWith({ 'disk/b.txt': '1', 'disk/deep/c.txt': '1', 'real/d.txt': '1' });
    const before: FileRecord[] = (await scan(root)).files.map((file) =>
      recordOf(file, file.path.includes('disk') ? { identity: `77777:${file.identity.split(':')[1]}` } : {}),
    );
    rmSync(join(root, 'disk'), { recursive: true });
    rmSync(join(root, 'real', 'd.txt'));
    mkdirSync(join(root, 'disk'));
    expect(names(root, reconcile(await scan(root), before))).toEqual({
      ...NOTHING,
      removed: ['real/d.txt'],
      kept: ['disk/b.txt', 'disk/deep/c.txt'],
    });
    rmSync(join(root, 'disk'), { recursive: true });
    rmSync(join(root, 'real'), { recursive: true });
    const others = before.map((record) => ({ ...record, identity: '77777:5' }));
    const unmounted = reconcile(await scan(root), others);
    expect(unmounted).toMatchObject({ missing: true, removed: [] });
    expect(unmounted.kept).toHaveLength(3);
    expect(names(root, reconcile(await scan(root), before)).removed).toEqual(['real/d.txt']);
  });

  it('compares names composed on macOS only', () => {
    const file: ScannedFile = {
      path: '/r/e\u0301.txt',
      root: '/r',
      size: 1,
      modified: 5,
      identity: '',
      placeholder: false,
      notAFile: false,
    };
    const found = {
      state: 'ok' as const,
      root: '/r',
      files: [file],
      unreadable: [],
      emptyFolders: new Map<string, string>(),
      unnameable: [],
      counts: { folders: 1, files: 1, ignored: 0, links: 0 },
    };
    const records = [recordOf({ ...file, path: '/r/\u00e9.txt' })];
    expect(reconcile(found, records, 'darwin').unchanged).toHaveLength(1);
    expect(reconcile(found, records, 'linux')).toMatchObject({ added: [file], removed: records });
  });
});
