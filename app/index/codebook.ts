import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import { parseSafetensors, serializeSafetensors, type Tensor } from './safetensors.ts';

export type Bits = 2 | 3 | 4;

/**
 * Centroids of a model's token vectors, as in PLAID (ColBERTv2, Santhanam et al. 2022), but trained once per model
 * and shipped in its package.
 */
export interface Codebook {
  readonly dimension: number;
  /** Number of centroids, at most 65,536. */
  readonly size: number;
  /** Row-major size × dimension. */
  readonly centroids: Float32Array;
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
  // Half a million values at each start: a call for each would take longer than all else here.
  for (const value of found.data)
    if (!Number.isFinite(value)) throw invalid(subject, `tensor "${name}" holds values that are no numbers`);
  return found.data;
}

/**
 * Reads a codebook in safetensors form: `centroids` [K, dimension]. Other tensors are passed over (packages made
 * for earlier versions have residual buckets).
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
    digest: createHash('sha256').update(bytes).digest('hex').slice(0, 16),
  };
}

/** The codebook as {@link parseCodebook} reads it. */
export function serializeCodebook(codebook: Omit<Codebook, 'digest'>): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, Tensor>();
  tensors.set('centroids', { shape: [codebook.size, codebook.dimension], data: codebook.centroids });
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
