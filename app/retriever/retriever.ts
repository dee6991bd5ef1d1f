import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { StoredPassage } from '../contract/passage.ts';
import { silentLogger, systemScheduler } from '../contract/ports.ts';
import { type SearchRequest, searchRequestSchema } from '../contract/search.ts';
import { settingsSchema } from '../contract/settings.ts';
import { IndexCore } from '../engine/core.ts';
import { EncodeBatcher } from '../engine/encode-batcher.ts';
import { encodeDrafts } from '../engine/file-job.ts';
import { rank, type SearchOptions, search } from '../search/search.ts';
import { chunkDocument, contentKey } from '../text/chunk.ts';
import { asExtracted, checkDocument, idOf, metadataOf, pathOf, recordOf } from './documents.ts';
import { inOrder, refuseAborted, slices } from './pace.ts';
import { rerankDocuments } from './rerank.ts';
import type {
  AddOptions,
  Documents,
  Encoding,
  KeptDocument,
  PassageEncoding,
  QueryResults,
  RetrieverDocument,
  RetrieverOptions,
  RetrieverResult,
  RetrieverSearchOptions,
} from './types.ts';

const BATCH_TEXTS = 64;
/** Searches of a batch that run side by side: one waits for the model while others score. */
const SEARCHES_AT_ONCE = 4;

/**
 * Late-interaction retrieval for programs, in the manner of neural-cherche and RAGatouille: documents are cut into
 * passages, encoded, and kept in a folder; search scores a document as its best passage.
 */
export class Retriever {
  readonly #core: IndexCore;
  readonly #batcher: EncodeBatcher;

  private constructor(core: IndexCore) {
    this.#core = core;
    this.#batcher = new EncodeBatcher({
      encode: (texts) => core.encodeContents(texts),
      batch: BATCH_TEXTS,
      remember: 1_000,
    });
  }

  /**
   * Opens the retriever's folder, and makes it when it is missing.
   * @throws PassimError 'index-locked' when another process writes to it, 'model-…' when the model cannot be used
   */
  static async open(options: RetrieverOptions): Promise<Retriever> {
    const directory = resolve(options.directory);
    const size = settingsSchema.pick({ bits: true, pooling: true, leastWins: true }).parse({});
    const core = await IndexCore.open({
      directory,
      cache: join(directory, 'cache'),
      settings: {
        model: options.model ?? null,
        bits: options.bits ?? size.bits,
        pooling: options.pooling ?? size.pooling,
        leastWins: options.leastWins ?? size.leastWins,
        executionProvider: 'auto',
        threads: options.threads ?? 0,
      },
      mode: options.readOnly === true ? 'read' : 'write',
      scheduler: systemScheduler,
      logger: silentLogger,
    });
    return new Retriever(core);
  }

  /** Documents in the index. */
  get size(): number {
    return this.#core.store.ledger.size;
  }

  /** Ids of all documents. */
  ids(): string[] {
    return [...this.#core.store.ledger.allFiles()].map((file) => idOf(file));
  }

  has(id: string): boolean {
    return this.#core.store.ledger.fileByPath(pathOf(id)) !== undefined;
  }

  /**
   * Adds documents, or replaces those with the same ids. What did not change is not encoded again. A list is checked
   * before anything is written; any other sequence is taken batch by batch. When this resolves, all of them are
   * durable and can be found; when it is cancelled, those of the batches before.
   * @throws PassimError 'bad-request' naming the document, 'cancelled'
   */
  async add(documents: Documents, options: AddOptions = {}): Promise<void> {
    if (Array.isArray(documents)) for (const [i, document] of documents.entries()) checkDocument(document, i);
    let added = 0;
    // Documents are written in slices, so that memory does not grow with their number.
    for await (const slice of slices(documents, BATCH_TEXTS)) {
      refuseAborted(options.signal, 'Adding documents');
      for (const [i, document] of slice.entries()) checkDocument(document, added + i);
      await Promise.all(slice.map((document) => this.#addOne(document)));
      added += slice.length;
      options.onProgress?.(added);
    }
    refuseAborted(options.signal, 'Adding documents');
  }

  /** Documents in the index, one by one. */
  async *documents(): AsyncGenerator<KeptDocument, void, undefined> {
    for (const record of [...this.#core.store.ledger.allFiles()]) {
      yield {
        id: idOf(record),
        title: record.title,
        metadata: metadataOf(record),
        passages: record.passages,
      };
    }
  }

  /** Removes documents; ids that are not there are passed over. Returns how many were removed. */
  async delete(ids: readonly string[]): Promise<number> {
    return this.#core.deleteFiles(ids.map(pathOf));
  }

  /**
   * The `k` best documents for a query, which may use the query syntax (phrases, +word, -word).
   * @throws PassimError 'bad-request', 'query-syntax', 'cancelled'
   */
  async search(query: string, k = 10, options: RetrieverSearchOptions = {}): Promise<RetrieverResult[]> {
    refuseAborted(options.signal, 'The search');
    const request = requestOf(query, k, options);
    const response = await search(request, this.#core.searchParts, searchOptions(options));
    return response.results.flatMap((file, i): RetrieverResult[] => {
      const passage = file.passages[0];
      if (passage === undefined) return [];
      return [
        {
          id: idOf(file),
          score: passage.score,
          content: passage.text,
          rank: i + 1,
          metadata: metadataOf(this.#core.store.ledger.fileByPath(file.path)),
          start: passage.start,
          end: passage.end,
          place: passage.placeLabel,
          title: passage.title,
          ...(options.alignment === true ? { alignment: passage.tokens ?? [] } : {}),
        },
      ];
    });
  }

  /** Ids and scores of the `k` best documents, without reading them: what measuring a ranking takes. */
  async rank(
    query: string,
    k: number,
    options: RetrieverSearchOptions = {},
  ): Promise<{ readonly id: string; readonly score: number }[]> {
    const request = requestOf(query, k, options);
    const { groups } = await rank(request, this.#core.searchParts, searchOptions(options));
    return groups.map(({ file, score }) => ({ id: idOf(file), score }));
  }

  /**
   * Searches for each query of a sequence, several at a time, and gives the results in the order of the queries.
   * @throws PassimError as {@link search}, for the first query that fails
   */
  async *searchEach(
    queries: Iterable<string> | AsyncIterable<string>,
    k = 10,
    options: RetrieverSearchOptions = {},
  ): AsyncGenerator<QueryResults, void, undefined> {
    // A sequence of ids can be read once; every query needs it.
    const among = options.among === undefined ? {} : { among: new Set(options.among) };
    yield* inOrder(queries, SEARCHES_AT_ONCE, async (query) => ({
      query,
      results: await this.search(query, k, { ...options, ...among }),
    }));
  }

  /** The results of each query, in order. @throws PassimError as {@link search} */
  async searchBatch(
    queries: readonly string[],
    k = 10,
    options: RetrieverSearchOptions = {},
  ): Promise<RetrieverResult[][]> {
    const all: RetrieverResult[][] = [];
    for await (const { results } of this.searchEach(queries, k, options)) all.push([...results]);
    return all;
  }

  /** Ranks the given documents by MaxSim without adding them to the index. @throws PassimError 'bad-request', 'cancelled' */
  async rerank(
    query: string,
    documents: readonly RetrieverDocument[],
    k = documents.length,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<RetrieverResult[]> {
    for (const [i, document] of documents.entries()) checkDocument(document, i);
    return rerankDocuments(query, documents, k, this.#core, options.signal);
  }

  /**
   * Multivectors of texts as passages, without indexing them.
   * @throws PassimError 'cancelled', 'encode-failed'
   */
  async encode(
    texts: readonly string[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<PassageEncoding[]> {
    const { encoder, model } = this.#core;
    const { dimension } = model.manifest;
    const encoded = await encoder.encodePassages(texts, options);
    return encoded.map(({ vectors, count, dense, spans, truncated }) => ({
      vectors,
      count,
      dimension,
      dense,
      spans,
      truncated,
    }));
  }

  /** The multivector of a text as a query: models read queries otherwise than passages. */
  async encodeQuery(text: string): Promise<Encoding> {
    const { encoder, model } = this.#core;
    const { vectors, tokens, dense } = await encoder.encodeQuery(text);
    return { vectors, count: tokens.length, dimension: model.manifest.dimension, dense };
  }

  /** For a retriever that only reads: takes up what another process has written since. */
  async refresh(): Promise<void> {
    await this.#core.refresh();
  }

  /** Writes what is waiting and lets go of the folder. */
  async close(): Promise<void> {
    this.#batcher.stop();
    await this.#core.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #addOne(document: RetrieverDocument): Promise<void> {
    const core = this.#core;
    const path = pathOf(document.id);
    const before = core.store.ledger.fileByPath(path);
    const detail = JSON.stringify(document.metadata ?? {});
    const contentHash = createHash('sha256')
      .update(JSON.stringify([document.title ?? '', document.content]))
      .digest('hex');
    if (before !== undefined && before.contentHash === contentHash && before.problem === null) {
      if (before.detail !== detail) await core.writer.setRecord({ ...before, detail });
      return;
    }
    const passages = await this.#passages(document);
    await core.commit(recordOf(document, path, before, contentHash, detail), passages);
  }

  async #passages(document: RetrieverDocument): Promise<StoredPassage[]> {
    const { model, encoder, store } = this.#core;
    const drafts = chunkDocument(asExtracted(document), { measure: (text) => encoder.countTokens(text) });
    return encodeDrafts(drafts, {
      contentKey: (draft) => contentKey(model.modelId, draft.context, draft.text),
      reusable: (keys) => store.findByContentKey(keys),
      batcher: this.#batcher,
    });
  }
}

function searchOptions({ signal, literal, among }: RetrieverSearchOptions): SearchOptions {
  const paths = among === undefined ? null : new Set(Array.from(among, pathOf));
  return {
    plain: true,
    ...(signal === undefined ? {} : { signal }),
    ...(literal === undefined ? {} : { literal }),
    ...(paths === null ? {} : { among: (file) => paths.has(file.path) }),
  };
}

/** @throws PassimError 'bad-request' naming what is wrong */
function requestOf(query: string, k: number, options: RetrieverSearchOptions): SearchRequest {
  const parsed = searchRequestSchema.safeParse({
    query,
    k,
    passagesPerFile: 1,
    ranker: options.ranker ?? 'fused',
    exhaustive: options.exhaustive ?? false,
    explain: options.alignment ?? false,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const field = issue?.path.join('.') ?? 'query';
  throw new PassimError('bad-request', `${field}: ${issue?.message ?? 'not valid'}`, { subject: field });
}
