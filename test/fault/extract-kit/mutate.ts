/** Damages a file's bytes in the ways that disks, networks and attackers do. */

type Random = () => number;

const NUMBERS = ['0', '-1', '99999999', '4294967296', '2147483648', '1e308', '.', '18446744073709551616'];

function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function flipBits(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i <= below(random, 20); i++) {
    const at = below(random, copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
  }
  return copy;
}

function overwrite(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const at = below(random, copy.length);
  const end = Math.min(copy.length, at + 1 + below(random, 200));
  for (let i = at; i < end; i++) copy[i] = below(random, 256);
  return copy;
}

function cut(bytes: Buffer, random: Random): Buffer {
  return bytes.subarray(0, 1 + below(random, bytes.length));
}

function remove(bytes: Buffer, random: Random): Buffer {
  const at = below(random, bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(random, 500))]);
}

function repeat(bytes: Buffer, random: Random): Buffer {
  const at = below(random, bytes.length);
  const piece = bytes.subarray(at, at + 1 + below(random, 500));
  const times = 1 + below(random, 50);
  return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(piece), bytes.subarray(at)]);
}

function move(bytes: Buffer, random: Random): Buffer {
  const from = below(random, bytes.length);
  const piece = bytes.subarray(from, from + 1 + below(random, 500));
  const to = below(random, bytes.length);
  return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
}

function changeNumber(bytes: Buffer, random: Random): Buffer {
  const numbers = [...bytes.toString('latin1').matchAll(/\d+/g)];
  const chosen = numbers[below(random, Math.max(1, numbers.length))];
  if (chosen === undefined) return flipBits(bytes, random);
  const value = Buffer.from(NUMBERS[below(random, NUMBERS.length)] ?? '0');
  return Buffer.concat([
    bytes.subarray(0, chosen.index),
    value,
    bytes.subarray(chosen.index + chosen[0].length),
  ]);
}

const WAYS = [flipBits, overwrite, cut, remove, repeat, move, changeNumber];

/** One to three damages, the same for the same random numbers. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let result = bytes;
  for (let i = 0; i <= below(random, 3); i++) {
    if (result.length === 0) break;
    result = WAYS[below(random, WAYS.length)]?.(result, random) ?? result;
  }
  return result;
}
