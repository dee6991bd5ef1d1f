import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import { describe, expect, it } from 'vitest';
import { entryFolders } from '../../../main/desktop.ts';
import { type OpenWithOptions, openWith } from '../../../main/open-with.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

const FILE = '/docs/a file; rm -rf.pdf';

function setUp(platform: NodeJS.Platform, answers: Readonly<Record<string, string>>, entryFolder = '/none') {
  const launched: unknown[] = [];
  const asked: unknown[] = [];
  const shown: string[] = [];
  const options: OpenWithOptions = {
    platform,
    entryFolders: [entryFolder],
    queries: {
      run: async (command, args) => {
        asked.push([command, args]);
        return answers[`${command} ${args[0]}`] ?? answers[command] ?? '';
      },
      find: async () => null,
    },
    launcher: {
      launch: async (command, args) => {
        launched.push([command, args]);
      },
    },
    popup: async (items: MenuItemConstructorOptions[]) => {
      shown.push(...items.map(({ label }) => String(label)));
      items[0]?.click?.({} as never, undefined, {} as never);
    },
    onFailure: () => {},
  };
  return { options, launched, asked, shown };
}

describe('opening with another program', () => {
  it('offers what the system knows for the file on Linux', async () => {
    const folder = temporaryFolder('entries');
    mkdirSync(join(folder, 'applications'));
    writeFileSync(
      join(folder, 'applications/org.gnome.Evince.desktop'),
      '[Desktop Entry]\nName=Document Viewer\n',
    );
    writeFileSync(join(folder, 'applications/gimp.desktop'), '[Desktop Entry]\nName=GIMP\nName[de]=X\n');
    const { options, launched, shown } = setUp(
      'linux',
      {
        'xdg-mime': 'application/pdf\n',
        gio: 'Default application for “application/pdf”: org.gnome.Evince.desktop\nRegistered applications:\n\torg.gnome.Evince.desktop\n\tgimp.desktop\n\tgone.desktop\n\t../evil.desktop\n',
      },
      join(folder, 'applications'),
    );
    await openWith(FILE, options);
    expect(shown).toEqual(['Document Viewer', 'GIMP']);
    expect(launched).toEqual([['gtk-launch', ['org.gnome.Evince.desktop', FILE]]]);
  });

  it('asks macOS by an argument, not by text in a script', async () => {
    const { options, launched, asked, shown } = setUp('darwin', {
      osascript: '["/System/Applications/Preview.app","not a path",7]',
    });
    await openWith(FILE, options);
    const [command, args] = asked[0] as [string, string[]];
    expect(command).toBe('osascript');
    expect(args.at(-1)).toBe(FILE);
    expect(args.slice(0, -1).join()).not.toContain(FILE);
    expect(shown).toEqual(['Preview']);
    expect(launched).toEqual([['open', ['-a', '/System/Applications/Preview.app', FILE]]]);
  });

  it('leaves it to the dialog of Windows', async () => {
    const { options, launched } = setUp('win32', {});
    await openWith(FILE, options);
    expect(launched).toEqual([['OpenWith.exe', [FILE]]]);
  });

  it('says so when the system knows none', async () => {
    for (const platform of ['linux', 'darwin'] as const)
      await expect(openWith(FILE, setUp(platform, {}).options)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('looks for entries where the desktop does', () => {
    expect(entryFolders({ XDG_DATA_HOME: '/own', XDG_DATA_DIRS: '/a:relative:/b' }, '/home/me')).toEqual([
      '/own/applications',
      '/a/applications',
      '/b/applications',
    ]);
    expect(entryFolders({}, '/home/me')[0]).toBe('/home/me/.local/share/applications');
  });
});
