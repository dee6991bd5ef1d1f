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
  /** Where the passage begins in the document's content, e.g. "line 12". */
  readonly place: string;
  readonly title: string;
  /** For each query token its best passage token; only when asked for. */
  readonly alignment?: readonly TokenMatch[];
}

export interface RetrieverOptions {
  /** Folder that keeps the index; made when it is missing. */
  readonly directory: string;
  /** Folder of a model package; the one that ships with Passim when absent. */
  readonly model?: string;
  /** Bits per residual dimension. */
  readonly bits?: 2 | 3 | 4;
  /** Token vectors that become one, on average; 1 keeps them all. */
  readonly pooling?: number;
  /** Vectors that are nearest of their passage to fewer centroids are left out; 0 keeps them all. */
  readonly leastWins?: number;
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
  /** Only the documents with these ids. */
  readonly among?: Iterable<string>;
  /** Nothing in the query is syntax. */
  readonly literal?: boolean;
  readonly signal?: AbortSignal;
}

/** Any sequence of documents, so that they need not all be in memory. */
export type Documents = Iterable<RetrieverDocument> | AsyncIterable<RetrieverDocument>;

export interface AddOptions {
  readonly signal?: AbortSignal;
  /** Told how many documents have been added so far, after each batch. */
  readonly onProgress?: (added: number) => void;
}

/** The results of one query of several. */
export interface QueryResults {
  readonly query: string;
  readonly results: readonly RetrieverResult[];
}

/** A text as the model sees it. Vectors are row-major `count` × `dimension`, each of length 1. */
export interface Encoding {
  readonly vectors: Float32Array;
  readonly count: number;
  readonly dimension: number;
  /** One vector for the whole text: the mean of its token vectors, of length 1. */
  readonly dense: Float32Array;
}

/** A text of a document, not of a query. */
export interface PassageEncoding extends Encoding {
  /** (start, end) UTF-16 offsets in the text for each vector, (0, 0) for special tokens. */
  readonly spans: Uint32Array;
  /** True when the model could not take all of the text. */
  readonly truncated: boolean;
}

/** A document as it is kept, without its text. */
export interface KeptDocument {
  readonly id: string;
  readonly title: string;
  readonly metadata: Metadata;
  /** Passages it was cut into. */
  readonly passages: number;
}
