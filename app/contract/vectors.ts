import type { CompressedMultivector } from './passage.ts';

/** What the encoder makes of one passage. */
export interface EncodedPassage {
  /** Kept token vectors, row-major count × dimension, each of length 1. */
  readonly vectors: Float32Array;
  readonly count: number;
  /** (start, end) UTF-16 offsets in the encoded text for each kept vector, length 2 × count; a special token has (0, 0). */
  readonly spans: Uint32Array;
  /** Normalised mean of the kept token vectors, `dimension` floats. */
  readonly dense: Float32Array;
  /** Tokens the model read, before skipping. */
  readonly tokenCount: number;
  /** True when the text was longer than the model takes and its end was cut off. */
  readonly truncated: boolean;
}

export interface QueryToken {
  /** The piece of the query as the tokenizer cut it, e.g. "contract", "##ual", "[CLS]". */
  readonly piece: string;
  /** UTF-16 offsets in the query text; (0, 0) for special and expansion tokens. */
  readonly start: number;
  readonly end: number;
  readonly kind: 'word' | 'special' | 'expansion';
}

export interface EncodedQuery {
  /** Row-major tokens.length × dimension, each of length 1. */
  readonly vectors: Float32Array;
  readonly tokens: readonly QueryToken[];
  readonly dense: Float32Array;
}

/** Identity and shape of an index's vectors; two indexes with equal shapes can share multivectors. */
export interface VectorShape {
  /** Identity of model and codebook, e.g. "passim-minilm-96@1.0.0#ab12cd34". */
  readonly modelId: string;
  readonly dimension: number;
  readonly bits: 2 | 3 | 4;
  /** Token vectors that became one, on average; absent where all were kept. */
  readonly pooling?: number;
  /** Centroids that a token vector is the nearest of its passage to, at least; absent where none was left out. */
  readonly leastWins?: number;
}

/** One hit of the multivector index. */
export interface IndexHit {
  readonly key: number;
  readonly score: number;
}

/** Hits with the evidence behind their scores. */
export interface MatchedHits {
  readonly hits: readonly IndexHit[];
  /**
   * Row-major hits × query tokens: each query token's best similarity in the hit's passage. A row's weighted sum (in
   * double precision, in the order of the tokens, rounded once) is the hit's score.
   */
  readonly matches: Float32Array;
}

export interface IndexSearchOptions {
  /** How many hits to return at most. */
  readonly k: number;
  /** One weight per query token; 1 when absent. 0 mutes, negative pushes away (at the exact stage only). */
  readonly weights?: Float32Array;
  /** Only these keys (sorted ascending) are searched. */
  readonly allow?: Uint32Array;
  /** Score every passage exactly. */
  readonly exhaustive?: boolean;
  readonly signal?: AbortSignal;
}

/** For each query token its best passage token: the evidence behind a score. */
export interface Alignment {
  /** Index of the best vector in the passage, one per query token. */
  readonly best: Uint32Array;
  /** Its similarity, −1 … 1. The weighted sum over query tokens is the score. */
  readonly similarity: Float32Array;
}

/** What each query token finds by chance in this index. */
export interface ChanceLevel {
  /** Mean and standard deviation over a sample of passages of the token's best similarity. */
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
  readonly sampled: number;
}

export interface IndexStats {
  readonly kind: 'native' | 'typescript';
  /** Name of the kernel chosen at run time, e.g. "avx512-vnni". */
  readonly kernel: string;
  readonly passages: number;
  readonly vectors: number;
  /** Memory of its own. */
  readonly bytes: number;
  /** Bytes of files that are mapped, which the system may drop from memory and read again. */
  readonly mapped?: number;
}

/**
 * An index over multivectors that scores by MaxSim. A key is a passage's number in the store (uint32).
 * Query vectors are row-major tokens × dimension.
 */
export interface MultivectorIndex {
  /** @param checksum of the multivector, where the index keeps a snapshot */
  add(key: number, multivector: CompressedMultivector, checksum?: number): void;
  /** Returns false when the key was not there. */
  remove(key: number): boolean;
  has(key: number): boolean;
  /** Hits in descending order of score, equal scores by ascending key. */
  search(query: Float32Array, options: IndexSearchOptions): Promise<IndexHit[]>;
  /** {@link search}, with what it found out about each hit. */
  searchMatches(query: Float32Array, options: IndexSearchOptions): Promise<MatchedHits>;
  /** Exact scores of the given passages, NaN for keys that are not there. */
  score(query: Float32Array, keys: Uint32Array, weights?: Float32Array): Float32Array;
  /** For each given passage a row of each query token's best similarity; NaN for keys that are not there. */
  matches(query: Float32Array, keys: Uint32Array): Promise<Float32Array>;
  /** For each given passage the evidence behind its score, null for keys that are not there. */
  align(query: Float32Array, keys: Uint32Array): (Alignment | null)[];
  chance(query: Float32Array, sample: number): Promise<ChanceLevel>;
  stats(): IndexStats;
  close(): void;
}
