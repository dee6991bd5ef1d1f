import { PassimError } from '../contract/errors.ts';
import type { CompressedMultivector } from '../contract/passage.ts';
import type { IndexSearchOptions } from '../contract/vectors.ts';

/*
 * What an index refuses, checked before anything crosses into native code (which checks again). Shared by the native
 * and the TypeScript index, so that both refuse the same things with the same words.
 */

export const MAX_QUERY_TOKENS = 512;
export const MAX_PASSAGE_VECTORS = 65_535;
/** Query components beyond this are refused: the sums of a search must stay finite. */
export const MAX_COMPONENT = 1024;
const MAX_KEY = 0xffff_ffff;

type Numbers = Float32Array | Uint8Array | Uint16Array | Uint32Array;
interface NumbersConstructor<T extends Numbers> {
  new (length: number): T;
  readonly name: string;
}

export function refuse(field: string, message: string): PassimError {
  return new PassimError('native-guard', `${field} ${message}`, { subject: field });
}

/** Asserts that `value` is a typed array of the given type over memory that is not shared and not detached. */
export function checkArray<T extends Numbers>(value: unknown, type: NumbersConstructor<T>, field: string): T {
  if (!(value instanceof type)) throw refuse(field, `must be a ${type.name}`);
  if (!(value.buffer instanceof ArrayBuffer)) throw refuse(field, 'must not lie in a SharedArrayBuffer');
  if (value.buffer.detached) throw refuse(field, 'lies in a detached ArrayBuffer');
  return value;
}

export function checkKey(key: unknown): number {
  if (typeof key !== 'number' || !Number.isInteger(key) || key < 0 || key > MAX_KEY)
    throw refuse('key', `must be an integer 0 … ${MAX_KEY}, got ${String(key)}`);
  return key;
}

export interface MultivectorShape {
  readonly dimension: number;
  readonly packedWidth: number;
  /** Number of centroids. */
  readonly size: number;
}

export function checkMultivector(multivector: CompressedMultivector, shape: MultivectorShape): void {
  if (typeof multivector !== 'object' || multivector === null)
    throw refuse('multivector', 'must be an object');
  const { count } = multivector;
  if (!Number.isInteger(count) || count < 1 || count > MAX_PASSAGE_VECTORS)
    throw refuse('multivector.count', `must be 1 … ${MAX_PASSAGE_VECTORS}, got ${String(count)}`);
  const centroids = checkArray(multivector.centroids, Uint16Array, 'multivector.centroids');
  const residuals = checkArray(multivector.residuals, Uint8Array, 'multivector.residuals');
  const scales = checkArray(multivector.scales, Uint8Array, 'multivector.scales');
  const lengths: readonly [string, number, number][] = [
    ['multivector.centroids', centroids.length, count],
    ['multivector.residuals', residuals.length, count * shape.packedWidth],
    ['multivector.scales', scales.length, count],
  ];
  for (const [field, length, expected] of lengths)
    if (length !== expected) throw refuse(field, `has length ${length}, ${count} vectors need ${expected}`);
  if (shape.size <= 0xffff)
    for (const centroid of centroids)
      if (centroid >= shape.size)
        throw refuse('multivector.centroids', `names centroid ${centroid} of ${shape.size}`);
}

/** Checks a query and returns its number of tokens. */
export function checkQuery(query: Float32Array, dimension: number): number {
  checkArray(query, Float32Array, 'query');
  const tokens = query.length / dimension;
  if (!Number.isInteger(tokens) || tokens < 1)
    throw refuse('query', `has ${query.length} values, not a multiple of the dimension ${dimension}`);
  if (tokens > MAX_QUERY_TOKENS) throw refuse('query', `has ${tokens} tokens, at most ${MAX_QUERY_TOKENS}`);
  // An iterator would make an object for each of some thousand numbers, four times a search.
  for (let i = 0; i < query.length; i += 1)
    if (!(Math.abs(query[i] ?? 0) <= MAX_COMPONENT))
      throw refuse('query', `holds ${query[i]}, not a vector component`);
  return tokens;
}

export function checkWeights(weights: Float32Array | undefined, tokens: number): void {
  if (weights === undefined) return;
  checkArray(weights, Float32Array, 'weights');
  if (weights.length !== tokens)
    throw refuse('weights', `has length ${weights.length}, the query ${tokens} tokens`);
  for (const weight of weights)
    if (!(Math.abs(weight) <= MAX_COMPONENT)) throw refuse('weights', `holds ${weight}, not a weight`);
}

export function checkCount(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_KEY)
    throw refuse(field, `must be an integer from 0, got ${String(value)}`);
  return value;
}

export function checkSearchOptions(options: IndexSearchOptions, tokens: number): void {
  checkCount(options.k, 'k');
  checkWeights(options.weights, tokens);
  if (options.allow === undefined) return;
  const allow = checkArray(options.allow, Uint32Array, 'allow');
  for (let i = 1; i < allow.length; i += 1)
    if ((allow[i] ?? 0) <= (allow[i - 1] ?? 0))
      throw refuse('allow', 'must be in ascending order, no key twice');
}
