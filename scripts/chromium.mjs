// Finds a Chromium for the browser tests and the screenshots; on Debian as root it is installed when missing.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const LAUNCH_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const installed = () =>
  [process.env.PASSIM_CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path));

/**
 * Path of a Chromium.
 * @returns {string}
 */
export function findChromium() {
  const found = installed();
  if (found) return found;
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    for (const args of [
      ['update', '-qq'],
      ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-dejavu-core'],
    ]) {
      spawnSync('apt-get', args, { stdio: 'inherit', env });
    }
    const now = installed();
    if (now) return now;
  }
  throw new Error(
    'No Chromium was found. Install it (Debian: apt-get install chromium), or name one in PASSIM_CHROMIUM.',
  );
}
