import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import type { EngineEvent } from '../contract/engine.ts';
import type { Logger, Scheduler, Spawner } from '../contract/ports.ts';
import type { Settings } from '../contract/settings.ts';
import { ExtractPool } from '../extract/pool.ts';
import { chunkInSteps, contentKey } from '../text/chunk.ts';
import type { IndexCore } from './core.ts';
import { EncodeBatcher } from './encode-batcher.ts';
import { Indexer } from './indexer.ts';
import type { ProgressMeter } from './progress.ts';

/** Passages that the encoder is given at once. */
const BATCH_TEXTS = 64;
/** Contents that are remembered for files that hold the same. */
const REMEMBERED_CONTENTS = 2_000;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** Files beyond those being read that wait for the encoder, so that it has full batches. */
const FILES_AHEAD = 6;

interface Options {
  readonly core: IndexCore;
  readonly settings: Settings;
  readonly spawner: Spawner;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly meter: ProgressMeter;
  readonly emit: (event: EngineEvent) => void;
  readonly onWorking: (paths: readonly string[]) => void;
}

/** The way of a file into the index: readers, batcher and queue, put together. */
export interface Indexing {
  readonly indexer: Indexer;
  /** Ends the readers and rejects what waits; what is being committed is finished. */
  stop(): Promise<void>;
}

export function createIndexing(options: Options): Indexing {
  const { core, settings, spawner, scheduler, logger, meter } = options;
  const readers =
    settings.readers > 0 ? settings.readers : Math.max(1, Math.min(4, availableParallelism() - 1));
  const pool = new ExtractPool({ spawner, scheduler, limits: settings.limits, workers: readers, logger });
  const batcher = new EncodeBatcher({
    encode: (texts) => core.encodeContents(texts),
    batch: BATCH_TEXTS,
    remember: REMEMBERED_CONTENTS,
    onEncoded: (tokens, passages) => meter.encoded(tokens, passages),
  });
  const indexer = new Indexer({
    sink: {
      recordOf: (path) => core.store.ledger.fileByPath(path),
      commit: async (record, passages) => {
        await core.commit(record, passages);
      },
      update: async (record) => {
        await core.writer.setRecord(record);
      },
      flush: () => core.writer.flush(),
    },
    parts: {
      scheduler,
      extract: (path, size) => pool.extract(path, { size }),
      // A search that comes meanwhile must not wait for a long document to be cut.
      chunk: (document) =>
        chunkInSteps(document, { measure: (text) => core.encoder.countTokens(text) }, () => setImmediate()),
      contentKey: (draft) => contentKey(core.model.modelId, draft.context, draft.text),
      reusable: (keys) => core.store.findByContentKey(keys),
      batcher,
    },
    meter,
    logger,
    emit: options.emit,
    onWorking: options.onWorking,
    concurrency: readers + FILES_AHEAD,
    bytesInFlight: BYTES_IN_FLIGHT,
  });
  return {
    indexer,
    async stop() {
      indexer.drop(() => true);
      batcher.stop();
      await pool.close();
      await indexer.settled();
    },
  };
}
