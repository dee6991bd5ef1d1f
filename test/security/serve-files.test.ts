import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isDeceptivePath, isDocument, isInside, openCommand, revealCommand } from '../../app/serve/index.ts';
import { type Served, serveFake } from '../fakes/served.ts';

const FILES = {
  'lease.md': 'The tenant may end the contract.',
  'other.md': 'Something else.',
  'inner/deep.txt': 'Deep down.',
};

let served: Served;
beforeEach(async () => {
  served = await serveFake(FILES);
});
afterEach(async () => {
  await served.close();
});

const idOf = (name: string) => `${join(served.folder, name)}#0`;
const read = (id: string) => served.fetch(`/api/file/${encodeURIComponent(id)}`);
const outside = () => {
  const path = join(served.folder, '..', 'secret.md');
  writeFileSync(path, 'the secret');
  return path;
};
const swap = (name: string, target: string) => {
  const path = join(served.folder, name);
  rmSync(path, { recursive: true });
  symlinkSync(target, path);
};

describe('files of a preview', () => {
  it('come with a type that nothing runs', async () => {
    const response = await read(idOf('lease.md'));
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    expect(response.headers.get('content-disposition')).toBe('attachment');
    expect(await response.text()).toBe(FILES['lease.md']);
  });

  it('are named by a passage of the index, never by a path', async () => {
    const secret = outside();
    for (const id of [
      secret,
      join(served.folder, 'lease.md'),
      '../secret.md',
      'file:///etc/passwd',
      '',
      '%00',
    ]) {
      expect([404, 400]).toContain((await read(id)).status);
    }
  });

  it('are not given when a link was put in their place that leads out of the folder', async () => {
    swap('lease.md', outside());
    expect((await read(idOf('lease.md'))).status).toBe(403);
  });

  it('are not given when a folder above them became a link out of the folder', async () => {
    const away = join(served.folder, '..', 'away');
    mkdirSync(away);
    writeFileSync(join(away, 'deep.txt'), 'the secret');
    renameSync(join(served.folder, 'inner'), join(served.folder, '..', 'moved'));
    symlinkSync(away, join(served.folder, 'inner'));
    expect((await read(idOf('inner/deep.txt'))).status).toBe(403);
  });

  it('are not given when the link leads to a file of the folder that is not indexed', async () => {
    writeFileSync(join(served.folder, 'private.key'), 'the secret');
    swap('lease.md', join(served.folder, 'private.key'));
    expect((await read(idOf('lease.md'))).status).toBe(403);
  });

  it('are given for a file that only its name finds, when the engine knows it and it is no link to another', async () => {
    const whole = (name: string) => `file:${join(served.folder, name)}`;
    expect(await (await read(whole('lease.md'))).text()).toBe(FILES['lease.md']);
    writeFileSync(join(served.folder, 'unknown.md'), 'the secret');
    outside();
    for (const name of ['unknown.md', '../secret.md', '', '.', 'inner'])
      expect((await read(whole(name))).status, name).toBe(404);
    swap('lease.md', join(served.folder, 'unknown.md'));
    expect((await read(whole('lease.md'))).status).toBe(403);
    swap('other.md', outside());
    expect((await read(whole('other.md'))).status).toBe(403);
  });

  it('are not given from a folder whose name only begins like a watched one', async () => {
    const sibling = `${served.folder}-backup`;
    mkdirSync(sibling);
    writeFileSync(join(sibling, 'lease.md'), 'the secret');
    swap('lease.md', join(sibling, 'lease.md'));
    expect((await read(idOf('lease.md'))).status).toBe(403);
  });

  it('are not given once their folder is no longer watched', async () => {
    await served.call('removeFolder', { path: served.folder });
    expect((await read(idOf('lease.md'))).status).toBe(403);
  });

  it('give a typed error when they are gone or are no files', async () => {
    rmSync(join(served.folder, 'lease.md'));
    expect((await read(idOf('lease.md'))).status).toBe(404);
    mkdirSync(join(served.folder, 'lease.md'));
    expect([403, 500]).toContain((await read(idOf('lease.md'))).status);
  });
});

describe('opening and showing', () => {
  it('never starts a program for what lies outside, however it is asked for', async () => {
    const secret = outside();
    swap('lease.md', secret);
    for (const name of ['openPassage', 'revealPassage']) {
      expect((await served.call(name, { id: idOf('lease.md') })).status).toBe(403);
    }
    for (const path of [
      secret,
      join(served.folder, '..'),
      `${served.folder}/../secret.md`,
      'lease.md',
      '/etc/passwd',
      '\0',
    ]) {
      expect([403, 404]).toContain((await served.call('revealPath', { path })).status);
    }
    expect(served.launched).toEqual([]);
  });

  it('shows problem files of a watched folder without opening them', async () => {
    writeFileSync(join(served.folder, 'broken.exe'), '');
    expect((await served.call('revealPath', { path: join(served.folder, 'broken.exe') })).status).toBe(200);
    expect(served.launched).toEqual([['xdg-open', [served.folder]]]);
  });

  it('opens documents only', () => {
    for (const name of ['a.pdf', 'b.DOCX', 'c.md', 'photo.JPG', 'mail.eml', 'a.b.txt'])
      expect(isDocument(`/x/${name}`), name).toBe(true);
    for (const name of [
      'a.desktop',
      'a.exe',
      'a.bat',
      'a.cmd',
      'a.com',
      'a.ps1',
      'a.vbs',
      'a.js',
      'a.py',
      'a.sh',
      'a.app',
      'a.command',
      'a.scr',
      'a.lnk',
      'a.url',
      'a.docm',
      'a.xlsm',
      'a.jar',
      'a.msi',
      'a.pdf.exe',
      'a.pdf ',
      'a.pdf.',
      'pdf',
      '.pdf',
      'noextension',
      'a.html::$DATA',
    ]) {
      expect(isDocument(`/x/${name}`), name).toBe(false);
    }
  });

  it('refuses the spellings that Windows reads as something else', () => {
    for (const path of [
      '\\\\server\\share\\a.pdf',
      '//server/share/a.pdf',
      '\\\\?\\C:\\a.pdf',
      '\\\\.\\pipe\\x',
      'C:\\a.pdf::$DATA',
      'C:\\a.pdf:stream',
      'C:\\a.pdf.',
      'C:\\a.pdf ',
      'C:\\dir.\\a.pdf',
      'C:\\a\0.pdf',
    ]) {
      expect(isDeceptivePath(path, 'win32'), path).toBe(true);
    }
    for (const path of ['C:\\Users\\ines\\a.pdf', 'D:/notes/a b.md', 'C:\\a.b\\c.txt'])
      expect(isDeceptivePath(path, 'win32'), path).toBe(false);
    expect(isDeceptivePath('/home/a:b/c.', 'linux')).toBe(false);
    expect(isDeceptivePath('/home/a\0', 'linux')).toBe(true);
  });

  it('knows inside from outside', () => {
    expect(isInside('/a/b', '/a/b')).toBe(true);
    expect(isInside('/a/b', '/a/b/c/d')).toBe(true);
    expect(isInside('/a/b', '/a/b/..c')).toBe(true);
    for (const path of ['/a', '/a/bc', '/a/b/../c', '/', '/x'])
      expect(isInside('/a/b', path), path).toBe(false);
  });

  it('hands paths over as one argument, without a shell', () => {
    const path = '/home/x/$(touch pwned); a.pdf';
    expect(openCommand(path, 'linux')).toEqual(['xdg-open', [path]]);
    expect(openCommand(path, 'darwin')).toEqual(['open', [path]]);
    expect(revealCommand(path, 'darwin')).toEqual(['open', ['-R', path]]);
    expect(revealCommand('C:\\x\\a.pdf', 'win32')).toEqual(['explorer.exe', ['/select,C:\\x\\a.pdf']]);
  });
});
