// Compares the Electron that Passim is built on with the newest: only the newest three majors get security fixes.
// Asks the package registry, so it is for the release and for CI, not for the tests.
//   node scripts/check-electron.mjs
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAJORS = 3;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Whether a version still gets security fixes.
 * @param {string} version
 * @param {string} newest
 * @returns {boolean}
 */
export function isSupported(version, newest) {
  const major = (text) => Number(text.split('.')[0]);
  return major(newest) - major(version) < MAJORS;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version } = packages['node_modules/electron'];
  const newest = execFileSync('npm', ['view', 'electron', 'version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  }).trim();
  const supported = isSupported(version, newest);
  console.log(
    `Electron ${version}; the newest is ${newest}${supported ? '' : ': no security fixes any more'}`,
  );
  process.exitCode = supported ? 0 : 1;
}
