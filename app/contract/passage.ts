import type { Segment } from './document.ts';

/**
 * A passage as the chunker makes it. The model reads `context + text`; only `text` is shown as the passage.
 * Token spans are UTF-16 offsets in `context + text`, so an offset below `context.length` lies in the title or a
 * heading.
 */
export interface PassageDraft {
  /** Position in its document, from 0. */
  readonly ordinal: number;
  /** The document's text in [start, end). */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The document's title, "" if none. */
  readonly title: string;
  readonly headings: readonly string[];
  /** Title and heading path as the model reads them, ending in a newline, or "". */
  readonly context: string;
  /** The document's segments cut to [start, end); offsets are relative to `text`. */
  readonly segments: readonly Segment[];
}

/**
 * Spans that each stored vector stands for: vector i stands for spans[offsets[i] … offsets[i+1]), each a pair
 * (start, end) in `context + text`. A special token ([CLS], [SEP], a marker) has no span.
 */
export interface TokenSpans {
  /** length = vectors + 1, counting pairs. */
  readonly offsets: Uint32Array;
  /** length = 2 × offsets[vectors]. */
  readonly spans: Uint32Array;
}

/**
 * A compressed multivector: for each of `count` token vectors a centroid id, a packed residual
 * (dimension × bits / 8 bytes) and one byte for the residual's scale and the inverse norm of the reconstruction.
 */
export interface CompressedMultivector {
  readonly count: number;
  /** length = count. */
  readonly centroids: Uint16Array;
  /** length = count × dimension × bits / 8. */
  readonly residuals: Uint8Array;
  /** length = count; see app/index/scale-byte.ts. */
  readonly scales: Uint8Array;
}

/** A passage with everything that is stored of it. */
export interface StoredPassage extends PassageDraft {
  /** Hash of what the model read and of the model: equal keys have equal multivectors. */
  readonly contentKey: string;
  readonly multivector: CompressedMultivector;
  readonly spans: TokenSpans;
  /** Mean of the token vectors, length 1, `dimension` floats. */
  readonly dense: Float32Array;
  /** Tokens the model read, before skipping and pooling. */
  readonly tokenCount: number;
}
