import { PassimError } from '../contract/errors.ts';

/** How MatMulNBits keeps a weight of K × N: for each column, blocks of `blockSize` rows with a scale each. */
export interface BlockLayout {
  readonly rows: number;
  readonly columns: number;
  readonly bits: number;
  readonly blockSize: number;
}

/**
 * Multiplies out a block-quantised weight.
 * @param packed N × blocks × (blockSize × bits / 8) bytes; of two 4-bit values in a byte the lower half comes first
 * @param scales N × blocks
 * @param zeros zero points, packed like the weights along the blocks of a column; null stands for the middle value
 * @returns row-major K × N
 * @throws PassimError 'model-invalid' for other widths than 4 and 8 bits
 */
export function unpackBlocks(
  packed: ArrayLike<number>,
  scales: ArrayLike<number>,
  zeros: ArrayLike<number> | null,
  { rows, columns, bits, blockSize }: BlockLayout,
): Float32Array {
  if (bits !== 4 && bits !== 8)
    throw new PassimError('model-invalid', `the graph has weights of ${bits} bits`);
  const blocks = Math.ceil(rows / blockSize);
  const perByte = 8 / bits;
  const blockBytes = blockSize / perByte;
  const zeroBytes = Math.ceil(blocks / perByte);
  const read = (bytes: ArrayLike<number>, from: number, index: number): number => {
    const byte = bytes[from + Math.floor(index / perByte)] ?? 0;
    return bits === 8 ? byte : index % 2 === 0 ? byte & 15 : byte >> 4;
  };
  const values = new Float32Array(rows * columns);
  for (let column = 0; column < columns; column += 1) {
    for (let row = 0; row < rows; row += 1) {
      const block = Math.floor(row / blockSize);
      const at = column * blocks + block;
      const zero = zeros === null ? 2 ** (bits - 1) : read(zeros, column * zeroBytes, block);
      const value = read(packed, at * blockBytes, row % blockSize);
      values[row * columns + column] = (value - zero) * (scales[at] ?? 0);
    }
  }
  return values;
}
