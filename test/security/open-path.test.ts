// What may be opened, from both surfaces: the desktop window over Electron, and the window in a browser.
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { startDesktop } from '../fakes/desktop.ts';
import type { FakeDocument } from '../fakes/engine.ts';
import { serveFake } from '../fakes/served.ts';

interface Surface {
  readonly folder: string;
  shell(name: string, input: unknown): Promise<unknown>;
  opened(): unknown[];
  revealed(): unknown[];
}

interface Setup {
  readonly files?: Readonly<Record<string, string>>;
  readonly documents?: (folder: string) => readonly FakeDocument[];
  readonly platform?: NodeJS.Platform;
}

const FILES = { 'lease.md': 'The tenant may end it.', 'inner/deep.txt': 'Deep down.', 'other.md': 'Other.' };
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function overElectron({ files = FILES, documents, platform = 'linux' }: Setup = {}): Promise<Surface> {
  const desktop = await startDesktop({
    files,
    environment: { platform },
    ...(documents === undefined ? {} : { documents }),
  });
  const { electron } = desktop;
  return {
    folder: desktop.folder,
    shell: (name, input) => desktop.shell(name, input),
    opened: () => electron.of('shell.openPath').map(([path]) => path),
    revealed: () => electron.of('shell.showItemInFolder').map(([path]) => path),
  };
}

async function overLoopback({ files = FILES, documents, platform = 'linux' }: Setup = {}): Promise<Surface> {
  const served = await serveFake(files, { platform, ...(documents === undefined ? {} : { documents }) });
  closing.push(() => served.close());
  const isFolder = ([, [path]]: readonly [string, readonly string[]]) =>
    [served.folder, join(served.folder, 'inner')].includes(path ?? '');
  return {
    folder: served.folder,
    async shell(name, input) {
      const { envelope } = await served.call(name, input);
      if (!envelope.ok) throw envelope.error;
      return envelope.value;
    },
    opened: () => served.launched.filter((each) => !isFolder(each)).map(([, [path]]) => path),
    revealed: () => served.launched.filter(isFolder).map(([, [path]]) => path),
  };
}

const document = (root: string, path: string): FakeDocument => ({ path, root, text: 'some words' });

describe.each([
  ['the desktop window', overElectron],
  ['the window in a browser', overLoopback],
] as const)('opening from %s', (_name, start) => {
  const idOf = (surface: Surface, name: string) => `${join(surface.folder, name)}#0`;

  it('opens a document by the id of its passage', async () => {
    const surface = await start();
    expect(await surface.shell('openPassage', { id: idOf(surface, 'lease.md') })).toEqual({ done: 'opened' });
    expect(surface.opened()).toEqual([join(surface.folder, 'lease.md')]);
  });

  it('takes ids of the index, never paths', async () => {
    const surface = await start();
    for (const id of [
      join(surface.folder, 'lease.md'),
      '/etc/passwd',
      '../../etc/passwd#0',
      `${surface.folder}/../home/preferences.json#0`,
      'file:///etc/passwd',
      'file:/etc/passwd',
      `file:${surface.folder}/../secret.md`,
      'https://example.org/',
    ]) {
      await expect(surface.shell('openPassage', { id }), id).rejects.toMatchObject({
        code: expect.stringMatching(/^(not-found|not-allowed)$/),
      });
    }
    expect([...surface.opened(), ...surface.revealed()]).toEqual([]);
  });

  it('opens nothing that the index places outside of the folders: "..", and a sibling whose name begins alike', async () => {
    const surface = await start({
      documents: (folder) =>
        [`${folder}/../secret.md`, `${folder}-evil/x.md`, `${dirname(folder)}/outside.pdf`].map((path) =>
          document(folder, path),
        ),
    });
    const names = [
      `${surface.folder}/../secret.md`,
      `${surface.folder}-evil/x.md`,
      join(surface.folder, '../outside.pdf'),
    ];
    for (const path of names) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'outside');
      for (const call of ['openPassage', 'revealPassage']) {
        await expect(surface.shell(call, { id: `${path}#0` }), path).rejects.toMatchObject({
          code: 'not-allowed',
        });
      }
      await expect(surface.shell('revealPath', { path })).rejects.toMatchObject({ code: 'not-allowed' });
    }
    expect([...surface.opened(), ...surface.revealed()]).toEqual([]);
  });

  it('opens nothing that a link was put in place of, be it the file or a folder above it', async () => {
    const surface = await start();
    const secret = join(surface.folder, '../secret.md');
    const away = join(surface.folder, '../away');
    writeFileSync(secret, 'the secret');
    mkdirSync(away);
    writeFileSync(join(away, 'deep.txt'), 'the secret');
    rmSync(join(surface.folder, 'lease.md'));
    symlinkSync(secret, join(surface.folder, 'lease.md'));
    renameSync(join(surface.folder, 'inner'), join(surface.folder, '../moved'));
    symlinkSync(away, join(surface.folder, 'inner'));
    // A link to a file of the folder that is not in the index.
    writeFileSync(join(surface.folder, 'hidden.md'), 'not indexed');
    rmSync(join(surface.folder, 'other.md'));
    symlinkSync(join(surface.folder, 'hidden.md'), join(surface.folder, 'other.md'));
    for (const name of ['lease.md', 'inner/deep.txt', 'other.md']) {
      for (const call of ['openPassage', 'revealPassage'])
        await expect(surface.shell(call, { id: idOf(surface, name) }), name).rejects.toMatchObject({
          code: 'not-allowed',
        });
    }
    expect([...surface.opened(), ...surface.revealed()]).toEqual([]);
  });

  it('shows programs, scripts and their disguises in their folder instead', async () => {
    const names = [
      'run.desktop',
      'run.exe',
      'run.bat',
      'run.cmd',
      'run.com',
      'run.scr',
      'run.lnk',
      'run.url',
      'run.app',
      'run.command',
      'run.sh',
      'run.ps1',
      'run.vbs',
      'run.js',
      'run.jar',
      'run.msi',
      'run.AppImage',
      'run.docm',
      'run.xlsm',
      'lease.pdf.exe',
      'lease.pdf.',
      'lease.exe::$DATA',
      'lease.pdf ',
      'RUN.EXE',
      'lease\u202efdp.exe',
      '.pdf',
      'no-extension',
      'lease.pdf\n.desktop',
    ];
    const surface = await start({ files: Object.fromEntries(names.map((name) => [name, 'some words'])) });
    for (const name of names) {
      expect(await surface.shell('openPassage', { id: idOf(surface, name) }), name).toMatchObject({
        done: 'revealed',
        reason: expect.stringContaining('folder'),
      });
    }
    expect(surface.opened()).toEqual([]);
    expect(surface.revealed()).toHaveLength(names.length);
  });

  it('shows a folder or a pipe with a document’s name in its folder instead', async () => {
    const surface = await start();
    for (const name of ['lease.md', 'other.md']) rmSync(join(surface.folder, name));
    mkdirSync(join(surface.folder, 'lease.md'));
    execFileSync('mkfifo', [join(surface.folder, 'other.md')]);
    for (const name of ['lease.md', 'other.md'])
      expect(await surface.shell('openPassage', { id: idOf(surface, name) })).toMatchObject({
        done: 'revealed',
      });
    expect(surface.opened()).toEqual([]);
  });

  it('on Windows takes no share, no device, no stream, no trailing dot or space', async () => {
    const paths = [
      '\\\\server\\share\\lease.pdf',
      '//server/share/lease.pdf',
      '\\\\?\\C:\\Users\\lease.pdf',
      '\\\\.\\pipe\\lease.pdf',
      '/docs/lease.exe::$DATA',
      '/docs/lease.pdf:evil.exe',
      '/docs/lease.exe.',
      '/docs/lease.exe ',
      '/docs/inner./lease.pdf',
    ];
    const surface = await start({
      platform: 'win32',
      documents: (folder) => paths.map((path) => document(folder, path)),
    });
    for (const path of paths) {
      for (const call of ['openPassage', 'revealPassage']) {
        await expect(surface.shell(call, { id: `${path}#0` }), path).rejects.toMatchObject({
          code: 'not-allowed',
        });
      }
      await expect(surface.shell('revealPath', { path })).rejects.toMatchObject({ code: 'not-allowed' });
    }
    expect([...surface.opened(), ...surface.revealed()]).toEqual([]);
  });

  it('does not open what is gone', async () => {
    const surface = await start();
    rmSync(join(surface.folder, 'lease.md'));
    await expect(surface.shell('openPassage', { id: idOf(surface, 'lease.md') })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect([...surface.opened(), ...surface.revealed()]).toEqual([]);
  });
});
