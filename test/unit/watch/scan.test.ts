import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { WatchedFolder } from '../../../app/contract/settings.ts';
import { FolderRules } from '../../../app/watch/ignore.ts';
import { scanFolder, statFile } from '../../../app/watch/scan.ts';
import { folderWith, listing, names, watched, write } from './folders.ts';

const scan = (
  root: string,
  folder: Partial<WatchedFolder> = {},
  options: { platform?: NodeJS.Platform } = {},
) => scanFolder({ rules: new FolderRules(watched(root, folder)), ...options });

describe('scanFolder', () => {
  it('lists files with size, time and identity, and leaves ignored ones out', async () => {
    const root = folderWith({
      'a.txt': 'hello',
      'b/c.md': 'x',
      'node_modules/d.js': 'x',
      '.e': 'x',
      'empty/': '',
    });
    const result = listing(await scan(root));
    expect(names(result)).toEqual(['a.txt', 'b/c.md']);
    const file = result.files.find(({ path }) => path === join(root, 'a.txt'));
    const stats = statSync(join(root, 'a.txt'));
    expect(file).toEqual({
      path: join(root, 'a.txt'),
      root,
      size: 5,
      modified: Math.floor(stats.mtimeMs),
      identity: `${stats.dev}:${stats.ino}`,
      placeholder: false,
      notAFile: false,
    });
    expect(result.counts).toEqual({ folders: 3, files: 2, ignored: 2, links: 0 });
    expect([...result.emptyFolders.keys()]).toEqual([join(root, 'empty')]);
    expect(await statFile(join(root, 'a.txt'), root)).toEqual(file);
    expect(await statFile(join(root, 'b'), root)).toBeNull();
    expect(await statFile(join(root, 'gone'), root)).toBeNull();
  });

  it('follows no symbolic link, so that loops end and nothing outside is seen', async () => {
    const outside = folderWith({ 'secret.txt': 'x' });
    const root = folderWith({ 'a/b/c.txt': 'x' });
    symlinkSync('..', join(root, 'a', 'up'));
    symlinkSync(root, join(root, 'a', 'b', 'top'));
    symlinkSync(outside, join(root, 'out'));
    symlinkSync(join(outside, 'secret.txt'), join(root, 'out.txt'));
    symlinkSync(join(root, 'a', 'b', 'c.txt'), join(root, 'again.txt'));
    symlinkSync('nowhere', join(root, 'dangling'));
    const result = listing(await scan(root));
    expect(names(result)).toEqual(['a/b/c.txt']);
    expect(result.counts.links).toBe(6);
  });

  it('lists through a root that is a symbolic link itself', async () => {
    const real = folderWith({ 'a.txt': 'x' });
    const parent = folderWith();
    symlinkSync(real, join(parent, 'link'));
    expect(names(await scan(join(parent, 'link')))).toEqual(['a.txt']);
  });

  it('lists hard links under each name', async () => {
    const root = folderWith({ 'a.txt': 'x' });
    linkSync(join(root, 'a.txt'), join(root, 'b.txt'));
    expect(names(await scan(root))).toEqual(['a.txt', 'b.txt']);
  });

  it.skipIf(process.platform === 'win32')('reports pipes and sockets without opening them', async () => {
    const root = folderWith({ 'a.txt': 'x' });
    execFileSync('/usr/bin/mkfifo', [join(root, 'pipe.txt')]);
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(root, 'socket'), done));
    const result = listing(await scan(root));
    await new Promise((done) => server.close(done));
    expect(
      result.files
        .filter(({ notAFile }) => notAFile)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([join(root, 'pipe.txt'), join(root, 'socket')]);
  });

  it('has no listing for a root that is missing, a file, or unreadable', async () => {
    const root = folderWith({ 'file.txt': 'x', 'closed/a.txt': 'x' });
    expect(await scan(join(root, 'gone'))).toMatchObject({ state: 'missing' });
    expect(await scan(join(root, 'file.txt'))).toMatchObject({ state: 'not-a-folder' });
    expect(await scan(join(root, 'file.txt', 'x'))).toMatchObject({ state: 'missing' });
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
    'names folders that it may not list',
    async () => {
      const root = folderWith({ 'a.txt': 'x', 'closed/b.txt': 'x' });
      chmodSync(join(root, 'closed'), 0);
      const result = listing(await scan(root));
      chmodSync(join(root, 'closed'), 0o700);
      expect(names(result)).toEqual(['a.txt']);
      expect(result.unreadable).toEqual([join(root, 'closed')]);
      chmodSync(root, 0);
      const closed = await scan(root);
      chmodSync(root, 0o700);
      expect(closed.state).toBe('unreadable');
    },
  );

  it('tells files that are kept online only, not sparse ones on Linux', async () => {
    const root = folderWith({ 'small.txt': 'x', '.report.pdf.icloud': 'plist' });
    writeFileSync(join(root, 'sparse.txt'), '');
    truncateSync(join(root, 'sparse.txt'), 50_000_000);
    const flags = async (platform: NodeJS.Platform) =>
      Object.fromEntries(
        listing(await scan(root, {}, { platform })).files.map(({ path, placeholder }) => [
          path.slice(root.length + 1),
          placeholder,
        ]),
      );
    expect(await flags('linux')).toEqual({ 'small.txt': false, 'sparse.txt': false });
    if (statSync(join(root, 'sparse.txt')).blocks === 0) {
      expect(await flags('darwin')).toEqual({ 'small.txt': false, 'sparse.txt': true, 'report.pdf': true });
      expect(await flags('win32')).toEqual({ 'small.txt': false, 'sparse.txt': true });
    }
    expect(await statFile(join(root, 'report.pdf'), root, 'darwin')).toMatchObject({ placeholder: true });
    expect(await statFile(join(root, 'report.pdf'), root, 'linux')).toBeNull();
  });

  it.skipIf(process.platform !== 'linux')('reports names that are no text', async () => {
    const root = folderWith({ 'a.txt': 'x' });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/bad`), Buffer.from([0xff]), Buffer.from('.txt')]), 'x');
    const result = listing(await scan(root));
    expect(names(result)).toEqual(['a.txt']);
    expect(result.unnameable).toHaveLength(1);
  });

  it('takes deep trees and odd names', async () => {
    const root = folderWith();
    let path = root;
    for (let depth = 0; depth < 120; depth += 1) {
      path = join(path, `d${depth}`);
      mkdirSync(path);
    }
    writeFileSync(join(path, '__proto__'), 'x');
    write(path, { 'con structor "q" <b>.txt': 'x', 'e\u0301.txt': 'x' });
    const result = listing(await scan(root));
    expect(result.files.map((file) => file.path.slice(path.length + 1)).sort()).toEqual(
      ['__proto__', 'con structor "q" <b>.txt', 'e\u0301.txt'].sort(),
    );
  });

  it('notices a root that goes away meanwhile', async () => {
    const root = folderWith({ 'a/b.txt': 'x' });
    const rules = new FolderRules(watched(root));
    const enter = rules.enter.bind(rules);
    rules.enter = (directory, list) => {
      if (directory === root) renameSync(root, `${root}-away`);
      return enter(directory, list);
    };
    const result = await scanFolder({ rules });
    rmSync(`${root}-away`, { recursive: true });
    expect(result.state).toBe('missing');
  });

  it('stops when asked', async () => {
    const root = folderWith({ 'a.txt': 'x' });
    const rules = new FolderRules(watched(root));
    await expect(scanFolder({ rules, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
      'enough',
    );
  });

  it('tells how far it is', async () => {
    const root = folderWith(
      Object.fromEntries(Array.from({ length: 2100 }, (_, n) => [`d${n % 7}/f${n}.txt`, ''])),
    );
    const told: number[] = [];
    await scanFolder({ rules: new FolderRules(watched(root)), onProgress: ({ files }) => told.push(files) });
    expect(told).toEqual([2000]);
  });
});
