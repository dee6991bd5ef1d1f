import type { RetrieverResult } from '../retriever/types.ts';

/** What adapters search: a Retriever's documents, or the person's files. */
export interface PassageSource {
  search(query: string, k: number, options: { readonly signal?: AbortSignal }): Promise<RetrieverResult[]>;
}

/** What ranks documents that were found elsewhere: a Retriever. */
export interface Reranker {
  rerank(
    query: string,
    documents: readonly { readonly id: string; readonly content: string; readonly title?: string }[],
    k: number,
    options: { readonly signal?: AbortSignal },
  ): Promise<RetrieverResult[]>;
}

/** Metadata of a passage: the document's own, and source, place, offsets (UTF-16) and score. */
export function metadataFor(result: RetrieverResult): Record<string, unknown> {
  return {
    source: result.id,
    ...result.metadata,
    ...(result.title === '' ? {} : { title: result.title }),
    place: result.place,
    start: result.start,
    end: result.end,
    score: result.score,
    rank: result.rank,
  };
}

/** The title that a document's metadata tells, for the model to read above the text. */
export function titleOf(metadata: Readonly<Record<string, unknown>>): { title?: string } {
  const { title } = metadata;
  return typeof title === 'string' && title !== '' ? { title } : {};
}
