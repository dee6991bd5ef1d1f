import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { downloadModel, modelBase } from '../../../app/encode/download.ts';
import { FileServer } from '../../fakes/file-server.ts';
import { writeExport, writePackage } from './tiny-package.ts';

let folder: string;
let server: FileServer;
let base: string;
let target: string;
const noWait = { wait: () => Promise.resolve() };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'passim-download-'));
  const source = join(folder, 'source');
  mkdirSync(source);
  writePackage(source, {
    graph: { dimension: 64, hidden: 64 },
    extra: { 'config.json': '{"model_type":"bert"}' },
    manifest: { config: 'config.json' },
  });
  server = new FileServer(source, 'models/tiny/');
  base = `${await server.start()}models/tiny/`;
  target = join(folder, 'models', 'tiny');
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const source = (name: string) => readFileSync(join(folder, 'source', name));

describe('downloadModel', () => {
  test('fetches what the manifest names, and the package can be read', async () => {
    const seen: string[] = [];
    const model = await downloadModel(base, target, {
      ...noWait,
      onProgress: ({ file, bytes, total }) => {
        if (bytes === total) seen.push(file);
      },
    });
    expect(model.folder).toBe(target);
    expect(readFileSync(model.modelFile)).toEqual(source('model.onnx'));
    expect(seen.sort()).toEqual(['config.json', 'manifest.json', 'model.onnx', 'tokenizer.json']);
    expect(readdirSync(join(folder, 'models'))).toEqual(['tiny']);
    expect(readdirSync(target).sort()).toEqual([
      'config.json',
      'manifest.json',
      'model.onnx',
      'tokenizer.json',
    ]);
  });

  test('a broken connection is continued where it broke', async () => {
    server.breaks.set('model.onnx', { after: 10_000, times: 3 });
    const model = await downloadModel(base, target, noWait);
    expect(readFileSync(model.modelFile)).toEqual(source('model.onnx'));
    const ranges = server.requests.filter(({ path }) => path === 'model.onnx').map(({ range }) => range);
    expect(ranges).toHaveLength(4);
    expect(ranges[0]).toBeUndefined();
    const starts = ranges.slice(1).map((range) => Number(/bytes=(\d+)-/.exec(range ?? '')?.[1]));
    expect(starts.every((start, i) => start > (starts[i - 1] ?? 0))).toBe(true);
  });

  test('what was fetched before is kept when the next try begins', async () => {
    server.breaks.set('model.onnx', { after: 9_000, times: 1 });
    server.statuses.set('model.onnx', []);
    const controller = new AbortController();
    const first = downloadModel(base, target, {
      signal: controller.signal,
      wait: async () => controller.abort(),
    });
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect(existsSync(target)).toBe(false);
    const before = server.requests.length;
    await downloadModel(base, target, noWait);
    const again = server.requests.slice(before);
    expect(again.find(({ path }) => path === 'model.onnx')?.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(existsSync(`${target}.partial`)).toBe(false);
  });

  test('a server that knows no ranges is read from the beginning', async () => {
    server.ranges = false;
    server.breaks.set('model.onnx', { after: 9_000, times: 1 });
    const model = await downloadModel(base, target, noWait);
    expect(readFileSync(model.modelFile)).toEqual(source('model.onnx'));
  });

  test('a partial file of another version is dropped and the file fetched anew', async () => {
    mkdirSync(`${target}.partial`, { recursive: true });
    writeFileSync(join(`${target}.partial`, 'model.onnx.part'), Buffer.alloc(5000, 'x'));
    const model = await downloadModel(base, target, noWait);
    expect(readFileSync(model.modelFile)).toEqual(source('model.onnx'));
    const ranges = server.requests.filter(({ path }) => path === 'model.onnx').map(({ range }) => range);
    expect(ranges).toEqual(['bytes=5000-', undefined]);
  });

  test('a partial file that is longer than the file is dropped', async () => {
    mkdirSync(`${target}.partial`, { recursive: true });
    writeFileSync(join(`${target}.partial`, 'tokenizer.json.part'), Buffer.alloc(1_000_000, 'x'));
    const model = await downloadModel(base, target, noWait);
    expect(readFileSync(model.tokenizerFile)).toEqual(source('tokenizer.json'));
  });

  test('a wrong hash names the file and leaves nothing in its place', async () => {
    const bytes = source('model.onnx');
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(join(folder, 'source', 'model.onnx'), bytes);
    await expect(downloadModel(base, target, noWait)).rejects.toMatchObject({
      code: 'model-tampered',
      subject: 'model.onnx',
    });
    expect(existsSync(target)).toBe(false);
    expect(existsSync(join(`${target}.partial`, 'model.onnx'))).toBe(false);
  });

  test('the manifest itself can be held to a hash', async () => {
    const sha256 = { 'manifest.json': '0'.repeat(64) };
    await expect(downloadModel(base, target, { ...noWait, sha256 })).rejects.toMatchObject({
      code: 'model-tampered',
      subject: 'manifest.json',
    });
  });

  test('trouble of the server is waited out, a missing file is not', async () => {
    server.statuses.set('tokenizer.json', [503, 500]);
    const waits: number[] = [];
    await downloadModel(base, target, {
      wait: async (ms) => {
        waits.push(ms);
      },
    });
    expect(waits).toHaveLength(2);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    rmSync(join(folder, 'source', 'config.json'));
    await expect(downloadModel(base, `${target}-2`, noWait)).rejects.toMatchObject({
      code: 'io-error',
      subject: 'config.json',
    });
  });

  test('a server that is away is given up after some tries', async () => {
    await server.stop();
    let waits = 0;
    const away = downloadModel(base, target, {
      wait: async () => {
        waits += 1;
      },
    });
    await expect(away).rejects.toMatchObject({ code: 'io-error', subject: 'manifest.json' });
    expect(waits).toBe(4);
    server = new FileServer(join(folder, 'source'), 'models/tiny/');
    base = `${await server.start()}models/tiny/`;
  });

  test('never writes over what is there, nor outside the destination', async () => {
    mkdirSync(target, { recursive: true });
    await expect(downloadModel(base, target, noWait)).rejects.toMatchObject({ code: 'bad-request' });
    const outside = downloadModel(base, `${target}-2`, {
      ...noWait,
      files: ['../escape.json'],
      sha256: { '../escape.json': '0'.repeat(64) },
    });
    await expect(outside).rejects.toMatchObject({ code: 'model-invalid', subject: '../escape.json' });
    expect(existsSync(join(folder, 'models', 'escape.json'))).toBe(false);
  });

  test('an export without a manifest gets one; hashes are the ones that the hub states', async () => {
    rmSync(join(folder, 'source'), { recursive: true });
    writeExport(
      join(folder, 'source'),
      {
        graph: { dimension: 32 },
        extra: { 'onnx_config.json': '{"query_length":24,"document_length":100,"skiplist_words":[]}' },
      },
      'onnx/model.onnx',
    );
    const files = ['onnx/model.onnx', 'tokenizer.json', 'onnx_config.json'];
    const blob = (name: string) => {
      const bytes = source(name);
      return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    };
    server.headers.set('onnx/model.onnx', {
      'x-linked-etag': `"${createHash('sha256').update(source('onnx/model.onnx')).digest('hex')}"`,
    });
    server.headers.set('tokenizer.json', { etag: `W/"${blob('tokenizer.json')}"` });
    server.headers.set('onnx_config.json', { etag: `"${blob('onnx_config.json')}"` });
    const model = await downloadModel(base, target, { ...noWait, files });
    expect(model.manifest).toMatchObject({ name: 'tiny', dimension: 32, maxQueryTokens: 24 });
    expect(existsSync(join(target, 'manifest.json'))).toBe(true);
  });

  test('a wrong hash that the hub states is noticed', async () => {
    for (const name of ['model.onnx', 'tokenizer.json'])
      server.headers.set(name, { etag: `"${'a'.repeat(40)}"` });
    const files = ['tokenizer.json', 'model.onnx'];
    await expect(downloadModel(base, target, { ...noWait, files })).rejects.toMatchObject({
      code: 'model-tampered',
    });
  });

  test('without any hash nothing is fetched', async () => {
    const files = ['tokenizer.json'];
    await expect(downloadModel(base, target, { ...noWait, files })).rejects.toMatchObject({
      code: 'model-invalid',
      subject: 'tokenizer.json',
    });
    expect(server.requests.map(({ method }) => method)).toEqual(['HEAD']);
  });
});

describe('modelBase', () => {
  test('addresses and names', () => {
    expect(modelBase('https://example.org/models/a')).toBe('https://example.org/models/a/');
    expect(modelBase('someone/model')).toBe('https://huggingface.co/someone/model/resolve/main/');
    expect(modelBase('someone/model@v1.2')).toBe('https://huggingface.co/someone/model/resolve/v1.2/');
    expect(() => modelBase('no model')).toThrow(/no model/);
    expect(() => modelBase('file:///etc/passwd')).toThrow();
  });
});
