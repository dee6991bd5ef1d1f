import type { Bits } from './codebook.ts';

/*
 * Packing. With 4 bits, byte j of a vector holds dimension 2j in its low nibble and 2j + 1 in its high nibble. With
 * 2 bits, byte j holds dimensions 4j … 4j + 3, the first in the lowest two bits. With 3 bits, the upper two bits of all
 * dimensions come first, as with 2 bits, and then the lowest bits, dimension 8j in the lowest bit of byte j.
 */

/** Bytes that one packed residual takes. */
export function packedWidth(dimension: number, bits: Bits): number {
  return (dimension * bits) / 8;
}

/** Code of a bucket: an odd integer, −3 … 3 at 2 bits, −7 … 7 at 3, −15 … 15 at 4. */
function codeOf(bucket: number, bits: Bits): number {
  return 2 * bucket - 2 ** bits + 1;
}

/** Writes the buckets of one vector to `packed`, which holds zeros, from `start` on. */
export function packBuckets(buckets: Uint8Array, bits: Bits, packed: Uint8Array, start: number): void {
  const set = (byte: number, value: number): void => {
    packed[start + byte] = (packed[start + byte] as number) | value;
  };
  const width = bits === 3 ? 2 : bits;
  buckets.forEach((bucket, d) => {
    const bit = d * width;
    set(bit >> 3, (bits === 3 ? bucket >> 1 : bucket) << (bit & 7));
    if (bits === 3) set(buckets.length / 4 + (d >> 3), (bucket & 1) << (d & 7));
  });
}

/** Reads the codes of the vector packed from `start` on. */
export function unpackCodes(packed: Uint8Array, start: number, bits: Bits, codes: Int8Array): void {
  const width = bits === 3 ? 2 : bits;
  const mask = 2 ** width - 1;
  for (let d = 0; d < codes.length; d += 1) {
    const bit = d * width;
    let bucket = ((packed[start + (bit >> 3)] as number) >> (bit & 7)) & mask;
    if (bits === 3)
      bucket = 2 * bucket + (((packed[start + codes.length / 4 + (d >> 3)] as number) >> (d & 7)) & 1);
    codes[d] = codeOf(bucket, bits);
  }
}
