import { cpSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PassimError } from '../../../app/contract/index.ts';
import { loadModelPackage, vectorShape } from '../../../app/encode/package.ts';
import { writePackage } from './tiny-package.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-package-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function refusal(action: Promise<unknown>): Promise<PassimError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof PassimError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const tiny = { graph: { dimension: 16 } };

describe('loadModelPackage', () => {
  test('gives absolute paths and an identity', async () => {
    writePackage(folder, tiny);
    const model = await loadModelPackage(folder);
    expect(model.modelFile).toBe(join(folder, 'model.onnx'));
    expect(model.tokenizerFile).toBe(join(folder, 'tokenizer.json'));
    expect(model.codebookFile).toBeNull();
    expect(model.modelId).toMatch(/^tiny@1\.0\.0#[0-9a-f]{8}$/);
    expect(vectorShape(model, { bits: 4 })).toEqual({ modelId: model.modelId, dimension: 16, bits: 4 });
  });

  test('reads the package that ships with Passim', async () => {
    const model = await loadModelPackage(resolve(import.meta.dirname, '../../../models/default'));
    expect(model.manifest.dimension).toBeGreaterThanOrEqual(64);
    expect(model.codebookFile).not.toBeNull();
  });

  test('the identity changes with the graph and with what shapes vectors, not with the description', async () => {
    const idOf = async (change: Parameters<typeof writePackage>[1]) => {
      writePackage(folder, change);
      return (await loadModelPackage(folder)).modelId;
    };
    const first = await idOf(tiny);
    expect(await idOf({ ...tiny, manifest: { description: 'other words' } })).toBe(first);
    expect(await idOf({ graph: { dimension: 16, seed: 2 } })).not.toBe(first);
    expect(await idOf({ ...tiny, manifest: { passagePrefix: '[D] ' } })).not.toBe(first);
    expect(await idOf({ ...tiny, manifest: { skipTokens: ['.'] } })).not.toBe(first);
  });

  test('names the file that is missing', async () => {
    writePackage(folder, tiny);
    rmSync(join(folder, 'tokenizer.json'));
    const error = await refusal(loadModelPackage(folder));
    expect(error.code).toBe('model-missing');
    expect(error.subject).toBe(join(folder, 'tokenizer.json'));
    expect(error.message).toContain('tokenizer.json');
  });

  test('names the file that was changed, even when its size stayed', async () => {
    writePackage(folder, {
      ...tiny,
      extra: { 'config.json': '{"a":1}' },
      manifest: { config: 'config.json' },
    });
    await loadModelPackage(folder);
    writeFileSync(join(folder, 'config.json'), '{"a":2}');
    const error = await refusal(loadModelPackage(folder));
    expect(error.code).toBe('model-tampered');
    expect(error.message).toContain(join(folder, 'config.json'));
    await expect(loadModelPackage(folder, { verify: false })).resolves.toBeDefined();
  });

  test('reads a file again when its time changed', async () => {
    writePackage(folder, tiny);
    await loadModelPackage(folder);
    utimesSync(join(folder, 'model.onnx'), 1, 1);
    await expect(loadModelPackage(folder)).resolves.toBeDefined();
  });

  test.each([
    ['dimension', { dimension: 2 }],
    ['license', { license: '' }],
    ['queryExpansion.length', { queryExpansion: { token: '[MASK]', length: 0, attend: false } }],
  ])('names the field %s when it is wrong', async (field, manifest) => {
    writePackage(folder, { ...tiny, manifest });
    const error = await refusal(loadModelPackage(folder));
    expect(error.code).toBe('model-invalid');
    expect(error.subject).toBe(field);
    expect(error.message).toContain(`"${field}"`);
  });

  test('a file without a hash is refused', async () => {
    writePackage(folder, { ...tiny, manifest: { files: {} } });
    const error = await refusal(loadModelPackage(folder));
    expect([error.code, error.subject]).toEqual(['model-invalid', 'files.model.onnx']);
  });

  test.each(['../outside.onnx', '/etc/passwd', 'a/../../b'])(
    'a file name that leads outside is refused: %s',
    async (name) => {
      const manifest = writePackage(folder, tiny);
      const files = manifest.files as Record<string, unknown>;
      files[name] = files['model.onnx'];
      writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
      const error = await refusal(loadModelPackage(folder));
      expect([error.code, error.subject]).toEqual(['model-invalid', name]);
    },
  );

  test('says so when the manifest is no JSON', async () => {
    writePackage(folder, tiny);
    writeFileSync(join(folder, 'manifest.json'), '{"format":');
    const error = await refusal(loadModelPackage(folder));
    expect([error.code, error.subject]).toEqual(['model-invalid', join(folder, 'manifest.json')]);
  });

  test('a copied folder has the same identity', async () => {
    writePackage(join(folder, 'a'), tiny);
    cpSync(join(folder, 'a'), join(folder, 'b'), { recursive: true });
    const [a, b] = await Promise.all([
      loadModelPackage(join(folder, 'a')),
      loadModelPackage(join(folder, 'b')),
    ]);
    expect(b.modelId).toBe(a.modelId);
  });

  test('a folder without any model says what it lacks', async () => {
    const error = await refusal(loadModelPackage(folder));
    expect([error.code, error.subject]).toEqual(['model-missing', 'model.onnx']);
    expect((await refusal(loadModelPackage(join(folder, 'nowhere')))).code).toBe('model-missing');
  });
});
