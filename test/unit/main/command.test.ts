import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toggleCommand } from '../../../app/cli/commands/toggle.ts';
import { parseCommand } from '../../../main/command.ts';
import { autostartEntry } from '../../../main/login.ts';
import { installedElectron, whyNoWindow } from '../../../scripts/find-electron.mjs';
import { temporaryFolder } from '../../helpers/temp.ts';

describe('the arguments of a start', () => {
  it('are an action and folders', () => {
    expect(parseCommand([], '/here')).toEqual({ action: 'show', folders: [] });
    expect(parseCommand(['notes', '/full'], '/here')).toEqual({
      action: 'show',
      folders: ['/here/notes', '/full'],
    });
    expect(parseCommand(['toggle'], '/here')).toEqual({ action: 'toggle', folders: [] });
    expect(parseCommand(['--toggle'], '/here')).toEqual({ action: 'toggle', folders: [] });
    expect(parseCommand(['--hidden', 'notes'], '/here')).toEqual({
      action: 'hide',
      folders: ['/here/notes'],
    });
    // A folder may bear the name when it stands behind.
    expect(parseCommand(['notes', 'toggle'], '/here').folders).toEqual(['/here/notes', '/here/toggle']);
  });

  it('of Chromium mean nothing', () => {
    expect(
      parseCommand(['--no-sandbox', '--remote-debugging-port=9222', '--', '-psn_0_1', 'notes', ''], '/here'),
    ).toEqual({ action: 'show', folders: ['/here/notes'] });
  });
});

describe('the entry that starts Passim at login', () => {
  it('keeps a program with a strange name one argument', () => {
    expect(autostartEntry('/opt/a b/$x"z\\%f/passim')).toContain(
      String.raw`Exec="/opt/a b/\\$x\\"z\\\\%%f/passim" --hidden`,
    );
  });
});

describe('passim toggle', () => {
  it('starts the desktop app with the word, and says what to do when there is none', async () => {
    const launched: unknown[] = [];
    const launcher = {
      launch: async (...command: unknown[]) => {
        launched.push(command);
      },
    };
    const code = await toggleCommand(() => ({ program: '/electron', args: ['/root'] }), launcher);
    expect(code).toBe(0);
    expect(launched).toEqual([['/electron', ['/root', 'toggle']]]);
    await expect(toggleCommand(() => null, launcher)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('npm start'),
    });
  });
});

describe('finding Electron', () => {
  it('takes a program that is there, not one that is only named', () => {
    const folder = temporaryFolder('electron');
    expect(installedElectron(folder)).toBeNull();
    writeFileSync(join(folder, 'path.txt'), 'electron');
    expect(installedElectron(folder)).toBeNull();
    mkdirSync(join(folder, 'dist'));
    writeFileSync(join(folder, 'dist/electron'), '');
    expect(installedElectron(folder)).toBe(join(folder, 'dist/electron'));
  });

  it('does not try where no window could be', () => {
    const linux = { platform: 'linux' as const, uid: 1000 };
    expect(whyNoWindow({ ...linux, env: {} })).toBe('there is no screen');
    expect(whyNoWindow({ ...linux, env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBeNull();
    expect(whyNoWindow({ ...linux, env: { DISPLAY: ':0' }, uid: 0 })).toBe('it does not run as root');
    expect(whyNoWindow({ platform: 'darwin', uid: 501, env: {} })).toBeNull();
    expect(whyNoWindow({ platform: 'darwin', uid: 501, env: { PASSIM_ELECTRON: 'off' } })).toBe(
      'it is turned off',
    );
  });
});
