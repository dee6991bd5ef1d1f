import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { CompressedMultivector, StoredPassage, TokenSpans } from '../contract/passage.ts';
import type { Logger, Scheduler, Timer, WorkPace } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import type { EncodedPassage, MultivectorIndex } from '../contract/vectors.ts';
import { createEncoder, type Encoder } from '../encode/encoder.ts';
import { loadModelPackage, type ModelPackage, vectorShape, verifyModelPackage } from '../encode/package.ts';
import { parseCodebook } from '../index/codebook.ts';
import type { Codec } from '../index/codec.ts';
import { groupsOfGroups } from '../index/dropping.ts';
import { releaseNativeHeap } from '../index/native-heap.ts';
import { NativeIndex } from '../index/native-index.ts';
import { createCodec, createIndex } from '../index/open-index.ts';
import type { Pooled } from '../index/pooling.ts';
import { IndexSnapshot } from '../index/snapshot.ts';
import type { SearchParts } from '../search/parts.ts';
import { hasIndex, indexesBeside, resolveIndexDirectory } from '../store/index-directory.ts';
import { openStoreReader, openStoreWriter } from '../store/open-store.ts';
import type { CommitResult, StoreReader, StoreWriter } from '../store/types.ts';
import { multivectorChecksum } from '../store/vector-rows.ts';
import type { EncodedContent } from './encode-batcher.ts';
import { defaultModelFolder } from './model-folder.ts';

export interface CoreOptions {
  /** Folder below which each model has its index. */
  readonly directory: string;
  readonly cache: string;
  readonly settings: Pick<Settings, 'model' | 'bits' | 'executionProvider' | 'threads'> &
    Partial<Pick<Settings, 'pooling' | 'leastWins'>>;
  readonly mode: 'write' | 'read';
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** How much of the machine encoding may take; all of it when absent. */
  readonly pace?: WorkPace;
}

/** Vectors held in memory before the snapshot is written while indexing goes on: about 60 MB. */
const UNSAVED_VECTORS = 2_000_000;
/** Time without a commit after which the snapshot is written. */
const SAVE_IDLE_MS = 15_000;
/** Passages added to the index in memory before other work gets its turn. */
const LOAD_YIELD = 2_000;

/**
 * The parts that every use of an index shares: model, encoder, codec, store, and the index in memory, which this
 * class keeps in step with the store.
 */
export class IndexCore {
  readonly model: ModelPackage;
  readonly index: MultivectorIndex;
  readonly indexReason: string;
  readonly store: StoreReader;
  /** Sentences for a person about what was found at opening. */
  readonly notes: readonly string[];
  /** Null until it is open, which is before anybody gets this core. */
  #encoder: Encoder | null = null;
  readonly #codec: Codec;
  readonly #writer: StoreWriter | null;
  readonly #scheduler: Scheduler;
  readonly #logger: Logger;
  readonly #snapshot: IndexSnapshot | null;
  /** Vectors added to the index in memory since its snapshot was written. */
  #unsaved = 0;
  #saveTimer: Timer | null = null;
  /** The save and the check of the snapshot that go on by themselves. */
  #saving: Promise<void> = Promise.resolve();
  #checking: Promise<void> = Promise.resolve();

  private constructor(parts: {
    model: ModelPackage;
    index: MultivectorIndex;
    indexReason: string;
    codec: Codec;
    store: StoreReader;
    writer: StoreWriter | null;
    scheduler: Scheduler;
    logger: Logger;
    notes: readonly string[];
  }) {
    this.model = parts.model;
    this.index = parts.index;
    this.indexReason = parts.indexReason;
    this.store = parts.store;
    this.#codec = parts.codec;
    this.#writer = parts.writer;
    this.#scheduler = parts.scheduler;
    this.#logger = parts.logger;
    this.#snapshot =
      parts.index instanceof NativeIndex
        ? new IndexSnapshot(parts.index, join(parts.store.directory, 'snapshot'), parts.logger)
        : null;
    this.notes = [...parts.notes, ...parts.store.recovery.notes];
    // A rename onto another file ends that file's passages without a call that returns them.
    parts.writer?.onRemoved((pids) => this.#forget(pids));
  }

  /**
   * Opens the index of the model that the settings name and reads its multivectors into memory.
   * @throws PassimError 'index-locked', 'index-version', 'index-model', 'model-…'
   */
  static async open(options: CoreOptions): Promise<IndexCore> {
    const { settings, scheduler, logger, mode } = options;
    const model = await loadModelPackage(settings.model ?? defaultModelFolder(), { verify: false });
    if (model.codebookFile === null) {
      throw new PassimError('model-invalid', `The model package ${model.folder} has no codebook.`, {
        subject: 'codebook',
      });
    }
    const shape = vectorShape(model, settings);
    const directory = resolveIndexDirectory(options.directory, shape);
    // The model's files are hashed and its session is opened in other threads while this one opens the store.
    const verified = verifyModelPackage(model);
    const opening = verified.then(() =>
      createEncoder({
        package: model,
        provider: settings.executionProvider,
        threads: settings.threads,
        cacheDirectory: join(options.cache, 'graphs'),
        logger,
        ...(options.pace === undefined ? {} : { pace: options.pace }),
      }),
    );
    let store: StoreReader | null = null;
    let core: IndexCore | null = null;
    try {
      // Nothing is made for a model that is not whole.
      if (!hasIndex(directory)) await verified;
      const notes = mode === 'write' ? anewBeside(directory) : [];
      const writer = mode === 'write' ? await openStoreWriter({ directory, shape, scheduler, logger }) : null;
      store = writer ?? (await openStoreReader({ directory, shape, scheduler, logger }));
      const codebook = parseCodebook(await readFile(model.codebookFile), model.codebookFile);
      const { index, reason } = createIndex({ codebook, bits: settings.bits, logger });
      core = new IndexCore({
        model,
        index,
        indexReason: reason,
        codec: createCodec({ codebook, bits: settings.bits }),
        store,
        writer,
        scheduler,
        logger,
        notes,
      });
      await core.#load();
      core.#encoder = await opening;
      return core;
    } catch (error) {
      await (core ?? store)?.close();
      const encoder = await opening.catch(() => null);
      await encoder?.close();
      // What is wrong with the model comes before what that has led to.
      await verified;
      throw error;
    }
  }

  get encoder(): Encoder {
    if (this.#encoder === null) throw new PassimError('internal', 'The encoder is not open yet.');
    return this.#encoder;
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
    const pooled = await this.#grouped(sound);
    const compressed = await this.#codec.compressBatch(pooled ?? sound);
    const places = new Map(sound.map((passage, i) => [passage, i]));
    return encoded.map((passage): EncodedContent | PassimError => {
      if (passage instanceof PassimError) return passage;
      const place = places.get(passage) ?? 0;
      const multivector = compressed[place];
      if (multivector === undefined)
        return new PassimError('internal', 'The codec gave fewer multivectors than it was given.');
      return {
        multivector,
        spans: tokenSpans(passage, pooled?.[place]),
        dense: passage.dense,
        tokenCount: passage.tokenCount,
      };
    });
  }

  /** Leaves out and pools what the size of the index asks for; null where it keeps all vectors as they are. */
  async #grouped(passages: readonly EncodedPassage[]): Promise<readonly Pooled[] | null> {
    const { pooling = 1, leastWins = 0 } = this.store.shape;
    const left = leastWins === 0 ? null : await this.#codec.dropBatch(passages, leastWins);
    if (pooling === 1) return left;
    const pooled = await this.#codec.poolBatch(left ?? passages, pooling);
    return pooled.map((part, i) => {
      const first = left?.[i];
      return first === undefined ? part : groupsOfGroups(first, part);
    });
  }

  /** The stored token vectors of a passage, row-major count × dimension, each of length 1: what MaxSim is computed from. */
  decompress(multivector: CompressedMultivector): Float32Array {
    return this.#codec.decompress(multivector);
  }

  /** Commits a file; when this resolves, its passages are durable and can be found. */
  async commit(record: FileRecord, passages: readonly StoredPassage[]): Promise<CommitResult> {
    const result = await this.writer.commitFile(record, passages);
    result.pids.forEach((pid, i) => {
      const passage = passages[i];
      if (passage === undefined) return;
      this.index.add(pid, passage.multivector, multivectorChecksum(passage.multivector));
      this.#unsaved += passage.multivector.count;
    });
    this.#forget(result.removed);
    this.#saveSoon();
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
    await this.#read({ pids: added });
  }

  /** Closes the parts, each when nothing of this class uses it any more; calls must have ended before. */
  async close(): Promise<void> {
    this.#saveTimer?.cancel();
    if (this.#writer !== null && this.#unsaved > 0) this.#save();
    await this.#saving;
    await this.store.close();
    // Ends a check of the snapshot, which may have gigabytes to read.
    this.index.close();
    await this.#checking;
    await this.#encoder?.close();
  }

  #forget(pids: readonly number[]): void {
    for (const pid of pids) this.index.remove(pid);
  }

  /** Maps the snapshot and reads from the store what it lacks. */
  async #load(): Promise<void> {
    if (this.#snapshot === null) return this.#read();
    const live = await this.store.liveChecksums();
    const { missing, checked } = await this.#snapshot.load(live);
    if (missing.length === live.pids.length) await this.#read();
    else if (missing.length > 0) await this.#read({ pids: [...missing] });
    if (!checked) this.#checking = this.#check(this.#snapshot);
    if (this.#unsaved > 0) this.#saveSoon();
  }

  async #check(snapshot: IndexSnapshot): Promise<void> {
    try {
      const lost = await snapshot.check();
      if (lost.length > 0) await this.#read({ pids: [...lost] });
    } catch (error) {
      // The engine may have been closed meanwhile; else the next start finds what is missing.
      const message = error instanceof Error ? error.message : String(error);
      this.#logger.log('warn', 'index.snapshot-unchecked', { message });
    }
  }

  /** Takes multivectors from the store into the index in memory. */
  async #read(options: { pids?: readonly number[] } = {}): Promise<void> {
    let added = 0;
    for await (const batch of this.store.loadMultivectors(options)) {
      for (const { pid, checksum, multivector } of batch) {
        this.index.add(pid, multivector, checksum);
        this.#unsaved += multivector.count;
        added += 1;
        if (added % LOAD_YIELD === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Writes the snapshot once nothing has been committed for a while, or when much is held in memory. */
  #saveSoon(): void {
    if (this.#writer === null || this.#snapshot === null) return;
    this.#saveTimer?.cancel();
    this.#saveTimer = null;
    if (this.#unsaved >= UNSAVED_VECTORS) this.#save();
    else this.#saveTimer = this.#scheduler.after(SAVE_IDLE_MS, () => this.#save());
  }

  #save(): void {
    this.#unsaved = 0;
    this.#saving = this.#saving.then(async () => {
      await this.#snapshot?.save();
      // What is mapped from now on was in memory.
      await releaseNativeHeap();
    });
  }
}

/** What a person is told when an index is begun while there are others for the same folders. */
function anewBeside(directory: string): string[] {
  const others = hasIndex(directory) ? [] : indexesBeside(directory);
  return others.length === 0
    ? []
    : [
        'Everything is read again, because the model, the size of the index or its format is another. ' +
          `The index from before stays as it is and may be deleted: ${others.join(', ')}`,
      ];
}

/**
 * The spans that each stored vector stands for: one, or those of all tokens that were pooled into it. Special tokens
 * stand for none.
 */
export function tokenSpans(
  passage: Pick<EncodedPassage, 'spans' | 'count'>,
  pooled?: { readonly groups: Uint16Array; readonly count: number },
): TokenSpans {
  const count = pooled?.count ?? passage.count;
  const members = Array.from({ length: count }, (): number[] => []);
  for (let i = 0; i < passage.count; i += 1) members[pooled?.groups[i] ?? i]?.push(i);
  const offsets = new Uint32Array(count + 1);
  const spans: number[] = [];
  members.forEach((tokens, vector) => {
    for (const token of tokens) {
      const start = passage.spans[2 * token] ?? 0;
      const end = passage.spans[2 * token + 1] ?? 0;
      if (end > start) spans.push(start, end);
    }
    offsets[vector + 1] = spans.length / 2;
  });
  return { offsets, spans: Uint32Array.from(spans) };
}
