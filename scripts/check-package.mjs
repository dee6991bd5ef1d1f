// Packs the app for this platform around a stand-in for Electron's program (which may be missing), and proves that what
// was packed is enough: the engine is started from it, with its packages alone, and finds a passage.
//   node scripts/with-node.mjs scripts/check-package.mjs
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { silentLogger, systemScheduler } from '../app/contract/ports.ts';
import { nodeSpawner } from '../app/engine/spawner.ts';
import { startHost } from '../app/host/client.ts';
import { buildApp } from './build-app.mjs';
import { builtWindow } from './build-window.mjs';
import { FUSES } from './set-fuses.mjs';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
/** What marks the fuses in Electron's program, then the version of their form, their number, and their states. */
const FUSE_WIRE = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
  Buffer.from([1, 9]),
  Buffer.from('101100011'),
]);

function run(file, args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', file), ...args],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 256 * 1024 * 1024,
    },
  );
  if (status !== 0) throw new Error(`${file} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Files that electron-builder expects of Electron on Linux; the program is only large enough to carry fuses. */
function standIn(folder) {
  mkdirSync(join(folder, 'locales'), { recursive: true });
  mkdirSync(join(folder, 'resources'), { recursive: true });
  const body = Buffer.alloc(4096);
  writeFileSync(join(folder, 'electron'), Buffer.concat([body, FUSE_WIRE, body]), { mode: 0o755 });
  for (const name of [
    'LICENSE',
    'LICENSES.chromium.html',
    'chrome-sandbox',
    'resources.pak',
    'locales/en-US.pak',
  ])
    writeFileSync(join(folder, name), '');
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8'));
  writeFileSync(join(folder, 'version'), version);
  return folder;
}

async function checkFuses(program) {
  const wire = await getCurrentFuseWire(program);
  for (const [name, fuse] of Object.entries(FuseV1Options)) {
    if (typeof fuse !== 'number') continue;
    const wanted = FUSES[fuse] ? FuseState.ENABLE : FuseState.DISABLE;
    if (wire[fuse] !== wanted) throw new Error(`the fuse ${name} is not set`);
  }
}

async function checkEngine(app, base) {
  const folder = join(base, 'documents');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'whales.md'),
    '# Whales\n\nHumpback whales sing songs that last for twenty minutes.\n',
  );
  const engine = await startHost({
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    module: join(app, 'dist/app/host/main.js'),
    start: { home: join(base, 'home'), mode: 'write', watch: false },
  });
  try {
    await engine.call('addFolder', { path: folder });
    await engine.call('sync', {});
    const { results } = await engine.call('search', { query: 'songs of whales' });
    if (results[0]?.name !== 'whales.md') throw new Error('the packed engine found nothing');
    const { index, model } = await engine.call('status', {});
    console.log(`the packed engine works: index ${index.kind}, model ${model.name}`);
  } finally {
    await engine.stop();
  }
}

if (process.platform !== 'linux') throw new Error('This check is for Linux.');
const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-package-')));
try {
  await buildApp();
  await builtWindow();
  run('electron-builder/cli.js', [
    '--linux',
    'dir',
    '--publish',
    'never',
    `-c.electronDist=${standIn(join(base, 'electron'))}`,
    `-c.directories.output=${join(base, 'out')}`,
  ]);
  const packed = join(
    base,
    'out',
    readdirSync(join(base, 'out')).find((name) => name.endsWith('unpacked')) ?? '',
  );
  await checkFuses(join(packed, 'passim'));
  const { extractAll, listPackage } = await import('@electron/asar');
  const archive = join(packed, 'resources/app.asar');
  const tops = new Set(listPackage(archive, { isPack: false }).map((name) => name.split(/[\\/]/)[1]));
  const strays = [...tops].filter(
    (name) =>
      !['LICENSE', 'package.json', 'dist', 'dist-renderer', 'models', 'native', 'node_modules'].includes(
        name,
      ),
  );
  if (strays.length > 0) throw new Error(`packed without need: ${strays.join(', ')}`);
  const app = join(base, 'app');
  extractAll(archive, app);
  await checkEngine(app, base);
} finally {
  rmSync(base, { recursive: true, force: true });
}
