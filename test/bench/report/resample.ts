import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import type { Bits, Codebook } from '../../../app/index/codebook.ts';
import type { Codec } from '../../../app/index/codec.ts';
import { packBuckets, unpackCodes } from '../../../app/index/residual.ts';

/** Share of a copy's vectors that are left out, and of its residual codes that move to a neighbouring bucket. */
const DROPPED = 0.15;
const MOVED = 0.25;

/** Numbers in [0, 1) that are the same in every run (xorshift). */
export function generator(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export interface Resampler {
  /** A passage like another: some of its vectors, each a little moved. Its scales stay, which the noise allows. */
  make(source: CompressedMultivector, random: () => number): CompressedMultivector;
  /** Mean cosine between vectors and their moved copies, over the first 200 passages. */
  meanCosine(sources: readonly CompressedMultivector[]): number;
}

/** Makes passages out of others, so that a large corpus keeps the structure of a small one. */
export function resampler({ dimension }: Codebook, codec: Codec, bits: Bits): Resampler {
  const last = 2 ** bits - 1;
  const codes = new Int8Array(dimension);
  const draw = (source: CompressedMultivector, random: () => number): number[] =>
    Array.from({ length: source.count }, (_, i) => i).filter(() => random() >= DROPPED);

  function make(source: CompressedMultivector, random: () => number): CompressedMultivector {
    const width = source.residuals.length / source.count;
    const kept = draw(source, random);
    if (kept.length === 0) kept.push(0);
    const residuals = new Uint8Array(kept.length * width);
    kept.forEach((vector, row) => {
      unpackCodes(source.residuals, vector * width, bits, codes);
      const buckets = Uint8Array.from(codes, (code) => {
        const bucket = (code + last) / 2;
        const drawn = random();
        return drawn < MOVED ? Math.min(last, Math.max(0, bucket + (drawn < MOVED / 2 ? -1 : 1))) : bucket;
      });
      packBuckets(buckets, bits, residuals, row * width);
    });
    return {
      count: kept.length,
      centroids: Uint16Array.from(kept, (i) => source.centroids[i] ?? 0),
      residuals,
      scales: Uint8Array.from(kept, (i) => source.scales[i] ?? 0),
    };
  }

  function meanCosine(sources: readonly CompressedMultivector[]): number {
    let sum = 0;
    let vectors = 0;
    for (const source of sources.slice(0, 200)) {
      const copy = codec.decompress(make(source, generator(7)));
      const kept = draw(source, generator(7));
      const original = codec.decompress(source);
      kept.forEach((from, to) => {
        for (let i = 0; i < dimension; i += 1)
          sum += (original[from * dimension + i] ?? 0) * (copy[to * dimension + i] ?? 0);
        vectors += 1;
      });
    }
    return sum / vectors;
  }

  return { make, meanCosine };
}
