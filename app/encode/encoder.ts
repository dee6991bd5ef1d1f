import {
  type EncodedPassage,
  type EncodedQuery,
  fullPace,
  type Logger,
  PassimError,
  type ProviderChoice,
  type Scheduler,
  type Settings,
  silentLogger,
  systemScheduler,
  type WorkPace,
} from '../contract/index.ts';
import { createTokenCounter } from './count.ts';
import { Front } from './front.ts';
import { type LaneOptions, LanePool } from './lane-pool.ts';
import type { ModelPackage } from './package.ts';
import type { WorkerSetup } from './protocol.ts';
import {
  obstacle,
  PROVIDER_LABELS,
  PROVIDERS,
  type ProviderHost,
  type ProviderName,
  providerFault,
  thisHost,
} from './providers.ts';
import type { TokenVectors } from './session.ts';
import { defaultThreads, physicalCores, planThreads, type ThreadPlan } from './threads.ts';
import type { TokenizedPassage } from './tokenizer.ts';
import { defaultWorkerModule, WorkerClient } from './worker-client.ts';

export interface EncoderOptions {
  readonly package: ModelPackage;
  /** 'auto' takes the first of CUDA, DirectML, CoreML and the processor that works. */
  readonly provider?: Settings['executionProvider'];
  /** Threads that encode passages; 0 leaves one core of the machine free. */
  readonly threads?: number;
  /** Folder for graphs made for GPUs. Without one no GPU is used. */
  readonly cacheDirectory?: string;
  /** Let passage encoding give way to other work where threads have a priority (Linux). On by default. */
  readonly background?: boolean;
  readonly logger?: Logger;
  readonly scheduler?: Scheduler;
  /** How much of the machine passages may take; all of it when absent. Queries never wait. */
  readonly pace?: WorkPace;
  /** The machine, when it is not this one. */
  readonly host?: ProviderHost;
  /** The script that worker threads run, when it is not the one that comes with Passim. */
  readonly workerModule?: URL;
}

export interface EncodeOptions {
  readonly signal?: AbortSignal;
}

/** Turns texts into multivectors. All of it runs in worker threads; nothing here takes longer than a few milliseconds. */
export interface Encoder {
  readonly modelId: string;
  readonly dimension: number;
  /** What was chosen to encode passages and why the others were not. Queries are always encoded on the processor. */
  readonly providers: readonly ProviderChoice[];
  /** Threads that encode passages. */
  readonly threads: number;
  /**
   * Encodes passages, in the order given. Equal texts get equal vectors, whatever stands beside them.
   * @throws PassimError 'cancelled', or the first error that a text had ('encode-failed', 'bad-vector')
   */
  encodePassages(texts: readonly string[], options?: EncodeOptions): Promise<EncodedPassage[]>;
  /** As {@link encodePassages}, but a text that can't be encoded gets its error and the others their vectors. */
  encodeEach(texts: readonly string[], options?: EncodeOptions): Promise<(EncodedPassage | PassimError)[]>;
  /** Encodes a query; never waits for passages. */
  encodeQuery(text: string): Promise<EncodedQuery>;
  /** (start, end) UTF-16 offsets of all tokens of a text of any length, special tokens not counted. */
  tokenOffsets(text: string): Promise<Uint32Array>;
  /** Number of tokens of each text, special tokens not counted. */
  tokenLengths(texts: readonly string[]): Promise<Uint32Array>;
  /** Number of tokens of a text, at once; see {@link createTokenCounter} for how exact it is. */
  countTokens(text: string): number;
  close(): Promise<void>;
}

/** Nice level of passage encoding: about a third of the share of a thread that someone waits for. */
const LANE_NICENESS = 5;
/** Tokens a lane gets at once: on a processor about a tenth of a second's work, on a GPU enough to fill it. */
const CPU_LANES: LaneOptions = { jobTokens: 1024, together: false, restMs: 60_000 };
/** A GPU's session takes seconds to open. */
const GPU_LANES: LaneOptions = { jobTokens: 32_768, together: true, restMs: 600_000 };
/** Texts that are tokenised and waiting, at most. */
const WINDOW_TEXTS = 256;
const GPU_WINDOW_TEXTS = 2048;

class WorkerEncoder implements Encoder {
  readonly modelId: string;
  readonly dimension: number;
  readonly countTokens: (text: string) => number;
  readonly #options: EncoderOptions;
  readonly #logger: Logger;
  readonly #scheduler: Scheduler;
  readonly #plan: ThreadPlan;
  readonly #front: Front;
  #providers: ProviderChoice[];
  #pool: Promise<{ pool: LanePool; window: number }> | null = null;
  #closed = false;

  constructor(options: EncoderOptions) {
    const { manifest, modelId, tokenizerFile } = options.package;
    this.modelId = modelId;
    this.dimension = manifest.dimension;
    this.countTokens = createTokenCounter(tokenizerFile);
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#scheduler = options.scheduler ?? systemScheduler;
    this.#plan = planThreads(options.threads || defaultThreads(physicalCores()));
    this.#front = new Front(this.#client('front', 'cpu', 1, 'front'), manifest.maxPassageTokens);
    this.#providers = this.#survey();
  }

  get providers(): readonly ProviderChoice[] {
    return this.#providers;
  }

  get threads(): number {
    return this.#plan.lanes * this.#plan.threadsPerLane;
  }

  open(): Promise<void> {
    return this.#front.open();
  }

  async encodePassages(texts: readonly string[], options: EncodeOptions = {}): Promise<EncodedPassage[]> {
    return (await this.encodeEach(texts, options)).map((result, i) => {
      if (result instanceof PassimError)
        throw new PassimError(result.code, `Text ${i} of ${texts.length}: ${result.message}`, {
          subject: String(i),
          cause: result,
        });
      return result;
    });
  }

  async encodeEach(
    texts: readonly string[],
    { signal }: EncodeOptions = {},
  ): Promise<(EncodedPassage | PassimError)[]> {
    if (texts.length === 0) return [];
    const { pool, window } = await this.#lanes();
    const finished: (EncodedPassage | PassimError)[][] = [];
    let running: Promise<void> = Promise.resolve();
    for (let from = 0; from < texts.length; from += window) {
      const rows = await this.#front.passages(texts.slice(from, from + window), signal);
      // One window is encoded while the next is tokenised; no more than that wait in memory.
      await running;
      const at = finished.length;
      const whole = rows.flatMap((row) =>
        row instanceof PassimError ? [] : [{ ids: row.ids, keep: row.keep }],
      );
      running = pool.encode(whole, signal).then((results) => {
        let next = 0;
        finished[at] = rows.map((row) =>
          row instanceof PassimError ? row : passage(results[next++], row, this.dimension),
        );
      });
      finished.push([]);
      // The error is met at the next await of `running`.
      running.catch(() => {});
    }
    await running;
    return finished.flat();
  }

  encodeQuery(text: string): Promise<EncodedQuery> {
    return this.#front.query(text);
  }

  tokenOffsets(text: string): Promise<Uint32Array> {
    return this.#front.offsets(text);
  }

  tokenLengths(texts: readonly string[]): Promise<Uint32Array> {
    return this.#front.lengths(texts);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const lanes = await this.#pool?.catch(() => null);
    await Promise.all([this.#front.close(), lanes?.pool.close()]);
  }

  #client(role: WorkerSetup['role'], provider: ProviderName, threads: number, name: string): WorkerClient {
    const { package: model, cacheDirectory, workerModule } = this.#options;
    const setup: WorkerSetup = {
      role,
      manifest: model.manifest,
      modelId: model.modelId,
      modelFile: model.modelFile,
      tokenizerFile: model.tokenizerFile,
      provider,
      threads,
      cacheFolder: cacheDirectory ?? null,
      niceness: role === 'lane' && (this.#options.background ?? true) ? LANE_NICENESS : 0,
    };
    return new WorkerClient(setup, `passim-encode-${name}`, workerModule ?? defaultWorkerModule(), (reason) =>
      this.#logger.log('error', 'encoder-died', { worker: name, reason }),
    );
  }

  /** What can be told about providers without trying one. */
  #survey(): ProviderChoice[] {
    const wanted = this.#options.provider ?? 'auto';
    const host = this.#options.host ?? thisHost();
    const choices = PROVIDERS.map((provider): ProviderChoice => {
      if (provider === 'cpu') return { provider, chosen: false, reason: '' };
      if (wanted !== 'auto' && wanted !== provider)
        return { provider, chosen: false, reason: `The settings ask for ${PROVIDER_LABELS[wanted]}.` };
      const reason =
        obstacle(provider, host) ??
        (this.#options.cacheDirectory === undefined ? 'There is no folder to keep its graph in.' : null);
      return { provider, chosen: false, reason: reason ?? UNTRIED };
    });
    return choices.some((choice) => choice.reason === UNTRIED) ? choices : withProcessor(choices, wanted);
  }

  /** The lanes, opened at the first call on the best provider that works. */
  #lanes(): Promise<{ pool: LanePool; window: number }> {
    if (this.#closed) return Promise.reject(new PassimError('engine-stopped', 'The encoder was closed.'));
    this.#pool ??= this.#openLanes().catch((error: unknown) => {
      this.#pool = null;
      throw error;
    });
    return this.#pool;
  }

  #openPool(clients: readonly WorkerClient[], lanes: LaneOptions): LanePool {
    return new LanePool(clients, lanes, this.#scheduler, this.#options.pace ?? fullPace);
  }

  async #openLanes(): Promise<{ pool: LanePool; window: number }> {
    for (const { provider, reason } of this.#providers) {
      if (reason !== UNTRIED) continue;
      const client = this.#client('lane', provider, 1, provider);
      try {
        await client.open();
        this.#providers = this.#providers.map((choice) =>
          choice.provider === provider
            ? { provider, chosen: true, reason: 'It works, and its vectors agree with the processor’s.' }
            : choice.reason === UNTRIED || choice.provider === 'cpu'
              ? { ...choice, reason: `Not needed: ${PROVIDER_LABELS[provider]} works.` }
              : choice,
        );
        return { pool: this.#openPool([client], GPU_LANES), window: GPU_WINDOW_TEXTS };
      } catch (error) {
        await client.close();
        const why = providerFault(error instanceof Error ? error.message : String(error));
        this.#logger.log('warn', 'provider-refused', { provider, reason: why });
        this.#providers = this.#providers.map((choice) =>
          choice.provider === provider ? { provider, chosen: false, reason: why } : choice,
        );
      }
    }
    this.#providers = withProcessor(this.#providers, this.#options.provider ?? 'auto');
    const clients = Array.from({ length: this.#plan.lanes }, (_, lane) =>
      this.#client('lane', 'cpu', this.#plan.threadsPerLane, `lane-${lane}`),
    );
    return { pool: this.#openPool(clients, CPU_LANES), window: WINDOW_TEXTS };
  }
}

const UNTRIED = 'It is tried when the first passage is encoded.';

function withProcessor(choices: readonly ProviderChoice[], wanted: string): ProviderChoice[] {
  const reason = wanted === 'cpu' ? 'The settings ask for it.' : 'No other provider can be used.';
  return choices.map((choice) =>
    choice.provider === 'cpu' ? { provider: 'cpu', chosen: true, reason } : choice,
  );
}

function passage(
  result: TokenVectors | PassimError | undefined,
  row: TokenizedPassage,
  dimension: number,
): EncodedPassage | PassimError {
  if (result === undefined) return new PassimError('internal', 'the encoder lost a text');
  if (result instanceof PassimError) return result;
  const count = result.vectors.length / dimension;
  const spans = new Uint32Array(2 * count);
  let at = 0;
  row.keep.forEach((kept, token) => {
    if (kept !== 1) return;
    spans[at] = row.spans[2 * token] ?? 0;
    spans[at + 1] = row.spans[2 * token + 1] ?? 0;
    at += 2;
  });
  return {
    vectors: result.vectors,
    count,
    spans,
    dense: result.dense,
    tokenCount: row.ids.length,
    truncated: row.truncated,
  };
}

/**
 * Opens a model package for encoding.
 * @throws PassimError 'model-invalid' when the graph or tokenizer can't be opened or does not go with the manifest
 */
export async function createEncoder(options: EncoderOptions): Promise<Encoder> {
  const encoder = new WorkerEncoder(options);
  try {
    await encoder.open();
  } catch (error) {
    await encoder.close();
    throw error;
  }
  return encoder;
}
