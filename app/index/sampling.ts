/** Finaliser of MurmurHash3: spreads a key over 32 bits. */
export function mixKey(key: number): number {
  let hash = key | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The `count` keys with the lowest hashes (bottom-k sampling): a fixed, seedless sample that depends only on which
 * keys there are, so that the native and the TypeScript index take the same passages.
 */
export function sampleKeys(keys: Iterable<number>, count: number): number[] {
  const hashed = Array.from(keys, (key) => [mixKey(key), key] as const);
  hashed.sort((a, b) => a[0] - b[0]);
  return hashed.slice(0, count).map(([, key]) => key);
}
