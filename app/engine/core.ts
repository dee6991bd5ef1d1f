import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { StoredPassage, TokenSpans } from '../contract/passage.ts';
import type { Logger, Scheduler } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import type { EncodedPassage, MultivectorIndex } from '../contract/vectors.ts';
import { createEncoder, type Encoder } from '../encode/encoder.ts';
import { loadModelPackage, type ModelPackage, vectorShape } from '../encode/package.ts';
import { parseCodebook } from '../index/codebook.ts';
import type { Codec } from '../index/codec.ts';
import { createCodec, createIndex } from '../index/open-index.ts';
import type { SearchParts } from '../search/parts.ts';
import { resolveIndexDirectory } from '../store/index-directory.ts';
import { openStoreReader, openStoreWriter } from '../store/open-store.ts';
import type { CommitResult, StoreReader, StoreWriter } from '../store/types.ts';
import type { EncodedContent } from './encode-batcher.ts';
import { defaultModelFolder } from './model-folder.ts';

export interface CoreOptions {
  /** Folder below which each model has its index. */
  readonly directory: string;
  readonly cache: string;
  readonly settings: Pick<Settings, 'model' | 'bits' | 'executionProvider' | 'threads'>;
  readonly mode: 'write' | 'read';
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Passages added to the index in memory before other work gets its turn. */
const LOAD_YIELD = 2_000;

/**
 * The parts that every use of an index shares: model, encoder, codec, store, and the index in memory, which this
 * class keeps in step with the store.
 */
export class IndexCore {
  readonly model: ModelPackage;
  readonly encoder: Encoder;
  readonly index: MultivectorIndex;
  readonly indexReason: string;
  readonly store: StoreReader;
  readonly #codec: Codec;
  readonly #writer: StoreWriter | null;
  readonly #scheduler: Scheduler;

  private constructor(parts: {
    model: ModelPackage;
    encoder: Encoder;
    index: MultivectorIndex;
    indexReason: string;
    codec: Codec;
    store: StoreReader;
    writer: StoreWriter | null;
    scheduler: Scheduler;
  }) {
    this.model = parts.model;
    this.encoder = parts.encoder;
    this.index = parts.index;
    this.indexReason = parts.indexReason;
    this.store = parts.store;
    this.#codec = parts.codec;
    this.#writer = parts.writer;
    this.#scheduler = parts.scheduler;
    // A rename onto another file ends that file's passages without a call that returns them.
    parts.writer?.onRemoved((pids) => this.#forget(pids));
  }

  /**
   * Opens the index of the model that the settings name and reads its multivectors into memory.
   * @throws PassimError 'index-locked', 'index-version', 'index-model', 'model-…'
   */
  static async open(options: CoreOptions): Promise<IndexCore> {
    const { settings, scheduler, logger, mode } = options;
    const model = await loadModelPackage(settings.model ?? defaultModelFolder());
    if (model.codebookFile === null) {
      throw new PassimError('model-invalid', `The model package ${model.folder} has no codebook.`, {
        subject: 'codebook',
      });
    }
    const codebook = parseCodebook(await readFile(model.codebookFile), model.codebookFile);
    const shape = vectorShape(model, settings.bits);
    const directory = resolveIndexDirectory(options.directory, shape);
    const writer = mode === 'write' ? await openStoreWriter({ directory, shape, scheduler, logger }) : null;
    const store = writer ?? (await openStoreReader({ directory, shape, scheduler, logger }));
    try {
      const { index, reason } = createIndex({ codebook, bits: settings.bits, logger });
      const encoder = await createEncoder({
        package: model,
        provider: settings.executionProvider,
        threads: settings.threads,
        cacheDirectory: join(options.cache, 'graphs'),
        logger,
      });
      const core = new IndexCore({
        model,
        encoder,
        index,
        indexReason: reason,
        codec: createCodec({ codebook, bits: settings.bits }),
        store,
        writer,
        scheduler,
      });
      await core.#load();
      return core;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  get searchParts(): SearchParts {
    return {
      scheduler: this.#scheduler,
      encodeQuery: (text) => this.encoder.encodeQuery(text),
      index: this.index,
      store: this.store,
    };
  }

  /** The store for writing. @throws PassimError 'index-locked' when this index was opened for reading */
  get writer(): StoreWriter {
    if (this.#writer === null)
      throw new PassimError('index-locked', 'This index was opened for reading only.');
    return this.#writer;
  }

  /** Encodes and compresses texts, in order; a text that the model refuses gets its error and the others go on. */
  async encodeContents(texts: readonly string[]): Promise<(EncodedContent | PassimError)[]> {
    const encoded = await this.encoder.encodeEach(texts);
    const sound = encoded.filter((passage): passage is EncodedPassage => !(passage instanceof PassimError));
    const compressed = await this.#codec.compressBatch(sound);
    const multivectors = new Map(sound.map((passage, i) => [passage, compressed[i]]));
    return encoded.map((passage): EncodedContent | PassimError => {
      if (passage instanceof PassimError) return passage;
      const multivector = multivectors.get(passage);
      if (multivector === undefined)
        return new PassimError('internal', 'The codec gave fewer multivectors than it was given.');
      return {
        multivector,
        spans: tokenSpans(passage),
        dense: passage.dense,
        tokenCount: passage.tokenCount,
      };
    });
  }

  /** Commits a file; when this resolves, its passages are durable and can be found. */
  async commit(record: FileRecord, passages: readonly StoredPassage[]): Promise<CommitResult> {
    const result = await this.writer.commitFile(record, passages);
    result.pids.forEach((pid, i) => {
      const passage = passages[i];
      if (passage !== undefined) this.index.add(pid, passage.multivector);
    });
    this.#forget(result.removed);
    return result;
  }

  async deleteFiles(paths: readonly string[]): Promise<number> {
    if (paths.length === 0) return 0;
    const { files, removed } = await this.writer.deleteFiles(paths);
    this.#forget(removed);
    return files;
  }

  async deleteRoot(root: string): Promise<number> {
    const { files, removed } = await this.writer.deleteRoot(root);
    this.#forget(removed);
    return files;
  }

  /** For a reader: takes up what a writer in another process has committed. */
  async refresh(): Promise<void> {
    const { added, removed } = await this.store.refresh();
    this.#forget(removed);
    if (added.length === 0) return;
    for await (const batch of this.store.loadMultivectors({ pids: added })) {
      for (const { pid, multivector } of batch) this.index.add(pid, multivector);
    }
  }

  async close(): Promise<void> {
    await this.store.close();
    await this.encoder.close();
    this.index.close();
  }

  #forget(pids: readonly number[]): void {
    for (const pid of pids) this.index.remove(pid);
  }

  async #load(): Promise<void> {
    let added = 0;
    for await (const batch of this.store.loadMultivectors()) {
      for (const { pid, multivector } of batch) {
        this.index.add(pid, multivector);
        added += 1;
        if (added % LOAD_YIELD === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}

/** One span for each vector; special tokens stand for none. */
export function tokenSpans(passage: Pick<EncodedPassage, 'spans' | 'count'>): TokenSpans {
  const offsets = new Uint32Array(passage.count + 1);
  const spans: number[] = [];
  for (let i = 0; i < passage.count; i += 1) {
    const start = passage.spans[2 * i] ?? 0;
    const end = passage.spans[2 * i + 1] ?? 0;
    if (end > start) spans.push(start, end);
    offsets[i + 1] = spans.length / 2;
  }
  return { offsets, spans: Uint32Array.from(spans) };
}
