import type { Bits } from './codebook.ts';

/*
 * Packing. With 4 bits, byte j of a vector holds dimension 2j in its low nibble and 2j + 1 in its high nibble. With
 * 2 bits, byte j holds dimensions 4j … 4j + 3, the first in the lowest two bits.
 */

/** Bytes that one packed residual takes. */
export function packedWidth(dimension: number, bits: Bits): number {
  return (dimension * bits) / 8;
}

/** Code of a bucket: −3, −1, 1, 3 at 2 bits; odd numbers −15 … 15 at 4. */
function codeOf(bucket: number, bits: Bits): number {
  return 2 * bucket - 2 ** bits + 1;
}

/** For each byte of a packed residual the codes it stands for: 256 × (8 / bits) values. */
export function unpackTable(bits: Bits): Int8Array {
  const perByte = 8 / bits;
  const table = new Int8Array(256 * perByte);
  for (let byte = 0; byte < 256; byte += 1)
    for (let part = 0; part < perByte; part += 1)
      table[byte * perByte + part] = codeOf((byte >> (part * bits)) & (2 ** bits - 1), bits);
  return table;
}
