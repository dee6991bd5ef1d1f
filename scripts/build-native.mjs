// Builds the native index (native/ → native/build/passim.node) with whatever C++ compiler the machine has.
//   node scripts/build-native.mjs             builds unless the sources are unchanged
//   node scripts/build-native.mjs --sanitize  builds and runs the native tests under ASan and UBSan
//   node scripts/build-native.mjs --test      builds and runs the native tests without sanitizers
// Plain JavaScript for Node 20. Without a compiler it says so and succeeds: the TypeScript index serves then.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const native = join(root, 'native');
const windows = process.platform === 'win32';

const GCC_FLAGS = [
  '-std=c++20',
  '-O3',
  '-fPIC',
  '-fvisibility=hidden',
  '-ffp-contract=off', // scores are the same to the bit on every kernel
  '-fno-math-errno',
  '-Wall',
  '-Wextra',
  '-pthread',
];
const SANITIZE_FLAGS = [
  '-fsanitize=address,undefined',
  '-fno-sanitize-recover=all',
  '-fno-omit-frame-pointer',
  '-g',
];
const CL_FLAGS = ['/nologo', '/std:c++20', '/O2', '/EHsc', '/MT', '/fp:precise', '/W3', '/DNOMINMAX'];

/** A tool that answers `--version`. */
function answers(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Environment in which cl.exe, link.exe and lib.exe are on the path, from the newest Visual Studio. */
function visualStudioEnvironment() {
  const vswhere = join(
    process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)',
    'Microsoft Visual Studio/Installer/vswhere.exe',
  );
  if (!existsSync(vswhere)) return null;
  const part = process.arch === 'arm64' ? 'ARM64' : 'x86.x64';
  const { stdout } = spawnSync(
    vswhere,
    ['-latest', '-products', '*', '-requires', `Microsoft.VisualStudio.Component.VC.Tools.${part}`]
      .concat(['-property', 'installationPath'])
      .concat(['-utf8']),
    { encoding: 'utf8' },
  );
  const installation = (stdout ?? '').trim().split(/\r?\n/)[0];
  if (!installation) return null;
  const batch = join(installation, 'VC/Auxiliary/Build/vcvarsall.bat');
  const target = process.arch === 'arm64' ? 'arm64' : 'x64';
  const listing = spawnSync(`"${batch}" ${target} >nul && set`, { shell: true, encoding: 'utf8' });
  if (listing.status !== 0) return null;
  const environment = {};
  for (const line of listing.stdout.split(/\r?\n/)) {
    const at = line.indexOf('=');
    if (at > 0) environment[line.slice(0, at)] = line.slice(at + 1);
  }
  return environment;
}

/** @returns {{kind: 'gcc' | 'cl', command: string, env: NodeJS.ProcessEnv} | null} */
export function findCompiler() {
  if (process.env.CXX) {
    const [command = ''] = process.env.CXX.split(' ');
    return answers(command) ? { kind: 'gcc', command, env: process.env } : null;
  }
  if (windows) {
    const env = visualStudioEnvironment();
    return env === null ? null : { kind: 'cl', command: 'cl.exe', env };
  }
  for (const command of ['c++', 'g++', 'clang++'])
    if (answers(command)) return { kind: 'gcc', command, env: process.env };
  return null;
}

function sourcesIn(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.cc'))
      .sort()
      .map((name) => join(root, folder, name)),
  );
}

function headersIn(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.h'))
      .sort()
      .map((name) => join(root, folder, name)),
  );
}

function hashOf(files, extra) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  return hash.update(JSON.stringify(extra)).digest('hex');
}

function runTool(command, args, env) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { env, cwd: root });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', fail);
    child.on('exit', (code) => {
      if (code === 0) done(output);
      else fail(new Error(`${basename(command)} ended with ${code}\n${output}`));
    });
  });
}

/** Compiles sources to objects, a few at a time; objects of earlier builds are kept while nothing changed. */
async function compileAll(compiler, sources, headers, flags, folder) {
  mkdirSync(folder, { recursive: true });
  const objects = sources.map((source) => {
    const hash = hashOf([source, ...headers], [compiler.command, flags]).slice(0, 16);
    return `${relative(root, source).replace(/[\\/]/g, '-')}-${hash}${windows ? '.obj' : '.o'}`;
  });
  let next = 0;
  const work = async () => {
    while (next < sources.length) {
      const i = next++;
      const output = join(folder, objects[i]);
      if (existsSync(output)) continue;
      const fresh = join(folder, `${process.pid}-${objects[i]}`);
      const args =
        compiler.kind === 'cl'
          ? [...flags, '/c', sources[i], `/Fo${fresh}`]
          : [...flags, '-c', sources[i], '-o', fresh];
      await runTool(compiler.command, args, compiler.env);
      renameSync(fresh, output);
    }
  };
  await Promise.all(Array.from({ length: Math.min(4, availableParallelism()) }, work));
  return objects.map((name) => join(folder, name));
}

/** Removes what earlier builds left in a folder. */
function keepOnly(folder, names) {
  for (const name of readdirSync(folder))
    if (!names.includes(name) && !/^\d+-/.test(name))
      rmSync(join(folder, name), { recursive: true, force: true });
}

async function linkAddon(compiler, objects, output, folder, headers) {
  if (compiler.kind === 'cl') {
    const library = join(folder, 'node_api.lib');
    const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
    for (const name of ['node_api', 'js_native_api'])
      await runTool(
        'lib.exe',
        [
          '/nologo',
          `/def:${headers.def_paths[`${name}_def`]}`,
          `/machine:${machine}`,
          `/out:${join(folder, `${name}.lib`)}`,
        ],
        compiler.env,
      );
    const args = [
      '/nologo',
      '/DLL',
      `/OUT:${output}`,
      ...objects,
      library,
      join(folder, 'js_native_api.lib'),
    ];
    await runTool('link.exe', [...args, 'delayimp.lib', '/DELAYLOAD:node.exe'], compiler.env);
    return;
  }
  const shape = process.platform === 'darwin' ? ['-bundle', '-undefined', 'dynamic_lookup'] : ['-shared'];
  await runTool(compiler.command, [...shape, '-pthread', ...objects, '-o', output], compiler.env);
}

function addonFlags(compiler, headers) {
  const defines = ['NAPI_VERSION=8', 'NODE_API_NO_EXTERNAL_BUFFERS_ALLOWED', 'BUILDING_NODE_EXTENSION'];
  return compiler.kind === 'cl'
    ? [...CL_FLAGS, ...defines.map((name) => `/D${name}`), `/I${native}`, `/I${headers.include_dir}`]
    : [...GCC_FLAGS, ...defines.map((name) => `-D${name}`), `-I${native}`, `-I${headers.include_dir}`];
}

/**
 * Builds the addon unless it is up to date.
 * @returns {Promise<{built: boolean, line: string}>} `line` says what happened; it never throws
 */
export async function buildAddon({ force = false } = {}) {
  try {
    const headers = createRequire(import.meta.url)('node-api-headers');
    const compiler = findCompiler();
    if (compiler === null)
      return {
        built: false,
        line: 'No C++ compiler was found: search will run in TypeScript, which is slower. Install one and run "npm run build:native".',
      };
    const folders = ['native', 'native/kernels', 'native/index'];
    const sources = sourcesIn(...folders);
    const flags = addonFlags(compiler, headers);
    const inputs = [...sources, ...headersIn(...folders)];
    const hash = hashOf(inputs, [compiler.command, flags, process.platform, process.arch]);
    const folder = join(native, 'build');
    const output = join(folder, 'passim.node');
    const stamp = join(folder, 'passim.hash');
    if (!force && existsSync(output) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash)
      return { built: true, line: 'The native index is up to date.' };
    const objectFolder = join(folder, 'objects');
    const objects = await compileAll(compiler, sources, headersIn(...folders), flags, objectFolder);
    const fresh = join(folder, `passim-${process.pid}.node`);
    await linkAddon(compiler, objects, fresh, objectFolder, headers);
    // A rename, so that a process that has the old file open keeps it whole.
    renameSync(fresh, output);
    writeFileSync(stamp, hash);
    keepOnly(
      objectFolder,
      objects.map((path) => basename(path)),
    );
    return { built: true, line: `Built the native index with ${basename(compiler.command)}.` };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      built: false,
      line: `The native index could not be built: search will run in TypeScript, which is slower. ${message}`,
    };
  }
}

/**
 * Builds the native tests (kernels and index, no Node) and runs them.
 * @param {{sanitize: boolean, compiler?: string, runner?: string[], link?: string[], args?: string[]}} options `runner` is put before
 *   the binary, e.g. an emulator
 * @returns {Promise<{status: 'passed' | 'failed' | 'skipped', output: string}>}
 */
export async function runNativeTests({ sanitize, compiler: command, runner = [], link = [], args = [] }) {
  const found = command ? { kind: 'gcc', command, env: process.env } : findCompiler();
  if (found === null) return { status: 'skipped', output: 'no C++ compiler was found' };
  if (found.kind === 'cl') return { status: 'skipped', output: 'the native tests need gcc or clang' };
  const extra = sanitize ? SANITIZE_FLAGS : [];
  if (sanitize) {
    const probe = spawnSync(found.command, [...SANITIZE_FLAGS, '-x', 'c++', '-', '-o', '/dev/null'], {
      input: 'int main() { return 0; }\n',
      encoding: 'utf8',
    });
    if (probe.status !== 0) return { status: 'skipped', output: `no sanitizers: ${probe.stderr.trim()}` };
  }
  const flags = [...GCC_FLAGS, ...extra, `-I${native}`, `-I${join(root, 'test/native')}`];
  const folders = ['native/kernels', 'native/index', 'test/native'];
  const sources = sourcesIn(...folders);
  const hash = hashOf([...sources, ...headersIn(...folders)], [found.command, flags]).slice(0, 16);
  const variant = `${basename(found.command)}${sanitize ? '-sanitize' : ''}`;
  const folder = join(native, 'build', 'tests', variant);
  const binary = join(folder, `native-test-${hash}`);
  if (!existsSync(binary)) {
    const objects = await compileAll(found, sources, headersIn(...folders), flags, folder);
    const fresh = join(folder, `${process.pid}-native-test`);
    await runTool(found.command, [...extra, ...link, '-pthread', ...objects, '-o', fresh], found.env);
    renameSync(fresh, binary);
    keepOnly(folder, [...objects.map((path) => basename(path)), basename(binary)]);
  }
  const [program = binary, ...before] = [...runner, binary];
  const { status, stdout, stderr } = spawnSync(program, [...before, ...args], { encoding: 'utf8' });
  return { status: status === 0 ? 'passed' : 'failed', output: `${stdout}${stderr}` };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flags = process.argv.slice(2);
  if (flags.includes('--sanitize') || flags.includes('--test')) {
    const { status, output } = await runNativeTests({
      sanitize: flags.includes('--sanitize'),
      args: flags.filter((flag) => !flag.startsWith('--')),
    });
    console.log(output.trim());
    console.log(`native tests ${status}`);
    process.exitCode = status === 'failed' ? 1 : 0;
  } else {
    const { line } = await buildAddon({ force: flags.includes('--force') });
    console.log(line);
  }
}
