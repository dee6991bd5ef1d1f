import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { thisHost } from '../../../app/encode/providers.ts';
import { GpuLibraries } from '../../../app/engine/gpu-libraries.ts';
import { openHome } from '../../../app/engine/home.ts';
import { passim } from '../../helpers/passim.ts';
import { temporaryFolder } from '../../helpers/temp.ts';

test('passim gpu status tells what is here and what can be done, and fetches nothing', async () => {
  const home = temporaryFolder('gpu-cli');
  const told = await new GpuLibraries({ home: openHome(home) }).status();
  const { out } = await passim(home, ['gpu', 'status']);
  expect(out).toContain(`ONNX Runtime ${told.runtime} on ${process.platform}-${process.arch}`);
  if (told.state === 'not-supported') expect(out).toContain(told.reason);
  else if (told.state === 'absent') expect(out).toContain('passim gpu install');
  else expect(out).toMatch(/whole\.\n[●○] cuda: /);
  expect(existsSync(join(home, 'cache', 'gpu'))).toBe(false);
  const { release } = JSON.parse((await passim(home, ['gpu', 'status', '--json'])).out);
  expect(release).toEqual(told.release);
});

// Where the libraries are installed, this would delete them.
test.skipIf(existsSync(join(thisHost().libraries, 'libonnxruntime_providers_cuda.so')))(
  'passim gpu remove takes away a download that was cut',
  async () => {
    const home = temporaryFolder('gpu-cli');
    const stage = join(home, 'cache', 'gpu');
    mkdirSync(stage, { recursive: true });
    writeFileSync(join(stage, 'x.whl.part'), 'half');
    expect((await passim(home, ['gpu', 'remove'])).err).toContain(join('cache', 'gpu'));
    expect(existsSync(stage)).toBe(false);
    expect((await passim(home, ['gpu', 'remove'])).err).toContain('nothing to remove');
  },
);
