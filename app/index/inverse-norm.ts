/*
 * The inverse norm of a reconstruction (centroid + residual) takes one byte on a logarithmic scale:
 * byte b stands for 2^((b − 128) / 256), that is 0.707 … 1.410 in steps of 0.27 %, and 128 stands for exactly 1.
 * Values outside are clipped. Native code gets both tables from here, so that no two machines round differently.
 */

/** Float value of each byte. */
export const INVERSE_NORMS = Float32Array.from({ length: 256 }, (_, byte) => 2 ** ((byte - 128) / 256));

/** Squared norms at which the byte goes from b to b + 1, descending, 255 values. */
export const NORM_BORDERS = Float64Array.from({ length: 255 }, (_, byte) => 2 ** (-(byte + 0.5 - 128) / 128));

/** The byte for a reconstruction with this squared norm. */
export function inverseNormByte(squaredNorm: number): number {
  let low = 0;
  let high = NORM_BORDERS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (squaredNorm < (NORM_BORDERS[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}
