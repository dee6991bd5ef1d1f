import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../helpers/temp.ts';
import { writePackage } from './tiny-package.ts';

test('an encoder that is closed while it works answers or refuses every call, and its process ends in order', async () => {
  const folder = join(temporaryFolder('closing-encoder'), 'model');
  writePackage(folder, { graph: { dimension: 16 } });
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'closing-run.ts'),
    folder,
  ]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      said += String(chunk);
    });
  // A thread that ends inside ONNX Runtime takes the process down with SIGABRT.
  const [code, signal] = await once(child, 'close');
  expect({ code, signal, said }).toMatchObject({ code: 0, signal: null });
  const outcomes = said.trim().split('\n');
  expect(outcomes).toHaveLength(9);
  for (const outcome of outcomes)
    expect(outcome).toMatch(/^DONE$|^REFUSED (engine-stopped|encode-failed|cancelled)$/);
});
