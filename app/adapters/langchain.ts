/** Passim for LangChain: `import … from 'passim/langchain'`. Needs `@langchain/core` beside Passim. */
import { Document, type DocumentInterface } from '@langchain/core/documents';
import { BaseRetriever, type BaseRetrieverInput } from '@langchain/core/retrievers';
import { BaseDocumentCompressor } from '@langchain/core/retrievers/document_compressors';
import { metadataFor, type PassageSource, type Reranker, titleOf } from './source.ts';

export interface LangChainRetrieverOptions extends BaseRetrieverInput {
  /** Documents at most. */
  readonly k?: number;
  readonly signal?: AbortSignal;
}

/** A LangChain retriever whose documents carry source, place, offsets and score. */
export class PassimRetriever extends BaseRetriever {
  static override lc_name(): string {
    return 'PassimRetriever';
  }

  override lc_namespace = ['passim', 'retrievers'];
  readonly #source: PassageSource;
  readonly #k: number;
  readonly #signal: AbortSignal | undefined;

  constructor(source: PassageSource, options: LangChainRetrieverOptions = {}) {
    super(options);
    this.#source = source;
    this.#k = options.k ?? 10;
    this.#signal = options.signal;
  }

  /** @throws PassimError as the source's search */
  override async _getRelevantDocuments(query: string): Promise<DocumentInterface[]> {
    const signal = this.#signal === undefined ? {} : { signal: this.#signal };
    const results = await this.#source.search(query, this.#k, signal);
    return results.map(
      (result) => new Document({ id: result.id, pageContent: result.content, metadata: metadataFor(result) }),
    );
  }
}

/** A LangChain retriever over a Retriever or over Files. */
export function toLangChainRetriever(
  source: PassageSource,
  options: LangChainRetrieverOptions = {},
): PassimRetriever {
  return new PassimRetriever(source, options);
}

export interface LangChainCompressorOptions {
  /** Documents kept at most; all when absent. */
  readonly topN?: number;
  /** Keep only each document's best passage instead of all of its text. */
  readonly passages?: boolean;
  readonly signal?: AbortSignal;
}

/** A LangChain document compressor: ranks documents of any retriever by MaxSim. */
export class PassimCompressor extends BaseDocumentCompressor {
  readonly #reranker: Reranker;
  readonly #options: LangChainCompressorOptions;

  constructor(reranker: Reranker, options: LangChainCompressorOptions = {}) {
    super();
    this.#reranker = reranker;
    this.#options = options;
  }

  /** @throws PassimError as `rerank` */
  override async compressDocuments(
    documents: DocumentInterface[],
    query: string,
  ): Promise<DocumentInterface[]> {
    const { topN, passages, signal } = this.#options;
    const ranked = await this.#reranker.rerank(
      query,
      documents.map((document, i) => ({
        id: String(i),
        content: document.pageContent,
        ...titleOf(document.metadata),
      })),
      topN ?? documents.length,
      signal === undefined ? {} : { signal },
    );
    return ranked.flatMap(({ id, score, rank, content, start, end }) => {
      const document = documents[Number(id)];
      if (document === undefined) return [];
      const cut = passages === true;
      return [
        new Document({
          ...(document.id === undefined ? {} : { id: document.id }),
          pageContent: cut ? content : document.pageContent,
          metadata: { ...document.metadata, score, rank, ...(cut ? { start, end } : {}) },
        }),
      ];
    });
  }
}

/** A LangChain document compressor that ranks with a Retriever's model. */
export function toLangChainCompressor(
  reranker: Reranker,
  options: LangChainCompressorOptions = {},
): PassimCompressor {
  return new PassimCompressor(reranker, options);
}
