import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCodebook, readCodebook, serializeCodebook } from '../../../app/index/codebook.ts';
import { parseSafetensors, serializeSafetensors } from '../../../app/index/safetensors.ts';
import { makeCodebook } from './support.ts';

const shipped = resolve(import.meta.dirname, '../../../models/default/codebook.safetensors');

function broken(change: (tensors: Map<string, { shape: readonly number[]; data: Float32Array }>) => void) {
  const tensors = parseSafetensors(serializeCodebook(makeCodebook(16, 4)), 'test');
  change(tensors);
  return serializeSafetensors(tensors);
}

describe('codebook', () => {
  it('comes back as it was written', () => {
    const codebook = makeCodebook(48, 100);
    const again = parseCodebook(serializeCodebook(codebook), 'test');
    expect(again).toEqual(codebook);
    expect(again.digest).toMatch(/^[0-9a-f]{16}$/);
  });

  it('has another digest for other contents', () => {
    expect(makeCodebook(48, 100, 1).digest).not.toBe(makeCodebook(48, 100, 2).digest);
  });

  it.skipIf(!existsSync(shipped))(
    'of the default model is read, half-precision centroids included',
    async () => {
      const codebook = await readCodebook(shipped);
      expect(codebook.dimension).toBe(96);
      expect(codebook.size).toBeGreaterThan(1000);
      for (let c = 0; c < codebook.size; c += 97) {
        let squared = 0;
        for (let d = 0; d < 96; d += 1) squared += (codebook.centroids[c * 96 + d] ?? 0) ** 2;
        expect(squared).toBeCloseTo(1, 2);
      }
    },
  );

  it('that is not there is reported by its path', async () => {
    await expect(readCodebook('/no/such/codebook.safetensors')).rejects.toMatchObject({
      code: 'model-missing',
      subject: '/no/such/codebook.safetensors',
    });
  });

  const valid = serializeCodebook(makeCodebook(16, 4));
  it.each([
    ['a truncated header', valid.slice(0, 5)],
    ['a header longer than the file', valid.slice(0, 40)],
    ['a header that is no JSON', Uint8Array.from(valid, (byte, i) => (i === 8 ? 0x21 : byte))],
    ['a missing tensor', broken((tensors) => tensors.delete('centroids'))],
    [
      'a wrong length',
      broken((tensors) => tensors.set('centroids', { shape: [3, 16], data: new Float32Array(3) })),
    ],
    [
      'values that are no numbers',
      broken((tensors) => tensors.get('centroids')?.data.fill(Number.NaN, 3, 4)),
    ],
    ['centroids beyond ±2', broken((tensors) => tensors.get('centroids')?.data.fill(3))],
    [
      'a dimension that is no multiple of 8',
      broken((tensors) => tensors.set('centroids', { shape: [4, 12], data: new Float32Array(48) })),
    ],
    [
      'no centroids',
      broken((tensors) => tensors.set('centroids', { shape: [0, 16], data: new Float32Array(0) })),
    ],
  ])('with %s is refused', (_, bytes) => {
    expect(() => parseCodebook(bytes, 'book.safetensors')).toThrow(
      expect.objectContaining({ code: 'model-invalid', subject: 'book.safetensors' }),
    );
  });
});
