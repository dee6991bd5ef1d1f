/** Readers that die, hang, hoard or lie. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../helpers/temp.ts';
import { formBomb } from './extract-kit/bombs.ts';
import { isAlive, LIMITS, MIB, realPool, until } from './extract-kit/pool.ts';

const UNRULY = join(import.meta.dirname, 'extract-kit/unruly-worker.mjs');

describe('readers that misbehave', { timeout: 180_000 }, () => {
  const expected = {
    abort: ['crashed'],
    exit: ['crashed'],
    kill: ['crashed'],
    garbage: ['crashed'],
    overflow: ['crashed'],
    hang: ['timed-out'],
    heap: ['out-of-memory', 'crashed'],
    buffers: ['out-of-memory'],
  };

  it('become typed outcomes, each file its own, and leave no process', async () => {
    const folder = temporaryFolder('unruly');
    const { pool, pids } = realPool({
      module: UNRULY,
      limits: { ...LIMITS, seconds: 4, memoryBytes: 300 * MIB },
    });
    const deeds = Object.keys(expected).flatMap((deed) => [deed, 'good']);
    const outcomes = await Promise.all(
      deeds.map((deed, index) => {
        const path = join(folder, `${deed}.${index}.txt`);
        writeFileSync(path, 'x');
        return pool.extract(path);
      }),
    );
    outcomes.forEach((outcome, index) => {
      const deed = deeds[index] ?? '';
      const problem = outcome.ok ? 'ok' : outcome.problem;
      expect([deed, problem]).toSatisfy(([name, found]) =>
        name === 'good'
          ? found === 'empty'
          : expected[name as keyof typeof expected].includes(found as never),
      );
    });
    await pool.close();
    expect(pids.length).toBeGreaterThan(8);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('are ended when their parent is killed, however busy they are', async () => {
    const folder = temporaryFolder('orphan');
    const bomb = join(folder, 'bomb.pdf');
    writeFileSync(bomb, formBomb());
    const parent = spawn(process.execPath, [join(import.meta.dirname, 'extract-kit/parent.ts'), bomb], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    const reader = await new Promise<number>((resolve) => {
      parent.stdout.on('data', (data) => resolve(Number.parseInt(String(data), 10)));
    });
    onTestFinished(() => {
      if (isAlive(reader)) process.kill(reader, 'SIGKILL');
    });
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(isAlive(reader)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(reader));
  });

  it('are not ended by Ctrl-C in the terminal, which is for their parent to answer', async () => {
    const folder = temporaryFolder('signal');
    const { pool, pids } = realPool({ workers: 1 });
    const path = join(folder, 'a.txt');
    writeFileSync(path, 'Words.');
    await pool.extract(path);
    const [reader] = pids;
    if (reader === undefined) throw new Error('no reader was started');
    process.kill(reader, 'SIGINT');
    expect(await pool.extract(path)).toMatchObject({ ok: true });
    expect(pids).toHaveLength(1);
  });
});
