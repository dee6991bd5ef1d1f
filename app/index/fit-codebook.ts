import { setImmediate } from 'node:timers/promises';
import { PassimError } from '../contract/errors.ts';
import { type LoadedAddon, loadAddon } from './addon.ts';
import { type Codebook, parseCodebook, serializeCodebook } from './codebook.ts';
import { checkVectors } from './codec.ts';
import { nativeCodebook } from './native-codec.ts';
import { fromNative } from './native-error.ts';
import { nearestCentroids } from './nearest.ts';

export interface FitOptions {
  readonly dimension: number;
  /** Number of centroids; by default the power of two at 16 √n, at most 8192 and at most a fourth of the sample. */
  readonly size?: number;
  readonly iterations?: number;
  /** Equal samples and seeds give equal codebooks. */
  readonly seed?: number;
  readonly addon?: LoadedAddon;
  readonly signal?: AbortSignal;
}

const MIN_SAMPLE = 64;
const DEFAULT_ITERATIONS = 8;
const MAX_SIZE = 8192;
/** Vectors whose nearest centroids are looked up at a time. */
const CHUNK = 8192;

/** Numbers in [0, 1) from a seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** PLAID takes 2^⌊log2(16 √n)⌋ centroids for n vectors. */
function defaultSize(count: number): number {
  const size = 2 ** Math.floor(Math.log2(16 * Math.sqrt(count)));
  return Math.max(1, Math.min(size, MAX_SIZE, Math.floor(count / 4)));
}

function invalid(message: string): PassimError {
  return new PassimError('bad-request', `fitting a codebook: ${message}`, { subject: 'samples' });
}

/** `size` different positions below `count`, in random order (Fisher-Yates, the first part of it). */
function draw(count: number, size: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = 0; i < size; i += 1) {
    const j = i + Math.floor(random() * (count - i));
    const taken = order[j] as number;
    order[j] = order[i] as number;
    order[i] = taken;
  }
  return order.subarray(0, size);
}

function normaliseRow(rows: Float32Array, row: number, dimension: number): boolean {
  let squared = 0;
  for (let d = row * dimension; d < (row + 1) * dimension; d += 1) squared += (rows[d] as number) ** 2;
  if (squared < 1e-12) return false;
  const inverse = 1 / Math.sqrt(squared);
  for (let d = row * dimension; d < (row + 1) * dimension; d += 1) rows[d] = (rows[d] as number) * inverse;
  return true;
}

type Assign = (centroids: Float32Array) => Promise<Uint16Array>;

/** Nearest centroids of the whole sample, native where it can be, in slices that let the event loop turn. */
function assigner(samples: Float32Array, size: number, options: FitOptions): Assign {
  const { dimension, signal } = options;
  const loaded = options.addon ?? loadAddon();
  return async (centroids) => {
    const codebook: Codebook = { dimension, size, centroids, digest: '' };
    const handle = loaded.addon === null ? undefined : nativeCodebook(loaded.addon, codebook, 4);
    const count = samples.length / dimension;
    const nearest = new Uint16Array(count);
    const chunk = handle === undefined ? CHUNK / 128 : CHUNK;
    for (let start = 0; start < count; start += chunk) {
      if (signal?.aborted) throw new PassimError('cancelled', 'fitting the codebook was cancelled');
      const part = samples.subarray(start * dimension, Math.min(count, start + chunk) * dimension);
      if (handle === undefined || loaded.addon === null) {
        nearest.set(nearestCentroids(part, part.length / dimension, codebook), start);
        await setImmediate();
      } else {
        try {
          nearest.set(await loaded.addon.assign(handle, part), start);
        } catch (error) {
          throw fromNative(error);
        }
      }
    }
    return nearest;
  };
}

/** Spherical k-means (Dhillon & Modha 2001): centroids are the normalised means of what they are nearest to. */
async function fitCentroids(
  samples: Float32Array,
  size: number,
  options: FitOptions,
  random: () => number,
  assign: Assign,
): Promise<Float32Array> {
  const { dimension, iterations = DEFAULT_ITERATIONS } = options;
  const count = samples.length / dimension;
  let centroids = new Float32Array(size * dimension);
  draw(count, size, random).forEach((sample, row) => {
    centroids.set(samples.subarray(sample * dimension, (sample + 1) * dimension), row * dimension);
    normaliseRow(centroids, row, dimension);
  });
  for (let round = 0; round < iterations; round += 1) {
    const nearest = await assign(centroids);
    const sums = new Float64Array(size * dimension);
    nearest.forEach((row, sample) => {
      for (let d = 0; d < dimension; d += 1)
        sums[row * dimension + d] =
          (sums[row * dimension + d] as number) + (samples[sample * dimension + d] as number);
    });
    const next = Float32Array.from(sums);
    for (let row = 0; row < size; row += 1) {
      if (normaliseRow(next, row, dimension)) continue;
      // Nothing is nearest to it: it starts again at a random sample.
      const sample = Math.floor(random() * count);
      next.set(samples.subarray(sample * dimension, (sample + 1) * dimension), row * dimension);
      normaliseRow(next, row, dimension);
    }
    centroids = next;
  }
  return centroids;
}

/**
 * Fits a codebook to a sample of token vectors, for a model that ships none.
 * @param samples row-major n × dimension, each vector of length 1, n ≥ 64; a few hundred thousand are plenty
 * @throws PassimError 'bad-vector' for vectors that are none, 'bad-request' for too few, 'cancelled'
 */
export async function fitCodebook(samples: Float32Array, options: FitOptions): Promise<Codebook> {
  const { dimension, seed = 1 } = options;
  const count = samples.length / dimension;
  if (dimension < 8 || dimension % 8 !== 0) throw invalid(`dimension ${dimension} is not a multiple of 8`);
  if (!Number.isInteger(count) || count < MIN_SAMPLE)
    throw invalid(`${samples.length} values are not ${MIN_SAMPLE} or more vectors of width ${dimension}`);
  for (let start = 0; start < count; start += CHUNK) {
    const part = samples.subarray(start * dimension, Math.min(count, start + CHUNK) * dimension);
    checkVectors({ vectors: part, count: part.length / dimension }, dimension);
  }
  const size = options.size ?? defaultSize(count);
  if (!Number.isInteger(size) || size < 1 || size > Math.min(65_536, count))
    throw invalid(`${size} centroids cannot be fitted to ${count} vectors`);
  const random = seeded(seed);
  const assign = assigner(samples, size, options);
  const centroids = await fitCentroids(samples, size, options, random, assign);

  return parseCodebook(serializeCodebook({ dimension, size, centroids }), 'fitted codebook');
}
