import { describe, expect, it } from 'vitest';
import { loadAddon } from '../../../app/index/addon.ts';
import { parseCodebook, serializeCodebook } from '../../../app/index/codebook.ts';
import { TypeScriptCodec } from '../../../app/index/codec.ts';
import { fitCodebook } from '../../../app/index/fit-codebook.ts';
import {
  concat,
  floatMaxSim,
  makeCodebook,
  near,
  randomNumbers,
  requireAddon,
  unitVector,
} from './support.ts';

await requireAddon();

/** Vectors around `clusters` hidden centres. */
function clustered(
  count: number,
  clusters: number,
  dimension: number,
  noise: number,
  seed = 1,
): Float32Array {
  const random = randomNumbers(seed);
  const centres = Array.from({ length: clusters }, () => unitVector(random, dimension));
  return concat(
    Array.from({ length: count }, (_, i) =>
      near(random, centres[i % clusters] ?? new Float32Array(dimension), noise),
    ),
  );
}

function meanCosine(codec: TypeScriptCodec, vectors: Float32Array, count: number): number {
  const again = codec.decompress(codec.compress({ vectors, count }));
  let sum = 0;
  for (let i = 0; i < vectors.length; i += 1) sum += (vectors[i] ?? 0) * (again[i] ?? 0);
  return sum / count;
}

describe('fitCodebook', () => {
  it('finds the clusters of its sample and keeps vectors well', async () => {
    const samples = clustered(3000, 40, 48, 0.3);
    const codebook = await fitCodebook(samples, { dimension: 48, size: 64 });
    expect(codebook).toMatchObject({ dimension: 48, size: 64 });
    const part = samples.slice(0, 200 * 48);
    const fitted = meanCosine(new TypeScriptCodec(codebook, 4), part, 200);
    const stranger = meanCosine(new TypeScriptCodec(makeCodebook(48, 64, 5), 4), part, 200);
    expect(fitted).toBeGreaterThan(0.99);
    expect(fitted).toBeGreaterThan(stranger);
    expect(meanCosine(new TypeScriptCodec(codebook, 2), part, 200)).toBeGreaterThan(0.97);
    const centres = floatMaxSim(part.slice(0, 48 * 40), codebook.centroids, 48);
    expect(centres.filter((cosine) => cosine > 0.9).length).toBeGreaterThan(30);
  });

  it('gives equal codebooks for equal seeds, with and without the addon', async () => {
    const samples = clustered(600, 10, 16, 0.5);
    const first = await fitCodebook(samples, { dimension: 16, seed: 3 });
    const second = await fitCodebook(samples, { dimension: 16, seed: 3, addon: loadAddon('off') });
    const other = await fitCodebook(samples, { dimension: 16, seed: 4 });
    expect(second).toEqual(first);
    expect(other.digest).not.toBe(first.digest);
    expect(first.size).toBe(150);
    expect(parseCodebook(serializeCodebook(first), 'again')).toEqual(first);
  });

  it('copes with a sample of equal vectors', async () => {
    const one = unitVector(randomNumbers(1), 16);
    const samples = concat(Array.from({ length: 100 }, () => one));
    const codebook = await fitCodebook(samples, { dimension: 16, size: 8 });
    // Norms are kept in steps of two per cent.
    expect(meanCosine(new TypeScriptCodec(codebook, 4), samples, 100)).toBeGreaterThan(0.985);
  });

  it('refuses samples that are too small or no vectors, and can be cancelled', async () => {
    const samples = clustered(100, 4, 16, 0.3);
    await expect(fitCodebook(samples.slice(0, 160), { dimension: 16 })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(fitCodebook(samples, { dimension: 24 })).rejects.toMatchObject({ code: 'bad-request' });
    await expect(fitCodebook(samples, { dimension: 16, size: 101 })).rejects.toMatchObject({
      code: 'bad-request',
    });
    await expect(fitCodebook(samples.with(5, Number.NaN), { dimension: 16 })).rejects.toMatchObject({
      code: 'bad-vector',
    });
    const signal = AbortSignal.abort();
    await expect(fitCodebook(samples, { dimension: 16, signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });
});
