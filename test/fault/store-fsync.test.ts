import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../unit/store/store-kit.ts';

const CHILD = fileURLToPath(new URL('./store-commit.ts', import.meta.url));
const canTrace = spawnSync('strace', ['-V']).status === 0;

it.skipIf(!canTrace)('the system is asked to flush each table’s data, version and directories', () => {
  const directory = join(temporaryDirectory(), 'index');
  const trace = join(temporaryDirectory(), 'trace');
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', CHILD, directory];
  const run = spawnSync('strace', [
    '-f',
    '-y',
    '-qq',
    '-e',
    'trace=fsync,fdatasync',
    '-o',
    trace,
    ...command,
  ]);
  expect(run.stderr.toString()).toBe('');
  expect(run.status).toBe(0);
  const flushed = readFileSync(trace, 'utf8')
    .split('\n')
    .flatMap((line) => /f(?:data)?sync\(\d+<([^>]*)>/.exec(line)?.[1] ?? []);
  for (const table of ['vectors', 'passages', 'files'])
    for (const folder of ['data', '_versions']) {
      const path = join(directory, `${table}.lance`, folder);
      expect(flushed).toContain(path);
      expect(flushed.filter((name) => name.startsWith(`${path}/`)).length).toBeGreaterThan(0);
    }
  // The ledger comes last.
  const first = (table: string): number => flushed.findIndex((path) => path.includes(`${table}.lance/data/`));
  expect(first('files')).toBeGreaterThan(first('passages'));
  expect(first('files')).toBeGreaterThan(first('vectors'));
});
