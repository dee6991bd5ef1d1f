import { PassimError } from '../contract/errors.ts';

/** A tensor of a safetensors file, converted to float32. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const MAX_HEADER_BYTES = 1 << 20;

function invalid(subject: string, message: string): PassimError {
  return new PassimError('model-invalid', `${subject}: ${message}`, { subject });
}

/** All 16-bit floats: a larger tensor is faster read through a table of them. */
const HALVES = 1 << 16;

/** IEEE 754 half precision → number. */
function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function decode(
  type: unknown,
  bytes: Uint8Array,
  count: number,
  subject: string,
  name: string,
): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = type === 'F32' ? 4 : type === 'F16' ? 2 : 0;
  if (width === 0) throw invalid(subject, `tensor "${name}" is of type ${String(type)}, expected F16 or F32`);
  if (bytes.byteLength !== count * width)
    throw invalid(
      subject,
      `tensor "${name}" has ${bytes.byteLength} bytes, its shape needs ${count * width}`,
    );
  const data = new Float32Array(count);
  if (width === 4) for (let i = 0; i < count; i += 1) data[i] = view.getFloat32(4 * i, true);
  else {
    const values = Float32Array.from({ length: count < HALVES ? 0 : HALVES }, (_, half) =>
      halfToNumber(half),
    );
    for (let i = 0; i < count; i += 1) {
      const half = view.getUint16(2 * i, true);
      data[i] = values[half] ?? halfToNumber(half);
    }
  }
  return data;
}

/**
 * Reads a safetensors file (8-byte header length, JSON header, data) with float tensors.
 * @param subject name of the file, for messages
 * @throws PassimError 'model-invalid'
 */
export function parseSafetensors(bytes: Uint8Array, subject: string): Map<string, Tensor> {
  if (bytes.byteLength < 8) throw invalid(subject, 'is too short for a safetensors file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > MAX_HEADER_BYTES || 8 + headerLength > bytes.byteLength)
    throw invalid(subject, 'has a header that is longer than the file');
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerLength)));
  } catch (cause) {
    throw new PassimError('model-invalid', `${subject}: its header is not JSON`, { subject, cause });
  }
  if (typeof header !== 'object' || header === null) throw invalid(subject, 'its header is not an object');
  const body = bytes.subarray(8 + headerLength);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
    if (!Array.isArray(shape) || !shape.every((n) => Number.isSafeInteger(n) && n >= 0))
      throw invalid(subject, `tensor "${name}" has no valid shape`);
    if (!Array.isArray(offsets) || offsets.length !== 2)
      throw invalid(subject, `tensor "${name}" has no valid data_offsets`);
    const [start, end] = offsets.map(Number);
    if (start === undefined || end === undefined || !(start >= 0 && start <= end && end <= body.byteLength))
      throw invalid(subject, `tensor "${name}" lies outside the file`);
    const dimensions = shape.map(Number);
    const count = dimensions.reduce((product, n) => product * n, 1);
    tensors.set(name, {
      shape: dimensions,
      data: decode(dtype, body.subarray(start, end), count, subject, name),
    });
  }
  return tensors;
}

/** Writes float32 tensors as a safetensors file. */
export function serializeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = {};
  let length = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [length, length + data.byteLength] };
    length += data.byteLength;
  }
  let json = JSON.stringify(header);
  json += ' '.repeat((8 - (json.length % 8)) % 8);
  const encoded = new TextEncoder().encode(json);
  const bytes = new Uint8Array(8 + encoded.length + length);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(encoded.length), true);
  bytes.set(encoded, 8);
  let offset = 8 + encoded.length;
  for (const { data } of tensors.values()) {
    for (const value of data) {
      view.setFloat32(offset, value, true);
      offset += 4;
    }
  }
  return bytes;
}
