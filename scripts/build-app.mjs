// Builds what Electron runs into dist/: the sources as JavaScript, the preload script as one file (a sandboxed page
// can load no second one), and the icons. The window itself is built by build-window.mjs.
//   node scripts/with-node.mjs scripts/build-app.mjs
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { buildIcons } from './build-icons.mjs';
import { buildOnce, isCurrent } from './build-once.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCES = [
  'app',
  'main',
  'renderer/public',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
];

function compile(out) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'tsconfig.build.json'), '--outDir', out],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The sources could not be compiled:\n${stdout}${stderr}`);
}

/**
 * Bundles the preload script.
 * @param {string} folder where preload.cjs is written
 * @returns {Promise<string>} its path
 */
export async function buildPreload(folder) {
  await build({
    configFile: false,
    root,
    logLevel: 'warn',
    publicDir: false,
    build: {
      outDir: folder,
      emptyOutDir: false,
      target: 'chrome130',
      minify: true,
      lib: {
        entry: join(root, 'main/preload/preload.ts'),
        formats: ['cjs'],
        fileName: () => 'preload.cjs',
      },
      rolldownOptions: { external: ['electron'] },
    },
  });
  return join(folder, 'preload.cjs');
}

/**
 * Builds everything but the window.
 * @param {string} [out] folder; dist/ when none is named
 * @returns {Promise<string>} the folder
 */
export async function buildApp(out = join(root, 'dist')) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  compile(out);
  await buildPreload(join(out, 'main'));
  await buildIcons(join(out, 'icons'));
  writeFileSync(join(out, '.built'), '');
  return out;
}

/**
 * Folder of what Electron runs; built when a source is newer. Processes that ask at the same time build it once.
 * @returns {Promise<string>}
 */
export async function builtApp() {
  const out = join(root, 'dist');
  await buildOnce(
    'app',
    () => isCurrent(join(out, '.built'), SOURCES),
    () => buildApp(out),
  );
  return out;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await buildApp());
