import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WatchedFolder } from '../../../app/contract/settings.ts';
import { FolderRules } from '../../../app/watch/ignore.ts';
import { scanFolder } from '../../../app/watch/scan.ts';
import { folderWith, names, watched, write } from './folders.ts';

function explainer(files: Record<string, string>, folder: Partial<WatchedFolder> = {}) {
  const root = folderWith(files);
  const rules = new FolderRules(watched(root, folder), { platform: 'linux' });
  return {
    root,
    rules,
    ask: (path: string) => rules.explain(join(root, path), path.endsWith('/')),
    ignored: (path: string) => rules.explain(join(root, path), path.endsWith('/')).ignored,
  };
}

describe('ignore files', () => {
  it('are read at every level, deeper ones first', () => {
    const { ignored, ask, root } = explainer({
      '.gitignore': '*.log\n/only-here.txt\nsecret/\n# comment\n\n',
      'sub/.gitignore': '!keep.log\n*.dat',
    });
    expect(ignored('a.log')).toBe(true);
    expect(ignored('deep/er/a.log')).toBe(true);
    expect(ignored('only-here.txt')).toBe(true);
    expect(ignored('sub/only-here.txt')).toBe(false);
    expect(ignored('sub/keep.log')).toBe(false);
    expect(ignored('sub/a.log')).toBe(true);
    expect(ignored('sub/x/a.dat')).toBe(true);
    expect(ignored('a.dat')).toBe(false);
    expect(ignored('secret/')).toBe(true);
    expect(ignored('secret/notes/a.txt')).toBe(true);
    expect(ask('a.log')).toEqual({ ignored: true, rule: '*.log', source: join(root, '.gitignore') });
    expect(ask('sub/x/a.dat')).toEqual({
      ignored: true,
      rule: '*.dat',
      source: join(root, 'sub', '.gitignore'),
    });
  });

  it('.passimignore goes before .gitignore and takes in what is left out by habit', () => {
    const { ignored } = explainer({
      '.gitignore': 'build/\n*.md\n!node_modules/\n!.hidden.txt',
      '.passimignore': '!*.md\n!.github/\n!.venv/\ndrafts/',
    });
    expect(ignored('a.md')).toBe(false);
    expect(ignored('.github/')).toBe(false);
    expect(ignored('.github/workflows.txt')).toBe(false);
    expect(ignored('.venv/')).toBe(false);
    expect(ignored('drafts/')).toBe(true);
    expect(ignored('node_modules/')).toBe(true);
    expect(ignored('.hidden.txt')).toBe(true);
  });

  it('are left unread on request, except .passimignore', () => {
    const { ignored } = explainer(
      { '.gitignore': '*.a', '.ignore': '*.b', '.passimignore': '*.c' },
      { ignoreFiles: false },
    );
    expect(['x.a', 'x.b', 'x.c'].map(ignored)).toEqual([false, false, true]);
  });

  it('are read anew after they were forgotten', () => {
    const { ignored, rules, root } = explainer({ '.ignore': '*.a' });
    expect(ignored('x.a')).toBe(true);
    write(root, { '.ignore': '*.b' });
    rules.forget(root);
    expect(['x.a', 'x.b'].map(ignored)).toEqual([false, true]);
  });

  it('can hold anything', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'grapheme', minLength: 1 }),
        (content, name) => {
          const { rules, root } = explainer({ '.gitignore': content });
          const path = name.replace(/[\\/\0]/g, '_').replace(/^\.+/, '_');
          expect(typeof rules.explain(join(root, path), false).ignored).toBe('boolean');
        },
      ),
      { numRuns: 100 },
    );
  });

  it('with a pattern made to take for ever are matched at once', () => {
    const { ignored } = explainer({ '.gitignore': `${'*a'.repeat(30)}b\n*.log` });
    expect(ignored('a'.repeat(200))).toBe(false);
    expect(ignored('x.log')).toBe(true);
  });
});

describe('a hostile ignore file', () => {
  it('has only so many patterns that count', () => {
    const lines = Array.from({ length: 20_000 }, (_, n) => `x${n}`);
    const { ignored } = explainer({ '.gitignore': lines.join('\n') });
    expect(ignored('x10')).toBe(true);
    expect(ignored('x19999')).toBe(false);
  });
});

describe('settings of a folder', () => {
  it('exclude goes before everything, and takes in with "!"', () => {
    const { ignored, ask } = explainer(
      { '.gitignore': '*.log', 'app/package.json': '{}' },
      { exclude: ['*.bak', '!special.log', '!*.pem', '/private/', '!node_modules/'] },
    );
    expect(ignored('a.bak')).toBe(true);
    expect(ignored('special.log')).toBe(false);
    expect(ignored('server.pem')).toBe(false);
    expect(ignored('server.key')).toBe(true);
    expect(ignored('private/a.txt')).toBe(true);
    expect(ignored('sub/private/a.txt')).toBe(false);
    expect(ignored('node_modules/x/a.js')).toBe(false);
    expect(ask('a.bak')).toEqual({ ignored: true, rule: '*.bak', source: 'settings' });
  });

  it('include lets only what it names in', () => {
    const { ignored, ask } = explainer({}, { include: ['*.md', 'papers/'] });
    expect(ignored('a.md')).toBe(false);
    expect(ignored('deep/a.md')).toBe(false);
    expect(ignored('papers/x/y.pdf')).toBe(false);
    expect(ignored('a.txt')).toBe(true);
    expect(ignored('other/')).toBe(false);
    expect(ask('a.txt').source).toBe('settings: not among what to include');
    expect(ignored('papers/id_rsa')).toBe(true);
  });

  it('hidden takes hidden files in, and still no secrets', () => {
    const { ignored } = explainer({}, { hidden: true });
    expect(ignored('.notes/a.txt')).toBe(false);
    for (const secret of [
      '.ssh/config',
      '.gnupg/x',
      '.aws/credentials',
      '.env',
      '.env.local',
      '.netrc',
      '.git/config',
    ]) {
      expect([secret, ignored(secret)]).toEqual([secret, true]);
    }
    expect(ignored('.env.example')).toBe(false);
  });
});

describe('defaults', () => {
  const { ignored, ask } = explainerOnce();

  function explainerOnce() {
    let made: ReturnType<typeof explainer> | null = null;
    const get = () => {
      made = explainer({ 'web/package.json': '{}', 'house/plan.txt': 'x' });
      return made;
    };
    return { ignored: (path: string) => get().ignored(path), ask: (path: string) => get().ask(path) };
  }

  it.each([
    'id_rsa',
    'keys/ID_ED25519',
    'server.pem',
    'Server.KEY',
    'vault.kdbx',
    'x.p12',
    'wallet.dat',
    'Library/Keychains/login.keychain-db',
    'login.keychain',
    'AppData/Local/Google/Chrome/User Data/Default/History',
    'Library/Application Support/Firefox/Profiles/a/places.sqlite',
    'snap/firefox/common/x.txt',
    'mail/logins.json',
    'Chrome Passwords.csv',
    'bitwarden_export_20240101.json',
    'client_secret_12.json',
  ])('leaves %s out as private', (path) => {
    expect(ask(path)).toMatchObject({ ignored: true, source: 'private files' });
  });

  it.each([
    'node_modules/a/readme.md',
    'x/__pycache__/a.py',
    '~$report.docx',
    '.~lock.a.odt#',
    'Thumbs.db',
    'desktop.ini',
    'a.tmp',
    'a.txt~',
    '#a.txt#',
    'movie.mp4.part',
    'jquery.min.js',
    'app.bundle.js',
    'style.css.map',
    'web/dist/a.js',
    'web/build/',
    'package-lock.json',
    'Cargo.lock',
    'a.pyc',
    'Photos.photoslibrary/x.jpg',
    '$RECYCLE.BIN/x.txt',
    '.DS_Store',
    '.git/HEAD',
  ])('leaves %s out as made by programs', (path) => {
    expect(ask(path)).toMatchObject({ ignored: true, source: 'files that programs make' });
  });

  it.each([
    'id_rsa.pub',
    'house/build/plan.txt',
    'house/dist/',
    'keyboard.txt',
    'environment.md',
    'monkey/a.txt',
    'talk.key/',
    'README.md',
    'a.map',
    'notes~/a.txt',
    'passwords-policy.txt',
    'Library/notes.txt',
  ])('takes %s in', (path) => {
    expect([path, ignored(path)]).toEqual([path, false]);
  });

  it('leaves out Python environments and marked caches whatever they are called', () => {
    const { ignored: asks } = explainer({
      'my env/pyvenv.cfg': 'home = /usr',
      'things/CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55\n',
      'fake/CACHEDIR.TAG': 'about caches',
    });
    expect(asks('my env/lib/a.py')).toBe(true);
    expect(asks('things/a.txt')).toBe(true);
    expect(asks('fake/a.txt')).toBe(false);
  });

  it('takes such folders in when asked to, in the scan too', async () => {
    const {
      root,
      rules,
      ignored: asks,
    } = explainer({
      '.passimignore': '!my env/',
      'my env/pyvenv.cfg': 'home = /usr',
      'my env/a.py': 'x',
      'other env/pyvenv.cfg': 'home = /usr',
      'other env/b.py': 'x',
    });
    expect([asks('my env/a.py'), asks('other env/b.py')]).toEqual([false, true]);
    expect(names(await scanFolder({ rules }))).toEqual(['my env/a.py', 'my env/pyvenv.cfg']);
    expect(rules.refuses(join(root, 'other env'))).toBe(false);
  });

  it('says so of hidden files and of what lies outside', () => {
    expect(ask('.notes/a.txt')).toEqual({ ignored: true, rule: '.*', source: 'hidden files' });
    expect(ask('../x.txt')).toMatchObject({ ignored: true, source: 'outside the folder' });
  });

  it('keeps the folders apart that it is told to', () => {
    const root = folderWith({ 'data/a.txt': 'x' });
    const rules = new FolderRules(watched(root), { skip: [join(root, 'data')] });
    expect(rules.explain(join(root, 'data', 'a.txt'), false)).toMatchObject({
      ignored: true,
      source: 'kept apart',
    });
    expect(rules.explain(join(root, 'data2', 'a.txt'), false).ignored).toBe(false);
  });
});

describe('the scan and explain', () => {
  it('agree on every file of a random tree with random rules', async () => {
    const name = fc.constantFrom(
      'a.txt',
      'b.log',
      'build',
      'dist',
      '.env',
      '.hidden',
      'x',
      'node_modules',
      'c.key',
      'package.json',
    );
    const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const rule = fc.constantFrom(
      '*.log',
      '!*.log',
      'x/',
      '!x/',
      '/build',
      '!build/',
      '.*',
      '!.hidden',
      '**/b.log',
      'a.txt',
      '!node_modules/',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(path, { maxLength: 14 }),
        fc.array(
          fc.tuple(
            fc.constantFrom('', 'x/', 'build/'),
            fc.constantFrom('.gitignore', '.passimignore'),
            fc.array(rule, { maxLength: 3 }),
          ),
          { maxLength: 3 },
        ),
        fc.record({
          hidden: fc.boolean(),
          ignoreFiles: fc.boolean(),
          exclude: fc.array(rule, { maxLength: 2 }),
          include: fc.array(rule, { maxLength: 1 }),
        }),
        async (paths, files, folder) => {
          const root = folderWith();
          for (const file of paths) {
            try {
              write(root, { [`${file}.d/leaf`]: 'x', [file]: 'x' });
            } catch {
              // A file is in the way of a folder, or the other way round.
            }
          }
          for (const [directory, file, rules] of files) {
            try {
              write(root, { [`${directory}${file}`]: rules.join('\n') });
            } catch {}
          }
          const rules = new FolderRules(watched(root, folder), { platform: 'linux' });
          const seen = new Set(names(await scanFolder({ rules })));
          const fresh = new FolderRules(watched(root, folder), { platform: 'linux' });
          for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
            if (!entry.isFile()) continue;
            const full = join(entry.parentPath, entry.name);
            const short = full.slice(root.length + 1);
            expect([short, fresh.explain(full, false).ignored]).toEqual([short, !seen.has(short)]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
