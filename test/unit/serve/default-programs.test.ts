import { describe, expect, it } from 'vitest';
import type { Place } from '../../../app/contract/document.ts';
import { type SystemQueries, systemPrograms } from '../../../app/serve/index.ts';
import { serveFake } from '../../fakes/served.ts';

const page: Place = { kind: 'page', page: 12 };
const line: Place = { kind: 'line', line: 340 };

function system(
  answers: (command: string, args: readonly string[]) => string,
  installed: readonly string[] = [],
) {
  const queries: SystemQueries = {
    run: async (command, args) => answers(command, args),
    find: async (command) => (installed.includes(command) ? `/usr/bin/${command}` : null),
  };
  return queries;
}

const linux = (type: string, entry: string, installed: readonly string[]) =>
  systemPrograms(
    'linux',
    system(
      (command, args) => (command !== 'xdg-mime' ? '' : args[1] === 'filetype' ? `${type}\n` : `${entry}\n`),
      installed,
    ),
  );

describe('the command that opens a file at a place', () => {
  it('is the program’s own on Linux', async () => {
    const pdf = (entry: string, command: string) =>
      linux('application/pdf', entry, [command]).commandAt('/docs/a b.pdf', page);
    expect(await pdf('org.gnome.Evince.desktop', 'evince')).toEqual([
      '/usr/bin/evince',
      ['--page-index=12', '/docs/a b.pdf'],
    ]);
    expect(await pdf('okularApplication_pdf.desktop', 'okular')).toEqual([
      '/usr/bin/okular',
      ['--page', '12', '/docs/a b.pdf'],
    ]);
    expect(await pdf('firefox.desktop', 'firefox')).toEqual([
      '/usr/bin/firefox',
      ['file:///docs/a%20b.pdf#page=12'],
    ]);
    const text = (entry: string, command: string) =>
      linux('text/plain', entry, [command]).commandAt('/docs/notes.md', line);
    expect(await text('code.desktop', 'code')).toEqual(['/usr/bin/code', ['--goto', '/docs/notes.md:340']]);
    expect(await text('org.kde.kate.desktop', 'kate')).toEqual([
      '/usr/bin/kate',
      ['--line', '340', '/docs/notes.md'],
    ]);
  });

  it('is none when the program is not known, not installed, or cannot be told such a place', async () => {
    expect(await linux('application/pdf', 'unknown.desktop', []).commandAt('/a.pdf', page)).toBeNull();
    expect(
      await linux('application/pdf', 'org.gnome.Evince.desktop', []).commandAt('/a.pdf', page),
    ).toBeNull();
    expect(await linux('text/csv', 'firefox.desktop', ['firefox']).commandAt('/a.csv', line)).toBeNull();
    expect(await linux('application/pdf', 'evince.desktop', ['evince']).commandAt('/a.pdf', null)).toBeNull();
    expect(await linux('x', '', []).commandAt('/a.pdf', page)).toBeNull();
    // A page of a book is no page of a PDF.
    expect(
      await linux('application/pdf', 'evince.desktop', ['evince']).commandAt('/a.docx', page),
    ).toBeNull();
  });

  it('is read from the registry on Windows', async () => {
    const program = 'C:\\Program Files\\SumatraPDF\\SumatraPDF.exe';
    const windows = (command: string) =>
      systemPrograms(
        'win32',
        system((_name, args) => {
          if (args[1]?.endsWith('UserChoice')) return '\r\n    ProgId    REG_SZ    SumatraPDF.pdf\r\n';
          return args[1]?.startsWith('HKCR\\SumatraPDF.pdf')
            ? `    (Default)    REG_SZ    ${command}\r\n`
            : '';
        }),
      ).commandAt('C:\\docs\\a.pdf', page);
    expect(await windows(`"${program}" "%1"`)).toEqual([program, ['-page', '12', 'C:\\docs\\a.pdf']]);
    expect(await windows('C:\\Tools\\SumatraPDF.exe %1')).toEqual([
      'C:\\Tools\\SumatraPDF.exe',
      ['-page', '12', 'C:\\docs\\a.pdf'],
    ]);
    expect(await windows('"\\\\server\\share\\SumatraPDF.exe" "%1"')).toBeNull();
    expect(await windows('cmd.exe /c start %1')).toBeNull();
  });

  it('is read from the person’s choices on macOS', async () => {
    const mac = systemPrograms(
      'darwin',
      system(
        (command) =>
          command === 'mdls'
            ? 'net.daringfireball.markdown'
            : '{"LSHandlers":[{"LSHandlerContentType":"net.daringfireball.markdown","LSHandlerRoleAll":"com.microsoft.VSCode"}]}',
        ['code'],
      ),
    );
    expect(await mac.commandAt('/docs/notes.md', line)).toEqual([
      '/usr/bin/code',
      ['--goto', '/docs/notes.md:340'],
    ]);
    expect(
      await systemPrograms(
        'darwin',
        system(() => 'nonsense'),
      ).commandAt('/docs/notes.md', line),
    ).toBeNull();
  });
});

describe('opening a passage', () => {
  it('opens it at its line, and plainly when that program cannot be started', async () => {
    const started: string[] = [];
    const served = await serveFake(
      { 'notes.md': 'First.\n\nThe tenant may end it.' },
      {
        programs: {
          commandAt: async (path, place) => ['editor', [path, place?.kind === 'line' ? `${place.line}` : '']],
        },
        launcher: {
          launch: async (command, args) => {
            started.push([command, ...args].join(' '));
            if (command === 'editor' && started.length > 1) throw new Error('gone');
          },
        },
      },
    );
    const file = `${served.folder}/notes.md`;
    await served.call('openPassage', { id: `${file}#1` });
    expect(started).toEqual([`editor ${file} 3`]);
    await served.call('openPassage', { id: `${file}#1` });
    expect(started.slice(1)).toEqual([`editor ${file} 3`, `xdg-open ${file}`]);
    await served.close();
  });
});
