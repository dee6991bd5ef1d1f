import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../helpers/temp.ts';

const bin = resolve('bin/passim.mjs');

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function passim(home: string, args: readonly string[], env: Record<string, string> = {}): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], {
    encoding: 'utf8',
    env: { ...process.env, PASSIM_HOME: home, ...env },
  });
  return { code: status, out: stdout, err: stderr };
}

function setUp(): { home: string; folder: string } {
  const base = temporaryFolder('cli');
  const folder = join(base, 'notes');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'lease.md'),
    "# Lease\n\nThe tenant may end the contract with three months' notice.\n",
  );
  writeFileSync(
    join(folder, 'pancakes.txt'),
    'Mix flour, eggs and milk and fry thin pancakes in hot butter.\n',
  );
  writeFileSync(join(folder, 'broken.pdf'), '%PDF-1.7\nthis is no document');
  return { home: join(base, 'data'), folder };
}

describe('passim', { timeout: 120_000 }, () => {
  it('adds, indexes, searches, tells its status and removes', () => {
    const { home, folder } = setUp();
    const added = passim(home, ['add', folder]);
    expect(added, added.err).toMatchObject({ code: 0, out: '' });
    expect(JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')).folders[0].path).toBe(folder);

    const indexed = passim(home, ['index']);
    expect(indexed, indexed.err).toMatchObject({ code: 0, out: '' });
    expect(indexed.err).toContain('2 files searchable');
    expect(indexed.err).toContain('1 file could not be read');

    const json = passim(home, ['search', 'cancel my flat', '--json', '-k', '1']);
    expect(json.code, json.err).toBe(0);
    const answer = JSON.parse(json.out);
    expect(Object.keys(answer)).toEqual(expect.arrayContaining(['query', 'tookMs', 'results']));
    expect(answer.query).toBe('cancel my flat');
    expect(answer.results).toHaveLength(1);
    expect(answer.results[0].path).toBe(join(folder, 'lease.md'));
    expect(answer.results[0].passages[0]).toMatchObject({
      place: expect.stringMatching(/^line \d+$/),
      text: expect.stringContaining('notice'),
    });
    expect(answer.results[0].passages[0].tokens.length).toBeGreaterThan(3);

    const coloured = passim(home, ['search', 'pancakes', 'with', 'butter'], { FORCE_COLOR: '1' });
    expect(coloured.out).toContain('\u001b[');
    const plain = passim(home, ['search', 'pancakes', 'with', 'butter']);
    expect(plain.out).not.toContain('\u001b[');
    expect(plain.out).toContain('pancakes.txt');
    expect(passim(home, ['search', 'tenant notice', '--explain', '-k', '1']).out).toMatch(
      /query token .* similarity/,
    );
    expect(
      passim(home, ['search', 'pancakes contract', '-w', 'pancakes=0', '-k', '1', '--json']).out,
    ).toContain('lease.md');

    const status = passim(home, ['status']);
    expect(status.out).toContain('broken.pdf');
    expect(status.out).toContain('corrupt');
    expect(JSON.parse(passim(home, ['status', '--json']).out)).toMatchObject({ files: 3, searchable: 2 });

    const doctor = passim(home, ['doctor']);
    expect(doctor, doctor.out).toMatchObject({ code: 0 });

    expect(passim(home, ['remove', folder]).err).toContain('3 files');
    const nothing = passim(home, ['search', 'pancakes']);
    expect(nothing).toMatchObject({ code: 1, out: '' });
    expect(readFileSync(join(folder, 'lease.md'), 'utf8')).toContain('tenant');
  });

  it('tells what is wrong with a command, and how to do it', () => {
    const home = join(temporaryFolder('cli'), 'data');
    const unknown = passim(home, ['serach', 'x']);
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain('search');
    expect(passim(home, ['search', 'x']).err).toContain('passim add');
    expect(passim(home, ['add', '/no/such/folder'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('/no/such/folder does not exist'),
    });
    expect(passim(home, ['search', 'x', '-k', 'many'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('whole number'),
    });
    for (const command of ['add', 'remove', 'index', 'watch', 'search', 'status', 'doctor']) {
      const help = passim(home, [command, '--help']);
      expect(help).toMatchObject({ code: 0, err: '' });
      expect(help.out).toContain(`passim ${command}`);
    }
    expect(passim(home, ['--version']).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('names the operator that is wrong', () => {
    const { home, folder } = setUp();
    passim(home, ['index', folder]);
    const wrong = passim(home, ['search', 'lease size:huge']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('size:');
  });

  it('tells a damaged settings file by its field', () => {
    const { home, folder } = setUp();
    passim(home, ['add', folder]);
    writeFileSync(join(home, 'settings.json'), '{"bits": 5}');
    const wrong = passim(home, ['status']);
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain('"bits"');
  });

  it.runIf(process.platform === 'linux')(
    'bounds the heaps of a process that indexes, unless told otherwise',
    async () => {
      const heapsOf = async (value: string | undefined): Promise<string | undefined> => {
        const { home } = setUp();
        const { MALLOC_ARENA_MAX: _, ...rest } = process.env;
        const watcher = spawn(process.execPath, [bin, 'watch'], {
          env: { ...rest, PASSIM_HOME: home, ...(value === undefined ? {} : { MALLOC_ARENA_MAX: value }) },
          stdio: ['ignore', 'ignore', 'pipe'],
        });
        try {
          await once(watcher.stderr, 'data');
          // The engine is a process of its own.
          const children = readFileSync(`/proc/${watcher.pid}/task/${watcher.pid}/children`, 'utf8');
          const environment = readFileSync(`/proc/${children.split(' ')[0]}/environ`, 'utf8');
          return /MALLOC_ARENA_MAX=(\d+)/.exec(environment)?.[1];
        } finally {
          watcher.kill('SIGINT');
          await once(watcher, 'close');
        }
      };
      expect(Number(await heapsOf(undefined))).toBeLessThanOrEqual(4);
      expect(await heapsOf('7')).toBe('7');
    },
  );

  it('searches while another process watches, and only one writes', async () => {
    const { home, folder } = setUp();
    passim(home, ['index', folder]);
    const watcher = spawn(process.execPath, [bin, 'watch'], {
      env: { ...process.env, PASSIM_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      await new Promise<void>((resolve) => {
        watcher.stderr.setEncoding('utf8').on('data', (text: string) => {
          if (text.includes('Watching')) resolve();
        });
      });
      expect(passim(home, ['search', 'pancakes', '-k', '1']).out).toContain('pancakes.txt');
      const second = passim(home, ['index']);
      expect(second.code).toBe(2);
      expect(second.err).toMatch(/another process|Another Passim/i);
    } finally {
      watcher.kill('SIGINT');
    }
    const code = await new Promise((resolve) => watcher.on('close', resolve));
    expect(code).toBe(0);
    // The lock is free again.
    expect(passim(home, ['index']).code).toBe(0);
  });
});
