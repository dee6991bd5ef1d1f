import { existsSync, realpathSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import {
  type CallInput,
  type CallRequest,
  type CallResponse,
  ENGINE_CALLS,
  type EngineApi,
  type EngineCall,
  type EngineEvent,
} from './contract/engine.ts';
import { PassimError } from './contract/errors.ts';
import type { Logger, Scheduler, Spawner } from './contract/ports.ts';
import type { Settings, WatchedFolder } from './contract/settings.ts';
import { answerExplain, answerFilePassages, answerPassage, answerSimilar } from './engine/answers.ts';
import { IndexCore } from './engine/core.ts';
import { EncodeBatcher } from './engine/encode-batcher.ts';
import { Folders } from './engine/folders.ts';
import { type Home, openHome } from './engine/home.ts';
import { Indexer } from './engine/indexer.ts';
import { Maintenance } from './engine/maintenance.ts';
import { ProgressMeter } from './engine/progress.ts';
import { readSettings, writeSettings } from './engine/settings.ts';
import { SettingsWatch } from './engine/settings-watch.ts';
import { engineStatus } from './engine/status.ts';
import { strikeSuspects } from './engine/suspects.ts';
import { Watching } from './engine/watching.ts';
import { ExtractPool } from './extract/pool.ts';
import { search } from './search/search.ts';
import { chunkInSteps, contentKey } from './text/chunk.ts';

export interface EngineOptions {
  /** Passim's data directory. */
  readonly home: string;
  readonly mode: 'write' | 'read';
  /** Watch the folders for changes; otherwise they are compared only when asked. */
  readonly watch: boolean;
  /** Files that were being worked on when the engine died before. */
  readonly suspects: readonly string[];
  readonly spawner: Spawner;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly onWorking?: (paths: readonly string[]) => void;
}

export interface RunningEngine extends EngineApi {
  /** Starts comparing and watching the folders; separate from opening, so that listeners miss nothing. */
  begin(): void;
}

const BATCH_TEXTS = 64;
const REMEMBERED_CONTENTS = 2_000;
const BYTES_IN_FLIGHT = 64 * 1024 * 1024;

/**
 * Opens the engine on a data directory.
 * @throws PassimError 'settings', 'index-locked', 'index-version', 'model-…'
 */
export async function createEngine(options: EngineOptions): Promise<RunningEngine> {
  const home = openHome(options.home);
  const settings = readSettings(home.settingsFile);
  const { mode, scheduler, logger } = options;
  const opening = IndexCore.open({
    directory: home.directory,
    cache: home.cache,
    settings,
    mode,
    scheduler,
    logger,
  });
  const core = await opening.catch((error: unknown) => {
    if (!(error instanceof PassimError) || error.code !== 'not-found') throw error;
    throw new PassimError(
      'not-found',
      'Nothing is indexed yet. Add a folder with "passim add FOLDER", then run "passim index".',
      { cause: error },
    );
  });
  const engine = new Engine(options, home, settings, core);
  if (options.mode === 'write') await engine.takeSuspects(options.suspects);
  return engine;
}

class Engine implements RunningEngine {
  readonly #options: EngineOptions;
  readonly #home: Home;
  readonly #core: IndexCore;
  readonly #pool: ExtractPool;
  readonly #batcher: EncodeBatcher;
  readonly #meter: ProgressMeter;
  readonly #indexer: Indexer;
  readonly #folders: Folders;
  readonly #maintenance: Maintenance | null;
  readonly #watching: Watching | null;
  readonly #settingsWatch: SettingsWatch | null;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #stop = new AbortController();
  readonly #notices: string[] = [];
  #settings: Settings;

  constructor(options: EngineOptions, home: Home, settings: Settings, core: IndexCore) {
    const { scheduler, logger, spawner } = options;
    this.#options = options;
    this.#home = home;
    this.#settings = settings;
    this.#core = core;
    this.#meter = new ProgressMeter(scheduler);
    const readers =
      settings.readers > 0 ? settings.readers : Math.max(1, Math.min(4, availableParallelism() - 1));
    this.#pool = new ExtractPool({ spawner, scheduler, limits: settings.limits, workers: readers, logger });
    this.#batcher = new EncodeBatcher({
      encode: (texts) => core.encodeContents(texts),
      batch: BATCH_TEXTS,
      remember: REMEMBERED_CONTENTS,
      onEncoded: (tokens, passages) => this.#meter.encoded(tokens, passages),
    });
    this.#indexer = new Indexer({
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
        extract: (path, size) => this.#pool.extract(path, { size }),
        // A search that comes meanwhile must not wait for a long document to be cut.
        chunk: (document) =>
          chunkInSteps(document, { measure: (text) => core.encoder.countTokens(text) }, () => setImmediate()),
        contentKey: (draft) => contentKey(core.model.modelId, draft.context, draft.text),
        reusable: (keys) => core.store.findByContentKey(keys),
        batcher: this.#batcher,
      },
      meter: this.#meter,
      logger,
      emit: (event) => this.#emit(event),
      onWorking: options.onWorking ?? (() => {}),
      concurrency: readers + 6,
      bytesInFlight: BYTES_IN_FLIGHT,
    });
    this.#folders = new Folders({
      core,
      indexer: this.#indexer,
      skip: [home.directory],
      readOnly: options.mode === 'read',
      onRenamed: (path) => this.#emit({ type: 'file', path, outcome: 'renamed' }),
      onRemoved: (path) => this.#emit({ type: 'file', path, outcome: 'removed' }),
    });
    this.#folders.setFolders(settings.folders);
    const writes = options.mode === 'write';
    this.#maintenance = writes
      ? new Maintenance({ writer: core.writer, scheduler, logger, busy: () => this.#indexer.waiting > 0 })
      : null;
    this.#watching =
      writes && options.watch
        ? new Watching({
            folders: this.#folders,
            settings: () => this.#settings,
            skip: [home.directory],
            scheduler,
            logger,
            notice: (level, message) => this.#notice(level, message),
            onTaken: () => this.#changed(),
          })
        : null;
    this.#settingsWatch =
      this.#watching === null
        ? null
        : new SettingsWatch(
            home.settingsFile,
            scheduler,
            (changed) => this.#applySettings(changed),
            (message) => this.#notice('warn', message),
          );
    this.#notices.push(...core.store.recovery.notes);
  }

  async takeSuspects(suspects: readonly string[]): Promise<void> {
    if (suspects.length === 0) return;
    await strikeSuspects(this.#core, suspects, (path) => this.#folders.rootOf(path));
    // Files go one by one until the suspects are through, so that the guilty one can be told.
    this.#indexer.oneByOne();
  }

  begin(): void {
    if (this.#options.mode === 'read') {
      this.#meter.setState('idle');
      return;
    }
    this.#meter.setState('idle');
    this.#maintenance?.start();
    const ticks = (): void => {
      this.#options.scheduler.after(this.#indexer.waiting > 0 ? 250 : 2_000, () => {
        if (this.#stop.signal.aborted) return;
        this.#emit({ type: 'progress', progress: this.#meter.snapshot() });
        ticks();
      });
    };
    ticks();
    this.#watching?.start();
    this.#settingsWatch?.start();
  }

  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async call<C extends EngineCall>(
    name: C,
    input: CallInput<C>,
    signal?: AbortSignal,
  ): Promise<CallResponse<C>> {
    const known = ENGINE_CALLS[name];
    if (known === undefined)
      throw new PassimError('bad-request', `There is no call named ${JSON.stringify(name)}.`, {
        subject: String(name),
      });
    if (this.#stop.signal.aborted) throw new PassimError('engine-stopped', 'The engine has been stopped.');
    const request = known.request.safeParse(input);
    if (!request.success) {
      const issue = request.error.issues[0];
      const field = [name, ...(issue?.path ?? [])].join('.');
      throw new PassimError('bad-request', `${field}: ${issue?.message ?? 'not valid'}`, { subject: field });
    }
    return this.#answer(name, request.data as CallRequest<C>, signal) as Promise<CallResponse<C>>;
  }

  async stop(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#meter.setState('stopping');
    this.#settingsWatch?.stop();
    await this.#watching?.stop();
    this.#maintenance?.stop();
    this.#indexer.drop(() => true);
    this.#batcher.stop();
    await this.#pool.close();
    await this.#indexer.settled();
    await this.#core.close();
  }

  #answer(name: EngineCall, request: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    const core = this.#core;
    switch (name) {
      case 'search':
        return this.#search(request as CallRequest<'search'>, signal);
      case 'explain':
        return answerExplain(request as CallRequest<'explain'>, core);
      case 'similar':
        return answerSimilar(request as CallRequest<'similar'>, core);
      case 'getPassage':
        return answerPassage(request as CallRequest<'getPassage'>, core);
      case 'getFilePassages':
        return answerFilePassages(request as CallRequest<'getFilePassages'>, core);
      case 'status':
        return this.#status(request as CallRequest<'status'>);
      case 'addFolder':
        return this.#addFolder(request as CallRequest<'addFolder'>);
      case 'removeFolder':
        return this.#removeFolder(request as CallRequest<'removeFolder'>);
      case 'pause':
        this.#indexer.pause();
        return Promise.resolve({});
      case 'resume':
        this.#indexer.resume();
        return Promise.resolve({});
      case 'sync':
        return this.#sync(request as CallRequest<'sync'>, signal);
      case 'reindex':
        return this.#reindex(request as CallRequest<'reindex'>);
      default:
        throw new PassimError('bad-request', `There is no call named ${String(name)}.`);
    }
  }

  async #search(
    request: CallRequest<'search'>,
    signal: AbortSignal | undefined,
  ): Promise<CallResponse<'search'>> {
    const response = await search(request, this.#core.searchParts, signal === undefined ? {} : { signal });
    const notices = [...response.notices];
    const { searchable, known } = response.coverage;
    if (this.#settings.folders.length === 0)
      notices.push('No folder is indexed yet. Add one with: passim add FOLDER');
    else if (known === 0) notices.push('Nothing is indexed yet. Run: passim index');
    else if (this.#indexer.waiting > 0)
      notices.push(`Indexing goes on: ${searchable} files are searchable, ${this.#indexer.waiting} wait.`);
    return { ...response, notices };
  }

  async #status(request: CallRequest<'status'>): Promise<CallResponse<'status'>> {
    return engineStatus({
      core: this.#core,
      home: this.#home,
      settings: this.#settings,
      readOnly: this.#options.mode === 'read',
      progress: this.#meter.snapshot(),
      folders: this.#folders.status(),
      notices: this.#notices,
      problems: request.problems,
    });
  }

  async #addFolder(folder: WatchedFolder): Promise<CallResponse<'addFolder'>> {
    const path = realFolder(folder.path);
    const others = this.#settings.folders.filter((other) => other.path !== path);
    this.#saveFolders([...others, { ...folder, path }]);
    const status = this.#folders.status().find((entry) => entry.path === path);
    if (status === undefined) throw new PassimError('internal', `${path} was added and is not there.`);
    return status;
  }

  async #removeFolder({ path }: { path: string }): Promise<CallResponse<'removeFolder'>> {
    const known = this.#settings.folders.find(
      (folder) => folder.path === path || folder.path === resolve(path),
    );
    if (known === undefined)
      throw new PassimError('not-found', `${path} is not a watched folder.`, { subject: path });
    this.#saveFolders(this.#settings.folders.filter((folder) => folder !== known));
    return { removedFiles: await this.#forgetRoot(known.path) };
  }

  #saveFolders(folders: readonly WatchedFolder[]): void {
    const settings = { ...readSettings(this.#home.settingsFile), folders: [...folders] };
    writeSettings(this.#home.settingsFile, settings);
    this.#settingsWatch?.seen();
    this.#settings = settings;
    this.#folders.setFolders(settings.folders);
    this.#watching?.restart().catch((error: unknown) => this.#failed(error));
    this.#emit({ type: 'folders', folders: this.#folders.status() });
  }

  /** The settings file was changed by hand or by another program. */
  async #applySettings(settings: Settings): Promise<void> {
    const before = this.#settings;
    this.#settings = settings;
    this.#folders.setFolders(settings.folders);
    const paths = new Set(settings.folders.map((folder) => folder.path));
    for (const folder of before.folders) if (!paths.has(folder.path)) await this.#forgetRoot(folder.path);
    await this.#watching?.restart();
    this.#emit({ type: 'folders', folders: this.#folders.status() });
  }

  async #forgetRoot(root: string): Promise<number> {
    const inside = new Set(
      [...this.#core.store.ledger.allFiles()]
        .filter((record) => record.root === root)
        .map((record) => record.path),
    );
    this.#indexer.drop((path) => inside.has(path) || this.#folders.rootOf(path) === undefined);
    return this.#core.deleteRoot(root);
  }

  async #sync(request: CallRequest<'sync'>, signal: AbortSignal | undefined): Promise<CallResponse<'sync'>> {
    this.#refuseReadOnly();
    const cancel = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    await this.#syncAll(request.paths ?? this.#folders.paths, cancel);
    const work = this.#indexer.settled();
    await Promise.race([work, aborted(cancel)]);
    if (cancel.aborted)
      throw new PassimError('cancelled', 'Stopped. What was indexed stays; the rest follows next time.');
    await this.#core.writer.flush();
    await this.#maintenance?.now();
    return this.#meter.snapshot();
  }

  async #syncAll(paths: readonly string[], signal: AbortSignal = this.#stop.signal): Promise<void> {
    for (const path of paths) {
      if (signal.aborted) return;
      this.#meter.setState('scanning');
      await this.#folders.sync(path, signal);
    }
    this.#changed();
  }

  async #reindex(request: CallRequest<'reindex'>): Promise<CallResponse<'reindex'>> {
    this.#refuseReadOnly();
    let files = 0;
    for (const record of [...this.#core.store.ledger.allFiles()]) {
      if (request.path !== undefined && record.path !== request.path && record.root !== request.path)
        continue;
      files += 1;
      // Without a hash and with another time, the next comparison takes the file for changed.
      await this.#core.writer.setRecord({ ...record, contentHash: '', modified: -1, strikes: 0 });
    }
    this.#watching?.rescan();
    return { files };
  }

  #changed(): void {
    if (this.#indexer.waiting === 0 && !this.#indexer.paused) this.#meter.setState('idle');
    this.#emit({ type: 'folders', folders: this.#folders.status() });
    this.#emit({ type: 'progress', progress: this.#meter.snapshot() });
  }

  #refuseReadOnly(): void {
    if (this.#options.mode === 'read') throw new PassimError('index-locked', 'This engine only reads.');
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof PassimError && error.code === 'cancelled') return;
    this.#notice('error', message);
  }

  #notice(level: 'info' | 'warn' | 'error', message: string): void {
    if (level !== 'info' && !this.#notices.includes(message)) this.#notices.push(message);
    this.#options.logger.log(level, 'notice', { message });
    this.#emit({ type: 'notice', level, message });
  }

  #emit(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** A folder's real path, so that one folder has one name. */
function realFolder(path: string): string {
  const absolute = resolve(path);
  if (!existsSync(absolute))
    throw new PassimError('folder-missing', `${absolute} does not exist.`, { subject: absolute });
  if (!statSync(absolute).isDirectory())
    throw new PassimError('folder-missing', `${absolute} is a file; Passim indexes folders.`, {
      subject: absolute,
    });
  return realpathSync(absolute);
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
