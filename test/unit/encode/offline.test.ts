import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeExport, writePackage } from './tiny-package.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-offline-'));
  writePackage(join(folder, 'packaged'), { graph: { dimension: 16 } });
  const config = JSON.stringify({ model_type: 'bert', max_position_embeddings: 64, hidden_size: 16 });
  writeExport(join(folder, 'exported'), { graph: { dimension: 16 }, extra: { 'config.json': config } });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--import',
      new URL('./deny-network.ts', import.meta.url).href,
      join(import.meta.dirname, 'offline-run.ts'),
      join(folder, 'packaged'),
      join(folder, 'exported'),
      folder,
    ],
    { env: { ...process.env, ...env } },
  );
  return stdout;
}

test('loading a model and encoding never ask for the network', async () => {
  const output = await run();
  expect(output.match(/ENCODED 4 4 2/g)).toHaveLength(2);
  expect(output).toContain('REMOTE refused');
  expect(output).not.toContain('ATTEMPT');
});

test('an attempt would have been seen', async () => {
  expect(await run({ PASSIM_TEST_CONTROL: '1' })).toContain('ATTEMPT fetch http://127.0.0.1:9/');
});
