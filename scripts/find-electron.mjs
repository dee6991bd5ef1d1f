// Finds Electron's program for `npm start`, or says why there is none. It is not in Electron's npm package: it is
// fetched once, when it is first wanted, and only where it could be used.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const REACH_MS = 4000;

/**
 * The program, when it is on this machine.
 * @param {string} folder of the electron package
 * @returns {string | null}
 */
export function installedElectron(folder = join(root, 'node_modules/electron')) {
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return null;
  const program = join(folder, 'dist', readFileSync(named, 'utf8').trim());
  return existsSync(program) ? program : null;
}

/**
 * Why Electron could not show a window here, whether or not it is installed; null when it could.
 * @param {{ env: NodeJS.ProcessEnv, platform: NodeJS.Platform, uid: number | undefined }} world
 * @returns {string | null}
 */
export function whyNoWindow({ env, platform, uid }) {
  if (env.PASSIM_ELECTRON === 'off') return 'it is turned off';
  if (platform !== 'linux') return null;
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no screen';
  if (uid === 0) return 'it does not run as root';
  return null;
}

async function isReachable(address) {
  try {
    await fetch(address, { method: 'HEAD', signal: AbortSignal.timeout(REACH_MS) });
    return true;
  } catch {
    return false;
  }
}

/**
 * Electron's program, fetched when it is wanted and can be had.
 * @returns {Promise<{ program: string } | { program: null, reason: string }>}
 */
export async function findElectron() {
  const { env, platform } = process;
  const reason = whyNoWindow({ env, platform, uid: process.getuid?.() });
  if (reason !== null) return { program: null, reason };
  if (env.PASSIM_ELECTRON && existsSync(env.PASSIM_ELECTRON)) return { program: env.PASSIM_ELECTRON };
  const installed = installedElectron();
  if (installed !== null) return { program: installed };
  const script = join(root, 'node_modules/electron/install.js');
  if (!existsSync(script)) return { program: null, reason: 'its package is not installed' };
  const source =
    env.ELECTRON_MIRROR ?? env.npm_config_electron_mirror ?? 'https://github.com/electron/electron';
  if (env.CI || !(await isReachable(source))) return { program: null, reason: 'it could not be fetched' };
  console.error('Fetching Electron once (about 120 MB)…');
  spawnSync(process.execPath, [script], { stdio: 'inherit' });
  const fetched = installedElectron();
  return fetched === null ? { program: null, reason: 'it could not be fetched' } : { program: fetched };
}
