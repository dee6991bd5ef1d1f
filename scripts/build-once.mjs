// Lets processes that need the same thing built at the same time build it once.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const LOCK_AGE_MS = 180_000;

function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

/**
 * Whether a built file is newer than all that it was built from.
 * @param {string} built
 * @param {readonly string[]} sources relative to the root of the package
 * @returns {boolean}
 */
export function isCurrent(built, sources) {
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  return sources.every((source) => newest(join(root, source)) <= mtimeMs);
}

/**
 * Builds under a lock until what was built is current.
 * @param {string} name of the lock
 * @param {() => boolean} current
 * @param {() => Promise<unknown>} build
 * @returns {Promise<void>}
 */
export async function buildOnce(name, current, build) {
  const lock = join(root, 'node_modules', `.passim-${name}-lock`);
  while (!current()) {
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
      if (!current()) await build();
    } finally {
      rmSync(lock, { recursive: true, force: true });
    }
  }
}
