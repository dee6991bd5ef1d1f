import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import { parseSafetensors, serializeSafetensors, type Tensor } from './safetensors.ts';

export type Bits = 2 | 4;

/** How one dimension of a residual is quantised: bucket b = number of cuts below the value, value = codes[b] × scale. */
export interface ResidualBuckets {
  /** 2^bits − 1 borders, ascending. */
  readonly cuts: Float32Array;
  /** 2^bits bucket values in units of `scale`, −127 … 127. */
  readonly codes: Int8Array;
  readonly scale: number;
}

/**
 * Centroids and residual buckets of a model, as in PLAID (ColBERTv2, Santhanam et al. 2022), but trained once per
 * model and shipped in its package.
 */
export interface Codebook {
  readonly dimension: number;
  /** Number of centroids, at most 65,536. */
  readonly size: number;
  /** Row-major size × dimension. */
  readonly centroids: Float32Array;
  readonly buckets: Readonly<Record<Bits, ResidualBuckets>>;
  /** First 16 hex digits of the sha256 over the file's bytes. */
  readonly digest: string;
}

export const MAX_CENTROIDS = 65_536;
/** The longest sum |query code| × |residual code| over 1024 dimensions has to stay below 2^31; see query.ts. */
export const MAX_DIMENSION = 1024;

function invalid(subject: string, message: string): PassimError {
  return new PassimError('model-invalid', `${subject}: ${message}`, { subject });
}

function tensor(tensors: Map<string, Tensor>, name: string, length: number, subject: string): Float32Array {
  const found = tensors.get(name);
  if (found === undefined) throw invalid(subject, `tensor "${name}" is missing`);
  if (found.data.length !== length)
    throw invalid(subject, `tensor "${name}" has ${found.data.length} values, expected ${length}`);
  if (!found.data.every(Number.isFinite))
    throw invalid(subject, `tensor "${name}" holds values that are no numbers`);
  return found.data;
}

function readBuckets(tensors: Map<string, Tensor>, bits: Bits, subject: string): ResidualBuckets {
  const cuts = tensor(tensors, `cut${bits}`, 2 ** bits - 1, subject);
  const values = tensor(tensors, `val${bits}`, 2 ** bits, subject);
  const scale = tensor(tensors, `scale${bits}`, 1, subject)[0] ?? 0;
  if (!(scale > 0)) throw invalid(subject, `tensor "scale${bits}" must be above 0`);
  for (let i = 1; i < cuts.length; i += 1)
    if ((cuts[i] ?? 0) < (cuts[i - 1] ?? 0)) throw invalid(subject, `tensor "cut${bits}" is not ascending`);
  const codes = new Int8Array(values.length);
  values.forEach((value, bucket) => {
    const code = Math.round(value / scale);
    if (Math.abs(code) > 127)
      throw invalid(subject, `tensor "val${bits}" holds ${value}, more than 127 × scale${bits}`);
    codes[bucket] = code;
  });
  return { cuts, codes, scale };
}

/**
 * Reads a codebook in safetensors form: `centroids` [K, dimension], `cut4` [15], `val4` [16], `scale4` [1],
 * `cut2` [3], `val2` [4], `scale2` [1].
 * @param subject name of the file, for messages
 * @throws PassimError 'model-invalid'
 */
export function parseCodebook(bytes: Uint8Array, subject: string): Codebook {
  const tensors = parseSafetensors(bytes, subject);
  const shape = tensors.get('centroids')?.shape ?? [];
  const [size = 0, dimension = 0] = shape;
  if (shape.length !== 2) throw invalid(subject, 'tensor "centroids" must have two dimensions');
  if (size < 1 || size > MAX_CENTROIDS)
    throw invalid(subject, `${size} centroids; a codebook has 1 … ${MAX_CENTROIDS}`);
  if (dimension < 8 || dimension > MAX_DIMENSION || dimension % 8 !== 0)
    throw invalid(subject, `dimension ${dimension}; must be a multiple of 8 up to ${MAX_DIMENSION}`);
  const centroids = tensor(tensors, 'centroids', size * dimension, subject);
  for (const value of centroids)
    if (Math.abs(value) > 2) throw invalid(subject, 'tensor "centroids" holds values beyond ±2');
  return {
    dimension,
    size,
    centroids,
    buckets: { 2: readBuckets(tensors, 2, subject), 4: readBuckets(tensors, 4, subject) },
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  };
}

/** The codebook as {@link parseCodebook} reads it. */
export function serializeCodebook(codebook: Omit<Codebook, 'digest'>): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>();
  tensors.set('centroids', { shape: [codebook.size, codebook.dimension], data: codebook.centroids });
  for (const bits of [4, 2] as const) {
    const { cuts, codes, scale } = codebook.buckets[bits];
    tensors.set(`cut${bits}`, { shape: [cuts.length], data: cuts });
    tensors.set(`val${bits}`, {
      shape: [codes.length],
      data: Float32Array.from(codes, (code) => code * scale),
    });
    tensors.set(`scale${bits}`, { shape: [1], data: Float32Array.of(scale) });
  }
  return serializeSafetensors(tensors);
}

/**
 * Reads the codebook of a model package.
 * @throws PassimError 'model-missing' or 'model-invalid'
 */
export async function readCodebook(path: string): Promise<Codebook> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new PassimError('model-missing', `${path}: the codebook cannot be read`, { subject: path, cause });
  }
  return parseCodebook(bytes, basename(path));
}
