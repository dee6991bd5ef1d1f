import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { StoredPassage } from '../contract/passage.ts';
import { silentLogger, systemScheduler } from '../contract/ports.ts';
import { searchRequestSchema } from '../contract/search.ts';
import { IndexCore } from '../engine/core.ts';
import { EncodeBatcher } from '../engine/encode-batcher.ts';
import { encodeDrafts } from '../engine/file-job.ts';
import { rank, type SearchOptions, search } from '../search/search.ts';
import { chunkDocument, contentKey } from '../text/chunk.ts';
import { asExtracted } from './documents.ts';
import { rerankDocuments } from './rerank.ts';
import type {
  Metadata,
  RetrieverDocument,
  RetrieverOptions,
  RetrieverResult,
  RetrieverSearchOptions,
} from './types.ts';

/** All documents lie under this root, so that their paths are their ids. */
const ROOT = 'documents:';
const BATCH_TEXTS = 64;

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
    const core = await IndexCore.open({
      directory,
      cache: join(directory, 'cache'),
      settings: {
        model: options.model ?? null,
        bits: options.bits ?? 4,
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
    return [...this.#core.store.ledger.allFiles()].map((file) => file.path.slice(ROOT.length));
  }

  has(id: string): boolean {
    return this.#core.store.ledger.fileByPath(pathOf(id)) !== undefined;
  }

  /**
   * Adds documents, or replaces those with the same ids. What did not change is not encoded again. When this
   * resolves, all of them are durable and can be found.
   * @throws PassimError 'bad-request' naming the document, before anything is written
   */
  async add(documents: readonly RetrieverDocument[], options: { signal?: AbortSignal } = {}): Promise<void> {
    for (const [i, document] of documents.entries()) checkDocument(document, i);
    // Documents are written in slices, so that memory does not grow with their number.
    for (let at = 0; at < documents.length; at += BATCH_TEXTS) {
      if (options.signal?.aborted) throw new PassimError('cancelled', 'Adding documents was cancelled.');
      await Promise.all(documents.slice(at, at + BATCH_TEXTS).map((document) => this.#addOne(document)));
    }
  }

  /** Removes documents; ids that are not there are passed over. Returns how many were removed. */
  async delete(ids: readonly string[]): Promise<number> {
    return this.#core.deleteFiles(ids.map(pathOf));
  }

  /**
   * The `k` best documents for a query, which may use the query syntax (phrases, +word, -word).
   * @throws PassimError 'query-syntax', 'cancelled'
   */
  async search(query: string, k = 10, options: RetrieverSearchOptions = {}): Promise<RetrieverResult[]> {
    const request = searchRequestSchema.parse({
      query,
      k,
      passagesPerFile: 1,
      ranker: options.ranker ?? 'fused',
      exhaustive: options.exhaustive ?? false,
      explain: options.alignment ?? false,
    });
    const response = await search(request, this.#core.searchParts, searchOptions(options));
    return response.results.flatMap((file, i): RetrieverResult[] => {
      const passage = file.passages[0];
      if (passage === undefined) return [];
      return [
        {
          id: file.path.slice(ROOT.length),
          score: passage.score,
          content: passage.text,
          rank: i + 1,
          metadata: metadataOf(this.#core.store.ledger.fileByPath(file.path)),
          start: passage.start,
          end: passage.end,
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
    const request = searchRequestSchema.parse({
      query,
      k,
      ranker: options.ranker ?? 'fused',
      exhaustive: options.exhaustive ?? false,
    });
    const { groups } = await rank(request, this.#core.searchParts, searchOptions(options));
    return groups.map(({ file, score }) => ({ id: file.path.slice(ROOT.length), score }));
  }

  /** Ranks the given documents by MaxSim without adding them to the index. */
  async rerank(
    query: string,
    documents: readonly RetrieverDocument[],
    k = documents.length,
  ): Promise<RetrieverResult[]> {
    for (const [i, document] of documents.entries()) checkDocument(document, i);
    return rerankDocuments(query, documents, k, this.#core);
  }

  /** Writes what is waiting and lets go of the folder. */
  async close(): Promise<void> {
    this.#batcher.stop();
    await this.#core.close();
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

function searchOptions({ signal, literal }: RetrieverSearchOptions): SearchOptions {
  return {
    plain: true,
    ...(signal === undefined ? {} : { signal }),
    ...(literal === undefined ? {} : { literal }),
  };
}

function pathOf(id: string): string {
  return `${ROOT}${id}`;
}

function checkDocument(document: RetrieverDocument, i: number): void {
  if (typeof document.id !== 'string' || document.id === '')
    throw new PassimError('bad-request', `documents[${i}].id must be a string that is not empty.`, {
      subject: `documents[${i}].id`,
    });
  if (typeof document.content !== 'string')
    throw new PassimError('bad-request', `documents[${i}].content ("${document.id}") must be a string.`, {
      subject: `documents[${i}].content`,
    });
}

function recordOf(
  document: RetrieverDocument,
  path: string,
  before: FileRecord | undefined,
  contentHash: string,
  detail: string,
): FileRecord {
  const now = systemScheduler.now();
  return {
    fileId: before?.fileId ?? createHash('sha256').update(path).digest('hex').slice(0, 32),
    path,
    root: ROOT,
    size: document.content.length,
    modified: now,
    identity: '',
    contentHash,
    format: 'document',
    family: 'document',
    title: document.title ?? '',
    generation: 0,
    passages: 0,
    problem: document.content.trim() === '' ? 'empty' : null,
    // A retriever has no use for the detail of a file; it keeps the metadata.
    detail,
    strikes: 0,
    indexedAt: now,
  };
}

function metadataOf(record: FileRecord | undefined): Metadata {
  if (record === undefined || record.detail === '') return {};
  const value: unknown = JSON.parse(record.detail);
  return typeof value === 'object' && value !== null ? (value as Metadata) : {};
}
