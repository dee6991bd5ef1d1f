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
import type { Logger, PowerSource, Scheduler, Spawner } from './contract/ports.ts';
import type { Settings } from './contract/settings.ts';
import {
  answerExplain,
  answerFilePassages,
  answerFiles,
  answerPassage,
  answerPassages,
  answerSimilar,
} from './engine/answers.ts';
import { IndexCore } from './engine/core.ts';
import { FolderList } from './engine/folder-list.ts';
import { Folders } from './engine/folders.ts';
import { boundYoungGeneration } from './engine/heap-growth.ts';
import { type Home, openHome } from './engine/home.ts';
import { createIndexing, type Indexing } from './engine/indexing.ts';
import { Maintenance } from './engine/maintenance.ts';
import { Pace } from './engine/pace.ts';
import { ToldPower } from './engine/power.ts';
import { ProgressMeter } from './engine/progress.ts';
import { QualityLog } from './engine/quality.ts';
import { RunningCalls } from './engine/running-calls.ts';
import { readSettings } from './engine/settings.ts';
import { SettingsWatch } from './engine/settings-watch.ts';
import { engineStatus } from './engine/status.ts';
import { strikeSuspects } from './engine/suspects.ts';
import { Tracing } from './engine/tracing.ts';
import { Watching } from './engine/watching.ts';
import { limitNativeHeap } from './index/native-heap.ts';
import { search } from './search/search.ts';

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
  /** Where the power comes from; taken for the mains when absent. */
  readonly power?: PowerSource;
  readonly onWorking?: (paths: readonly string[]) => void;
  /** Model package in place of the settings' one: builds its index beside theirs. Null is the one that ships. */
  readonly model?: string | null;
}

export interface RunningEngine extends EngineApi {
  /** Starts comparing and watching the folders; separate from opening, so that listeners miss nothing. */
  begin(): void;
}

/** Milliseconds a reader's view may be old before a call renews it. */
const REFRESH_MS = 1_000;
/** A reader spends at most one part in so many of its time on renewing its view. */
const REFRESH_SHARE = 20;

/**
 * Opens the engine on a data directory.
 * @throws PassimError 'settings', 'index-locked', 'index-version', 'model-…'
 */
export async function createEngine(options: EngineOptions): Promise<RunningEngine> {
  limitNativeHeap();
  boundYoungGeneration();
  const home = openHome(options.home);
  const kept = readSettings(home.settingsFile);
  const settings = options.model === undefined ? kept : { ...kept, model: options.model };
  const { mode, scheduler, logger } = options;
  const pace = new Pace({
    scheduler,
    power: options.power ?? new ToldPower(false),
    gentle: settings.gentle,
    background: options.watch,
  });
  const opening = IndexCore.open({
    directory: home.directory,
    cache: home.cache,
    settings,
    mode,
    scheduler,
    logger,
    pace,
  });
  const core = await opening.catch((error: unknown) => {
    if (!(error instanceof PassimError) || error.code !== 'not-found') throw error;
    throw new PassimError(
      'not-found',
      'Nothing is indexed yet. Add a folder with "passim add FOLDER", then run "passim index".',
      { cause: error },
    );
  });
  const engine = new Engine(options, home, settings, core, pace);
  if (options.mode === 'write') await engine.takeSuspects(options.suspects);
  return engine;
}

class Engine implements RunningEngine {
  readonly #options: EngineOptions;
  readonly #home: Home;
  readonly #core: IndexCore;
  readonly #pace: Pace;
  readonly #meter: ProgressMeter;
  readonly #indexing: Indexing;
  readonly #folders: Folders;
  readonly #list: FolderList;
  readonly #maintenance: Maintenance | null;
  readonly #tracing: Tracing;
  readonly #quality: QualityLog;
  readonly #watching: Watching | null;
  readonly #settingsWatch: SettingsWatch | null;
  readonly #listeners = new Set<(event: EngineEvent) => void>();
  readonly #stop = new AbortController();
  readonly #calls: RunningCalls;
  #stopped: Promise<void> | null = null;
  readonly #notices: string[] = [];
  #takeUpAt: number;
  #takingUp: Promise<void> | null = null;

  constructor(options: EngineOptions, home: Home, settings: Settings, core: IndexCore, pace: Pace) {
    const { scheduler, logger, spawner } = options;
    this.#options = options;
    this.#calls = new RunningCalls(scheduler);
    this.#takeUpAt = scheduler.monotonic() + REFRESH_MS;
    this.#home = home;
    this.#core = core;
    this.#pace = pace;
    this.#meter = new ProgressMeter(scheduler, () => pace.reason);
    this.#indexing = createIndexing({
      core,
      settings,
      spawner,
      scheduler,
      logger,
      meter: this.#meter,
      emit: (event) => this.#emit(event),
      onWorking: options.onWorking ?? (() => {}),
    });
    const { indexer } = this.#indexing;
    this.#folders = new Folders({
      core,
      indexer,
      skip: [home.directory],
      readOnly: options.mode === 'read',
      onRenamed: (path) => this.#emit({ type: 'file', path, outcome: 'renamed' }),
      onRemoved: (path) => this.#emit({ type: 'file', path, outcome: 'removed' }),
    });
    this.#list = new FolderList({
      file: home.settingsFile,
      settings,
      core,
      folders: this.#folders,
      indexer,
      onChanged: () => this.#foldersChanged(),
      onWritten: () => this.#settingsWatch?.seen(),
    });
    this.#tracing = new Tracing({
      home: home.directory,
      core,
      scheduler,
      logger,
      keep: () => this.#list.settings.traces,
    });
    this.#quality = new QualityLog({
      home: home.directory,
      core,
      scheduler,
      logger,
      keep: () => this.#list.settings.judgements,
      searchOptions: () => ({ recency: this.#list.settings.recency }),
    });
    const writes = options.mode === 'write';
    this.#maintenance = writes
      ? new Maintenance({ writer: core.writer, scheduler, logger, busy: () => indexer.waiting > 0 })
      : null;
    this.#watching =
      writes && options.watch
        ? new Watching({
            folders: this.#folders,
            settings: () => this.#list.settings,
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
            (changed) => {
              pace.choose(changed.gentle);
              return this.#list.apply(changed);
            },
            (message) => this.#notice('warn', message),
          );
    this.#notices.push(...core.notes);
  }

  async takeSuspects(suspects: readonly string[]): Promise<void> {
    if (suspects.length === 0) return;
    await strikeSuspects(this.#core, suspects, (path) => this.#folders.rootOf(path));
    // Files go one by one until the suspects are through, so that the guilty one can be told.
    this.#indexing.indexer.oneByOne();
  }

  begin(): void {
    this.#meter.setState('idle');
    if (this.#options.mode === 'read') return;
    this.#maintenance?.start();
    const ticks = (): void => {
      this.#options.scheduler.after(this.#indexing.indexer.waiting > 0 ? 250 : 2_000, () => {
        if (this.#stop.signal.aborted) return;
        this.#emit({ type: 'progress', progress: this.#meter.snapshot() });
        ticks();
      });
    };
    ticks();
    this.#watching?.start().catch((error: unknown) => this.#failed(error));
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
    const request = known.request.safeParse(input);
    if (!request.success) {
      const issue = request.error.issues[0];
      const field = [name, ...(issue?.path ?? [])].join('.');
      throw new PassimError('bad-request', `${field}: ${issue?.message ?? 'not valid'}`, { subject: field });
    }
    return this.#calls.run(async (given) => {
      if (this.#options.mode === 'read') await this.#takeUp();
      return this.#answer(name, request.data as CallRequest<C>, given) as Promise<CallResponse<C>>;
    }, signal);
  }

  /** Refuses new calls, lets those under way finish, and closes what they read from once they have. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end();
    return this.#stopped;
  }

  async #end(): Promise<void> {
    // Before anything else ends: a call must not meet something that is half closed.
    const answered = this.#calls.drain();
    this.#stop.abort();
    this.#meter.setState('stopping');
    this.#settingsWatch?.stop();
    await this.#watching?.stop();
    this.#maintenance?.stop();
    await this.#indexing.stop();
    await answered;
    await this.#core.close();
    this.#pace.stop();
  }

  /** A reader that stays open sees what a writer in another process has committed meanwhile. */
  async #takeUp(): Promise<void> {
    const now = this.#options.scheduler.monotonic();
    if (this.#takingUp === null && now >= this.#takeUpAt) {
      this.#takingUp = this.#core
        .refresh()
        // A view that cannot be renewed right now is still whole; the next call tries again.
        .catch((error: unknown) =>
          this.#options.logger.log('warn', 'engine.refresh', { message: String(error) }),
        )
        .finally(() => {
          const after = this.#options.scheduler.monotonic();
          // A large ledger takes long to read, and a writer that is busy changes it all the time.
          this.#takeUpAt = after + Math.max(REFRESH_MS, REFRESH_SHARE * (after - now));
          this.#takingUp = null;
        });
    }
    await this.#takingUp;
  }

  #answer(name: EngineCall, request: unknown, signal: AbortSignal): Promise<unknown> {
    const core = this.#core;
    switch (name) {
      case 'search':
        return this.#search(request as CallRequest<'search'>, signal);
      case 'explain':
        return answerExplain(request as CallRequest<'explain'>, core);
      case 'similar':
        return this.#pace.during(() => answerSimilar(request as CallRequest<'similar'>, core));
      case 'getPassage':
        return answerPassage(request as CallRequest<'getPassage'>, core);
      case 'getPassages':
        return answerPassages(request as CallRequest<'getPassages'>, core);
      case 'getFilePassages':
        return answerFilePassages(request as CallRequest<'getFilePassages'>, core);
      case 'listFiles':
        return answerFiles(request as CallRequest<'listFiles'>, core);
      case 'traces':
        return this.#tracing.traces(request as CallRequest<'traces'>);
      case 'sentPrompts':
        return this.#tracing.sentPrompts(request as CallRequest<'sentPrompts'>);
      case 'forget':
        return this.#tracing.forget(request as CallRequest<'forget'>);
      case 'judge':
        return this.#quality.judge(request as CallRequest<'judge'>);
      case 'quality':
        return this.#quality.quality();
      case 'measureQuality':
        return this.#quality.measure(AbortSignal.any([signal, this.#stop.signal]));
      case 'forgetQuality':
        return this.#quality.forget();
      case 'status':
        return this.#status(request as CallRequest<'status'>);
      case 'addFolder':
        return this.#addFolder(request as CallRequest<'addFolder'>);
      case 'removeFolder':
        return this.#removeFolder(request as CallRequest<'removeFolder'>);
      case 'pause':
        this.#indexing.indexer.pause();
        return Promise.resolve({});
      case 'resume':
        this.#indexing.indexer.resume();
        return Promise.resolve({});
      case 'sync':
        return this.#sync(request as CallRequest<'sync'>, signal);
      case 'reindex':
        return this.#reindex(request as CallRequest<'reindex'>);
      default:
        throw new PassimError('bad-request', `There is no call named ${String(name)}.`);
    }
  }

  async #search(request: CallRequest<'search'>, signal: AbortSignal): Promise<CallResponse<'search'>> {
    const response = await this.#pace.during(() =>
      search(request, this.#core.searchParts, {
        recency: this.#list.settings.recency,
        signal,
      }),
    );
    this.#tracing.record(request, response);
    this.#quality.searched(response.tookMs);
    const notices = [...response.notices];
    const { searchable, known } = response.coverage;
    if (this.#list.settings.folders.length === 0)
      notices.push('No folder is indexed yet. Add one with: passim add FOLDER');
    else if (known === 0) notices.push('Nothing is indexed yet. Run: passim index');
    else if (this.#indexing.indexer.waiting > 0)
      notices.push(
        `Indexing goes on: ${searchable} files are searchable, ${this.#indexing.indexer.waiting} wait.`,
      );
    return { ...response, notices };
  }

  async #status(request: CallRequest<'status'>): Promise<CallResponse<'status'>> {
    return engineStatus({
      core: this.#core,
      home: this.#home,
      settings: this.#list.settings,
      readOnly: this.#options.mode === 'read',
      progress: this.#meter.snapshot(),
      folders: this.#folders.status(),
      notices: this.#notices,
      problems: request.problems,
    });
  }

  async #addFolder(folder: CallRequest<'addFolder'>): Promise<CallResponse<'addFolder'>> {
    this.#refuseReadOnly();
    return this.#list.add(folder);
  }

  async #removeFolder({ path }: CallRequest<'removeFolder'>): Promise<CallResponse<'removeFolder'>> {
    this.#refuseReadOnly();
    return { removedFiles: await this.#list.remove(path) };
  }

  #foldersChanged(): void {
    this.#watching?.restart().catch((error: unknown) => this.#failed(error));
    this.#emit({ type: 'folders', folders: this.#folders.status() });
  }

  async #sync(request: CallRequest<'sync'>, signal: AbortSignal): Promise<CallResponse<'sync'>> {
    this.#refuseReadOnly();
    const cancel = AbortSignal.any([signal, this.#stop.signal]);
    await this.#syncAll(request.paths ?? this.#folders.paths, cancel);
    const work = this.#indexing.indexer.settled();
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
    if (this.#indexing.indexer.waiting === 0 && !this.#indexing.indexer.paused) this.#meter.setState('idle');
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

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
