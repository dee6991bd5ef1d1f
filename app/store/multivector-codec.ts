import type { CompressedMultivector, VectorShape } from '../contract/index.ts';

/** Bytes of one packed residual. */
export function residualBytes(shape: Pick<VectorShape, 'dimension' | 'bits'>): number {
  return (shape.dimension * shape.bits) / 8;
}

/**
 * A multivector as one value: centroid ids (uint16, little endian), scale bytes, residuals. One column, because
 * the three are only ever read together, and one value of 5 kB reads faster than three lists.
 */
export function encodeMultivector(value: CompressedMultivector): Uint8Array {
  const { count, centroids, scales, residuals } = value;
  const bytes = new Uint8Array(count * 3 + residuals.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i += 1) view.setUint16(i * 2, centroids[i] ?? 0, true);
  bytes.set(scales, count * 2);
  bytes.set(residuals, count * 3);
  return bytes;
}

/**
 * The multivector in `bytes`. Scales and residuals are views of `bytes`, not copies.
 * @throws RangeError when the length does not fit the shape
 */
export function decodeMultivector(
  bytes: Uint8Array,
  shape: Pick<VectorShape, 'dimension' | 'bits'>,
): CompressedMultivector {
  const width = 3 + residualBytes(shape);
  const count = bytes.length / width;
  if (!Number.isInteger(count)) throw new RangeError(`${bytes.length} bytes are no multiple of ${width}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const centroids = new Uint16Array(count);
  for (let i = 0; i < count; i += 1) centroids[i] = view.getUint16(i * 2, true);
  return {
    count,
    centroids,
    scales: bytes.subarray(count * 2, count * 3),
    residuals: bytes.subarray(count * 3),
  };
}
