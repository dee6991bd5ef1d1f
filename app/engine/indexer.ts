import type { EngineEvent } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { StoredPassage } from '../contract/passage.ts';
import type { Logger } from '../contract/ports.ts';
import type { ScannedFile } from '../watch/scan.ts';
import { type FileJobParts, type FileJobResult, runFileJob } from './file-job.ts';
import type { ProgressMeter } from './progress.ts';

/** Where the indexer puts what it made: the store and the indexes in memory, kept in step by the engine. */
export interface IndexSink {
  recordOf(path: string): FileRecord | undefined;
  /** Commits a file with its passages; resolves when it is durable and searchable. */
  commit(record: FileRecord, passages: readonly StoredPassage[]): Promise<void>;
  /** Updates a row whose passages stay as they are. */
  update(record: FileRecord): Promise<void>;
  /** Writes what waits for company; never throws. */
  flush(): Promise<void>;
}

interface Options {
  readonly sink: IndexSink;
  readonly parts: FileJobParts;
  readonly meter: ProgressMeter;
  readonly logger: Logger;
  readonly emit: (event: EngineEvent) => void;
  readonly onWorking: (paths: readonly string[]) => void;
  /** Files in flight at once. */
  readonly concurrency: number;
  /** Bytes of source in flight at once; one larger file goes alone. */
  readonly bytesInFlight: number;
}

/**
 * Works through a queue of files, several at a time. A file that changes while it is worked on is queued again.
 * A full disk pauses the queue and loses nothing: the file stays in it.
 */
export class Indexer {
  readonly #options: Options;
  readonly #queue = new Map<string, ScannedFile>();
  readonly #running = new Map<string, ScannedFile>();
  readonly #idle: (() => void)[] = [];
  #bytes = 0;
  /** From the first byte read to the commit. */
  readonly #active = new Map<string, ScannedFile>();
  #committing = 0;
  #paused = false;
  #alone = false;

  constructor(options: Options) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.size + this.#running.size;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Queues files; one that waits already is replaced by what was seen last. */
  enqueue(files: readonly ScannedFile[]): void {
    // What is being worked on in just this state need not be read again.
    const wanted = files.filter((file) => !isSame(file, this.#active.get(file.path)));
    const fresh = wanted.filter((file) => !this.#queue.has(file.path));
    for (const file of wanted) this.#queue.set(file.path, file);
    const bytes = fresh.reduce((sum, file) => sum + file.size, 0);
    if (fresh.length > 0) this.#options.meter.expect(fresh.length, bytes);
    this.#pump();
  }

  /** Takes files out of the queue, for folders that are removed and files that vanished. */
  drop(matches: (path: string) => boolean): void {
    for (const [path, file] of this.#queue) {
      if (!matches(path)) continue;
      this.#queue.delete(path);
      this.#options.meter.finish(file.size);
    }
    this.#pump();
  }

  /** One file at a time until the queue is empty, so that what ends the engine can be told. */
  oneByOne(): void {
    this.#alone = true;
  }

  pause(reason?: string): void {
    this.#paused = true;
    this.#options.meter.setState('paused', reason);
  }

  resume(): void {
    this.#paused = false;
    this.#options.meter.setState(this.waiting > 0 ? 'indexing' : 'idle');
    this.#pump();
  }

  /** Resolves when nothing waits and all is committed. */
  async settled(): Promise<void> {
    while (this.waiting > 0 || this.#committing > 0) {
      await new Promise<void>((resolve) => {
        this.#idle.push(resolve);
      });
    }
  }

  #pump(): void {
    const { concurrency, bytesInFlight, meter } = this.#options;
    if (!this.#paused && this.#queue.size > 0 && meter.state !== 'indexing') meter.setState('indexing');
    for (const [path, file] of this.#queue) {
      if (this.#paused || this.#running.size >= (this.#alone ? 1 : concurrency)) break;
      if (this.#running.size > 0 && this.#bytes + file.size > bytesInFlight) break;
      if (this.#running.has(path)) continue;
      this.#queue.delete(path);
      void this.#run(file);
    }
    if (this.waiting === 0 && this.#committing === 0) {
      if (meter.state === 'indexing') this.#alone = false;
      if (!this.#paused && meter.state === 'indexing') meter.setState('idle');
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #run(file: ScannedFile): Promise<void> {
    const { meter, sink, parts } = this.#options;
    this.#running.set(file.path, file);
    this.#active.set(file.path, file);
    this.#bytes += file.size;
    meter.begin(file.path);
    this.#tellWorking();
    try {
      const result = await runFileJob(file, sink.recordOf(file.path), parts);
      // The commit is waited for apart, so that the next file is read meanwhile.
      this.#running.delete(file.path);
      void this.#commit(file, result);
    } catch (error) {
      this.#active.delete(file.path);
      this.#failed(file, error);
    } finally {
      this.#running.delete(file.path);
      this.#bytes -= file.size;
      this.#tellWorking();
      this.#pump();
    }
  }

  async #commit(file: ScannedFile, result: FileJobResult): Promise<void> {
    const { sink, emit, meter } = this.#options;
    this.#committing += 1;
    try {
      const written =
        result.passages === null ? sink.update(result.record) : sink.commit(result.record, result.passages);
      // Nothing else is coming that the commit should wait for.
      if (this.waiting === 0) void sink.flush();
      await written;
      meter.finish(file.size);
      emit({
        type: 'file',
        path: file.path,
        outcome: result.outcome,
        ...(result.record.detail === '' ? {} : { detail: result.record.detail }),
      });
    } catch (error) {
      this.#failed(file, error);
    } finally {
      this.#committing -= 1;
      if (this.#active.get(file.path) === file) this.#active.delete(file.path);
      this.#pump();
    }
  }

  #failed(file: ScannedFile, error: unknown): void {
    const { emit, logger, meter } = this.#options;
    if (error instanceof PassimError && error.code === 'cancelled') {
      meter.finish(file.size);
      return;
    }
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof PassimError && error.code === 'disk-full') {
      this.#queue.set(file.path, file);
      if (!this.#paused) {
        this.pause(message);
        emit({
          type: 'notice',
          level: 'error',
          message: `${message} Indexing is paused; free some space and resume.`,
        });
      }
      return;
    }
    meter.finish(file.size);
    logger.log('error', 'file not indexed', { path: file.path, message });
    emit({ type: 'file', path: file.path, outcome: 'problem', detail: message });
    emit({ type: 'notice', level: 'warn', message: `${file.path} could not be indexed: ${message}` });
  }

  #tellWorking(): void {
    this.#options.onWorking([...this.#running.keys()]);
  }
}

function isSame(file: ScannedFile, other: ScannedFile | undefined): boolean {
  return (
    other !== undefined &&
    file.size === other.size &&
    file.modified === other.modified &&
    file.identity === other.identity
  );
}
