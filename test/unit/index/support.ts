import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import { type Addon, loadAddon } from '../../../app/index/addon.ts';
import { type Bits, type Codebook, parseCodebook, serializeCodebook } from '../../../app/index/codebook.ts';
import type { TokenVectors } from '../../../app/index/codec.ts';
import { buildAddon } from '../../../scripts/build-native.mjs';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

export function normalize(vector: Float32Array): Float32Array {
  let squared = 0;
  for (const value of vector) squared += value * value;
  const norm = Math.sqrt(squared);
  return vector.map((value) => value / norm);
}

export function unitVector(random: () => number, dimension: number): Float32Array {
  return normalize(Float32Array.from({ length: dimension }, () => gaussian(random)));
}

/** A vector of length 1 at a noisy distance from another. */
export function near(random: () => number, vector: Float32Array, noise: number): Float32Array {
  const spread = noise / Math.sqrt(vector.length);
  return normalize(vector.map((value) => value + spread * gaussian(random)));
}

export function concat(vectors: readonly Float32Array[]): Float32Array {
  const dimension = vectors[0]?.length ?? 0;
  const all = new Float32Array(vectors.length * dimension);
  vectors.forEach((vector, i) => {
    all.set(vector, i * dimension);
  });
  return all;
}

/** A codebook with random centroids. */
export function makeCodebook(dimension: number, size: number, seed = 1): Codebook {
  const random = randomNumbers(seed);
  const centroids = concat(Array.from({ length: size }, () => unitVector(random, dimension)));
  return parseCodebook(serializeCodebook({ dimension, size, centroids }), 'test codebook');
}

/** A passage whose vectors lie near centroids of a topic's vocabulary, as those of real text do. */
export function topicalPassage(
  random: () => number,
  codebook: Codebook,
  topic: number,
  count: number,
  noise = 0.3,
): TokenVectors {
  const words = randomNumbers(1000 + topic);
  const vocabulary = Array.from({ length: 24 }, () => Math.floor(words() * codebook.size));
  const vectors = Array.from({ length: count }, () => {
    const common = random() < 0.4;
    const word = common
      ? Math.floor(random() * codebook.size)
      : (vocabulary[Math.floor(random() * vocabulary.length)] ?? 0);
    const { dimension } = codebook;
    return near(random, codebook.centroids.subarray(word * dimension, (word + 1) * dimension), noise);
  });
  return { vectors: concat(vectors), count };
}

/** Any bytes are a valid multivector. */
export function randomMultivector(
  random: () => number,
  codebook: Codebook,
  bits: Bits,
  count: number,
): CompressedMultivector {
  const byte = () => Math.floor(random() * 256);
  return {
    count,
    centroids: Uint16Array.from({ length: count }, () => Math.floor(random() * codebook.size)),
    residuals: Uint8Array.from({ length: (count * codebook.dimension * bits) / 8 }, byte),
    scales: Uint8Array.from({ length: count }, byte),
  };
}

/** MaxSim in double precision over float vectors: the definition everything is compared with. */
export function floatMaxSim(query: Float32Array, passage: Float32Array, dimension: number): number[] {
  const best: number[] = [];
  for (let i = 0; i < query.length; i += dimension) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < passage.length; t += dimension) {
      let dot = 0;
      for (let d = 0; d < dimension; d += 1) dot += (query[i + d] ?? 0) * (passage[t + d] ?? 0);
      highest = Math.max(highest, dot);
    }
    best.push(highest);
  }
  return best;
}

/** The addon, built first where there is a compiler; null elsewhere. */
export async function requireAddon(): Promise<Addon | null> {
  const { line } = await buildAddon();
  const loaded = loadAddon();
  if (loaded.addon === null) console.log(`native tests are skipped: ${loaded.reason} (${line})`);
  return loaded.addon;
}
