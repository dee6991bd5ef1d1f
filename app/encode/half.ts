/** Conversion between 32-bit floats and IEEE 754 binary16, the format that GPUs compute encoders in. */

/** Largest finite value of a binary16. */
export const HALF_MAX = 65504;

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The nearest binary16 (ties to even); finite values that are too large become the largest finite one. */
export function floatToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  if (value === Number.POSITIVE_INFINITY) return 0x7c00;
  if (value === Number.NEGATIVE_INFINITY) return 0xfc00;
  word[0] = Math.max(-HALF_MAX, Math.min(HALF_MAX, value));
  const single = bits[0] ?? 0;
  const sign = (single >>> 16) & 0x8000;
  const exponent = ((single >>> 23) & 0xff) - 112;
  const fraction = single & 0x7fffff;
  if (exponent >= 1) return sign | (((exponent << 10) | (fraction >>> 13)) + roundUp(fraction, 13));
  // Below the smallest normal value the leading one is written out.
  if (exponent < -10) return sign;
  const full = fraction | 0x800000;
  const shift = 14 - exponent;
  return sign | ((full >>> shift) + roundUp(full, shift));
}

/** 1 when dropping the lowest `shift` bits of `fraction` rounds to the value above. */
function roundUp(fraction: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = fraction & ((1 << shift) - 1);
  return rest > half || (rest === half && ((fraction >>> shift) & 1) === 1) ? 1 : 0;
}

/** The value of a binary16. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
