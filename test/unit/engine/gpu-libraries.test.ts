import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ProviderHost } from '../../../app/encode/providers.ts';
import { GpuLibraries, type GpuRelease } from '../../../app/engine/gpu-libraries.ts';
import { openHome } from '../../../app/engine/home.ts';
import { FileServer } from '../../fakes/file-server.ts';
import { makeTemporaryFolder } from '../../helpers/temp.ts';

const CUDA = 'libonnxruntime_providers_cuda.so';
const SHARED = 'libonnxruntime_providers_shared.so';
const ARCHIVE = 'onnxruntime_gpu.whl';
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that do not shrink, so that a download has a middle. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

const contents = new Map([
  [SHARED, noise(2_000, 1)],
  [CUDA, noise(90_000, 2)],
]);
const plainArchive = (): Uint8Array =>
  zipSync(
    {
      'onnxruntime/LICENSE': new TextEncoder().encode('MIT'),
      ...Object.fromEntries([...contents].map(([name, bytes]) => [`onnxruntime/capi/${name}`, bytes])),
    },
    // Two made at different times have equal bytes.
    { mtime: '2026-01-01T00:00:00' },
  );

let root: string;
let cleanUp: () => void;
let server: FileServer;
let base: string;
let libraries: string;
const noWait = { wait: () => Promise.resolve() };

beforeEach(async () => {
  const made = makeTemporaryFolder('gpu');
  root = made.path;
  cleanUp = made.remove;
  libraries = join(root, 'runtime');
  for (const folder of ['runtime', 'server', 'home']) mkdirSync(join(root, folder));
  writeFileSync(join(libraries, 'libonnxruntime.so.1'), 'runtime');
  server = new FileServer(join(root, 'server'));
  server.headers.set(ARCHIVE, { etag: '"one"' });
  base = await server.start();
});
afterEach(async () => {
  await server.stop();
  cleanUp();
});

/** Puts an archive on the server and gives the entry of the table that names it. */
function publish(archive: Uint8Array = plainArchive(), change: Partial<GpuRelease> = {}): GpuRelease {
  writeFileSync(join(root, 'server', ARCHIVE), archive);
  return {
    source: 'test',
    url: `${base}${ARCHIVE}`,
    bytes: archive.length,
    sha256: sha256(archive),
    license: 'MIT',
    needs: 'a GPU',
    files: [...contents].map(([name, bytes]) => ({
      path: `onnxruntime/capi/${name}`,
      name,
      bytes: bytes.length,
      sha256: sha256(bytes),
    })),
    ...change,
  };
}

const host = (change: Partial<ProviderHost> = {}): ProviderHost => ({
  platform: 'linux',
  arch: 'x64',
  libraries,
  exists: existsSync,
  ...change,
});

function open(release: GpuRelease, change: Partial<ConstructorParameters<typeof GpuLibraries>[0]> = {}) {
  return new GpuLibraries({
    home: openHome(join(root, 'home')),
    host: host(),
    version: '1.2.3',
    table: { '1.2.3': { 'linux-x64': release } },
    freeBytes: async () => 1e12,
    ...change,
  });
}

const RUNTIME_ALONE = ['libonnxruntime.so.1'];
const archiveRequests = () => server.requests.filter(({ path }) => path === ARCHIVE);

describe('passim gpu install', () => {
  test('the libraries lie beside the runtime, whole, and nothing else stays', async () => {
    const gpu = open(publish());
    expect(await gpu.status()).toMatchObject({ state: 'absent', fetched: 0, folder: libraries });
    const seen: number[] = [];
    expect(await gpu.install({ ...noWait, onProgress: ({ bytes }) => seen.push(bytes) })).toBe(true);
    for (const [name, bytes] of contents)
      expect(sha256(readFileSync(join(libraries, name)))).toBe(sha256(bytes));
    expect(readdirSync(libraries).sort()).toEqual([...RUNTIME_ALONE, CUDA, SHARED].sort());
    expect(seen.at(-1)).toBe(plainArchive().length);
    expect(existsSync(join(root, 'home', 'cache', 'gpu'))).toBe(false);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('run twice, it fetches once; a damaged library is put right', async () => {
    const gpu = open(publish());
    await gpu.install(noWait);
    expect(await gpu.install(noWait)).toBe(false);
    expect(archiveRequests()).toHaveLength(1);
    const damaged = readFileSync(join(libraries, CUDA));
    damaged[500] = (damaged[500] ?? 0) ^ 1;
    writeFileSync(join(libraries, CUDA), damaged);
    expect((await gpu.status()).state).toBe('absent');
    expect(await gpu.install(noWait)).toBe(true);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('two at once do not get in each other’s way', async () => {
    const gpu = open(publish());
    let second: Promise<unknown> = Promise.resolve();
    server.breaks.set(ARCHIVE, { after: 20_000, times: 1 });
    await gpu.install({
      wait: async () => {
        second = Promise.allSettled([open(publish()).install(noWait), open(publish()).remove()]);
        await second;
      },
    });
    expect(await second).toMatchObject([
      { status: 'rejected', reason: { code: 'index-locked' } },
      { status: 'rejected', reason: { code: 'index-locked' } },
    ]);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('a cut download goes on where it was, in the same run and in the next', async () => {
    const gpu = open(publish());
    server.breaks.set(ARCHIVE, { after: 30_000, times: 2 });
    const controller = new AbortController();
    let waits = 0;
    const first = gpu.install({
      signal: controller.signal,
      wait: async () => {
        waits += 1;
        if (waits === 2) controller.abort();
      },
    });
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
    expect((await gpu.status()).fetched).toBeGreaterThan(30_000);
    await gpu.install(noWait);
    const ranges = archiveRequests().map(({ range, ifRange }) => [range?.replace(/\d+/, 'N'), ifRange]);
    expect(ranges).toEqual([
      [undefined, undefined],
      ['bytes=N-', '"one"'],
      ['bytes=N-', '"one"'],
    ]);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('an archive that changed on the server is not mixed with what was fetched before', async () => {
    const release = publish();
    const former = plainArchive().fill(0);
    writeFileSync(join(root, 'server', ARCHIVE), former);
    server.breaks.set(ARCHIVE, { after: 20_000, times: 1 });
    const gpu = open(release);
    await gpu.install({
      wait: async () => {
        publish();
        server.headers.set(ARCHIVE, { etag: '"two"' });
      },
    });
    // The server met the condition with the whole file; without it a third request would have been needed.
    expect(archiveRequests()).toHaveLength(2);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('a server that ignores ranges is read from the beginning', async () => {
    server.ranges = false;
    server.breaks.set(ARCHIVE, { after: 20_000, times: 1 });
    const gpu = open(publish());
    await gpu.install(noWait);
    expect((await gpu.status()).state).toBe('installed');
  });

  test('a wrong hash is refused and removed', async () => {
    const archive = plainArchive();
    const release = publish(archive);
    archive[40_000] = (archive[40_000] ?? 0) ^ 1;
    writeFileSync(join(root, 'server', ARCHIVE), archive);
    const gpu = open(release);
    await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'model-tampered', subject: ARCHIVE });
    expect(readdirSync(join(root, 'home', 'cache', 'gpu'))).toEqual(['lock.db']);
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
  });

  test('an answer longer than the archive is cut off', async () => {
    const release = publish();
    writeFileSync(join(root, 'server', ARCHIVE), Buffer.concat([plainArchive(), Buffer.alloc(50_000)]));
    await expect(open(release).install(noWait)).rejects.toMatchObject({ code: 'model-tampered' });
    expect(readdirSync(join(root, 'home', 'cache', 'gpu'))).toEqual(['lock.db']);
  });

  test('a library that is not what the table names leaves nothing behind', async () => {
    const other = publish();
    const files = other.files.map((file) =>
      file.name === CUDA ? { ...file, sha256: '0'.repeat(64) } : file,
    );
    await expect(open({ ...other, files }).install(noWait)).rejects.toMatchObject({ code: 'model-tampered' });
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
    const missing = other.files.map((file) => ({ ...file, path: `elsewhere/${file.name}` }));
    await expect(open({ ...other, files: missing }).install(noWait)).rejects.toThrow(/elsewhere/);
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
  });

  test('names that lead outside are refused, in the archive and in the table', async () => {
    const hostile = zipSync({
      ...Object.fromEntries([...contents].map(([name, bytes]) => [`onnxruntime/capi/${name}`, bytes])),
      '../../escape.so': noise(10, 3),
    });
    await expect(open(publish(hostile)).install(noWait)).rejects.toMatchObject({ code: 'model-tampered' });
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
    expect(existsSync(join(root, 'escape.so'))).toBe(false);
    const release = publish();
    for (const name of ['../escape.so', '/tmp/escape.so', '..', 'a/b.so', 'C:\\x.so'])
      expect(() => open({ ...release, files: release.files.map((file) => ({ ...file, name })) })).toThrow(
        /name/,
      );
  });

  test('a full disk is told before anything is fetched', async () => {
    const gpu = open(publish(), { freeBytes: async () => 100e6 });
    await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'disk-full' });
    expect(archiveRequests()).toEqual([]);
  });

  test.runIf(existsSync('/dev/full'))(
    'a disk that fills up meanwhile is told, and not tried again',
    async () => {
      const stage = join(root, 'home', 'cache', 'gpu');
      mkdirSync(stage, { recursive: true });
      symlinkSync('/dev/full', join(stage, `${ARCHIVE}.part`));
      await expect(open(publish()).install(noWait)).rejects.toMatchObject({ code: 'disk-full' });
      expect(archiveRequests()).toHaveLength(1);
      expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
    },
  );

  test('a folder that cannot be written is named before anything is fetched', async () => {
    const release = publish();
    const file = join(root, 'no-folder');
    writeFileSync(file, '');
    for (const place of [file, join(root, 'missing')]) {
      const gpu = open(release, { host: host({ libraries: place }) });
      await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'io-error', subject: place });
    }
    expect(archiveRequests()).toEqual([]);
  });

  test('when the last library cannot take its place, the first one goes too', async () => {
    const gpu = open(publish());
    // A folder that is not empty can't be replaced by a file.
    mkdirSync(join(libraries, CUDA, 'inside'), { recursive: true });
    await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'io-error' });
    expect(readdirSync(libraries).sort()).toEqual([...RUNTIME_ALONE, CUDA].sort());
    rmSync(join(libraries, CUDA), { recursive: true });
    // The archive is whole and is not fetched again.
    await gpu.install(noWait);
    expect(archiveRequests()).toHaveLength(1);
  });

  test.each([
    ['win32', 'x64', 'DirectML'],
    ['darwin', 'arm64', 'CoreML'],
    ['linux', 'arm64', 'Linux on x64'],
  ] as const)('%s %s: says why there is nothing to fetch', async (platform, arch, word) => {
    const gpu = open(publish(), { host: host({ platform, arch }) });
    await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'not-supported' });
    const status = await gpu.status();
    expect(status).toMatchObject({ state: 'not-supported', release: null });
    expect(status.reason).toContain(word);
    expect(server.requests).toEqual([]);
  });

  test('a runtime that the table does not know is named', async () => {
    const gpu = open(publish(), { version: '9.9.9' });
    await expect(gpu.install(noWait)).rejects.toMatchObject({ code: 'not-supported' });
    expect((await gpu.status()).reason).toMatch(/9\.9\.9.*1\.2\.3/);
  });
});

describe('passim gpu remove', () => {
  test('takes away the libraries and a download that was cut, and nothing else', async () => {
    const gpu = open(publish());
    await gpu.install(noWait);
    expect(await gpu.remove()).toEqual([join(libraries, CUDA), join(libraries, SHARED)]);
    expect(readdirSync(libraries)).toEqual(RUNTIME_ALONE);
    const controller = new AbortController();
    server.breaks.set(ARCHIVE, { after: 20_000, times: 1 });
    await expect(
      gpu.install({ signal: controller.signal, wait: async () => controller.abort() }),
    ).rejects.toMatchObject({ code: 'cancelled' });
    expect(await gpu.remove()).toEqual([join(root, 'home', 'cache', 'gpu')]);
    expect((await gpu.status()).fetched).toBe(0);
    expect(await gpu.remove()).toEqual([]);
  });
});

describe('the table that comes with Passim', () => {
  test('knows the version of ONNX Runtime that comes with it', async () => {
    const gpu = new GpuLibraries({ home: openHome(join(root, 'home')), host: host() });
    const { release, state } = await gpu.status();
    expect(state).toBe('absent');
    expect(new URL(release?.url ?? '').origin).toBe('https://files.pythonhosted.org');
    expect(release?.files.map(({ name }) => name)).toEqual([SHARED, CUDA]);
  });
});
