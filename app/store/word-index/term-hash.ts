const HIGH_BITS = 21;

/**
 * A term as a number of 53 bits, which stands for it in the index: two FNV-1a sums over its UTF-16 units, from two
 * beginnings and each mixed to its end. Among a million terms two are equal once in 20,000 indexes, and then count as one word.
 */
export function termHash(term: string): number {
  let low = 0x811c9dc5;
  let high = 0x2f1b6d3a;
  for (let i = 0; i < term.length; i += 1) {
    const unit = term.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x5bd1e995);
    high ^= high >>> 15;
  }
  return (mixed(high) >>> (32 - HIGH_BITS)) * 2 ** 32 + (mixed(low) >>> 0);
}

/** The end of MurmurHash3, which lets every bit depend on all others. */
function mixed(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
