import type { TokenMatch } from '../contract/search.ts';

/** JSON that a document carries along; search gives it back as it was. */
export type Metadata = Readonly<Record<string, unknown>>;

/** A document as a program adds it. */
export interface RetrieverDocument {
  /** Names the document; adding one with the same id replaces it. */
  readonly id: string;
  readonly content: string;
  /** Read by the model above each passage, and shown apart from it. */
  readonly title?: string;
  readonly metadata?: Metadata;
}

/** A document found, scored as its best passage. */
export interface RetrieverResult {
  readonly id: string;
  readonly score: number;
  /** The best passage's text. */
  readonly content: string;
  /** From 1. */
  readonly rank: number;
  readonly metadata: Metadata;
  /** UTF-16 offsets of the passage in the document's content. */
  readonly start: number;
  readonly end: number;
  /** For each query token its best passage token; only when asked for. */
  readonly alignment?: readonly TokenMatch[];
}

export interface RetrieverOptions {
  /** Folder that keeps the index; made when it is missing. */
  readonly directory: string;
  /** Folder of a model package; the one that ships with Passim when absent. */
  readonly model?: string;
  /** Bits per residual dimension. */
  readonly bits?: 2 | 4;
  /** Threads for encoding; 0 lets Passim choose. */
  readonly threads?: number;
  /** Only search, so that another process may write. */
  readonly readOnly?: boolean;
}

export interface RetrieverSearchOptions {
  readonly ranker?: 'fused' | 'maxsim' | 'bm25' | 'dense';
  /** Score every passage exactly. */
  readonly exhaustive?: boolean;
  /** Give the alignment of each result. */
  readonly alignment?: boolean;
  /** Nothing in the query is syntax. */
  readonly literal?: boolean;
  readonly signal?: AbortSignal;
}
