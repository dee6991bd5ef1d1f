// Builds the window into dist-renderer/ when its sources are newer than what is there.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildOnce, isCurrent } from './build-once.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['renderer', 'app/contract', 'app/text', 'app/export', 'vite.config.ts', 'package-lock.json'];

/**
 * Folder of the built window. Processes that ask at the same time build it once.
 * @returns {Promise<string>}
 */
export async function builtWindow() {
  const out = join(root, 'dist-renderer');
  await buildOnce(
    'window',
    () => isCurrent(join(out, 'index.html'), SOURCES),
    () =>
      build({
        configFile: join(root, 'vite.config.ts'),
        root: join(root, 'renderer'),
        logLevel: 'warn',
      }),
  );
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await builtWindow());
