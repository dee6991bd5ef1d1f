/** Paths that are no ordinary files are told apart without being opened; files that change are read as they were. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { extractFile } from '../../app/extract/extract-file.ts';
import { temporaryFolder } from '../helpers/temp.ts';
import { LIMITS, realPool } from './extract-kit/pool.ts';

const unix = process.platform !== 'win32';

describe('special files', () => {
  it.runIf(unix)('are refused without a reader', async () => {
    const folder = temporaryFolder('special');
    const path = (name: string) => join(folder, name);
    execFileSync('/usr/bin/mkfifo', [path('pipe.txt')]);
    const server = createServer().listen(path('socket.txt'));
    onTestFinished(() => void server.close());
    writeFileSync(path('sparse.txt'), 'start');
    truncateSync(path('sparse.txt'), 5 * 1024 ** 3);
    symlinkSync(path('nowhere.txt'), path('dangling.txt'));
    symlinkSync(path('loop-b.txt'), path('loop-a.txt'));
    symlinkSync(path('loop-a.txt'), path('loop-b.txt'));
    mkdirSync(path('folder.txt'));
    writeFileSync(path('empty.txt'), '');
    const expected: Record<string, string> = {
      [path('pipe.txt')]: 'not-a-file',
      [path('socket.txt')]: 'not-a-file',
      [path('sparse.txt')]: 'too-large',
      [path('dangling.txt')]: 'not-a-file',
      [path('loop-a.txt')]: 'not-a-file',
      [path('folder.txt')]: 'not-a-file',
      [path('empty.txt')]: 'empty',
      [path('gone.txt')]: 'unreadable',
      '/dev/null': 'not-a-file',
      '/dev/zero': 'not-a-file',
    };
    if (process.platform === 'linux')
      Object.assign(expected, { '/proc/self/status': 'not-a-file', '/proc/kmsg': 'not-a-file' });
    const { pool, pids } = realPool();
    const found: Record<string, string> = {};
    for (const each of Object.keys(expected)) {
      const outcome = await pool.extract(each);
      found[each] = outcome.ok ? 'read' : outcome.problem;
    }
    expect(found).toEqual(expected);
    expect(pids).toEqual([]);
  });

  it.runIf(unix)('are refused by the reader too, should one take the place of a file', async () => {
    const path = join(temporaryFolder('special'), 'pipe.txt');
    execFileSync('/usr/bin/mkfifo', [path]);
    // Nobody writes to the pipe: opening it for reading would wait for ever.
    expect(await extractFile(path, LIMITS)).toMatchObject({ ok: false, problem: 'not-a-file' });
  });

  it('reads a growing log up to the size it had', async () => {
    const path = join(temporaryFolder('special'), 'grow.log');
    const line = `2024-05-01 08:00:01 INFO a line of the log\n`;
    writeFileSync(path, line.repeat(20_000));
    const grower = setInterval(() => appendFileSync(path, line.repeat(100)), 1);
    onTestFinished(() => clearInterval(grower));
    const outcome = await extractFile(path, LIMITS);
    clearInterval(grower);
    expect(outcome).toMatchObject({ ok: true });
    expect((outcome.bytes ?? 0) % line.length).toBe(0);
    expect(outcome.bytes).toBeGreaterThanOrEqual(20_000 * line.length);
  });
});
