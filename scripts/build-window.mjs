// Builds the window into dist-renderer/ when its sources are newer than what is there.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = ['renderer', 'app/contract', 'app/text', 'app/export', 'vite.config.ts', 'package-lock.json'];
const LOCK_AGE_MS = 180_000;

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const isCurrent = (index) => {
  if (!existsSync(index)) return false;
  const built = statSync(index).mtimeMs;
  return SOURCES.every((source) => newest(join(root, source)) <= built);
};

/**
 * Folder of the built window. Processes that ask at the same time build it once.
 * @returns {Promise<string>}
 */
export async function builtWindow() {
  const out = join(root, 'dist-renderer');
  const index = join(out, 'index.html');
  const lock = join(root, 'node_modules', '.passim-window-lock');
  while (!isCurrent(index)) {
    try {
      mkdirSync(lock);
    } catch {
      // Another process builds; a lock that is left over from one that was killed is taken over.
      if (existsSync(lock) && Date.now() - statSync(lock).mtimeMs > LOCK_AGE_MS)
        rmSync(lock, { recursive: true, force: true });
      await sleep(250);
      continue;
    }
    try {
      if (!isCurrent(index))
        await build({
          configFile: join(root, 'vite.config.ts'),
          root: join(root, 'renderer'),
          logLevel: 'warn',
        });
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await builtWindow());
