import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { PassimError } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model.ts';
import { halfToFloat } from './half.ts';
import type { ProviderName } from './providers.ts';

/** One text as it goes into the graph. */
export interface TokenRow {
  readonly ids: Int32Array;
  /** 1 for tokens that others attend to; null when that is all of them. */
  readonly attention: Uint8Array | null;
  /** 1 for tokens whose vectors are kept. */
  readonly keep: Uint8Array;
}

export interface TokenVectors {
  /** Row-major kept tokens × dimension, each of length 1. */
  readonly vectors: Float32Array<ArrayBuffer>;
  /** Normalised mean of the vectors. */
  readonly dense: Float32Array<ArrayBuffer>;
}

// Whatever goes wrong comes back as an exception; the runtime need not write it to the terminal too.
env.logLevel = 'fatal';

/** A graph is said to normalise its output; further off than this it does not. */
const UNIT_TOLERANCE = 0.02;

/**
 * Up to so many tokens the runtime keeps the memory of one run for the next, so that what it frees does not lie in pieces
 * all over the C library's heap. Attention takes the square of the length: longer texts would hold too much for good.
 */
const ARENA_TOKENS = 512;

/** Integer inputs are kept as 32-bit pairs, which on every platform that ONNX Runtime has are little-endian. */
class IntegerInput {
  #buffer = new ArrayBuffer(0);

  /** A view of `count` zeroed 64-bit integers and the same memory as pairs of 32-bit halves. */
  take(count: number): { wide: BigInt64Array; halves: Int32Array } {
    if (this.#buffer.byteLength < count * 8) this.#buffer = new ArrayBuffer(count * 16);
    const halves = new Int32Array(this.#buffer, 0, count * 2).fill(0);
    return { wide: new BigInt64Array(this.#buffer, 0, count), halves };
  }
}

/**
 * A graph opened in ONNX Runtime: token ids in, one vector a token out. `run` blocks its thread, so it lives in a
 * worker.
 */
export class TokenSession {
  readonly #session: InferenceSession;
  readonly #manifest: ModelManifest;
  readonly #types: string | null;
  readonly #positions: string | null;
  readonly #ids = new IntegerInput();
  readonly #mask = new IntegerInput();
  readonly #zeros = new IntegerInput();
  readonly #order = new IntegerInput();
  /** Ends when the run before has: inputs are written to memory that all runs share. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(session: InferenceSession, manifest: ModelManifest) {
    this.#session = session;
    this.#manifest = manifest;
    const { ids, mask, types } = manifest.inputs;
    const rest = session.inputNames.filter((name) => name !== ids && name !== mask);
    this.#types = rest.find((name) => name === types || name === 'token_type_ids') ?? null;
    this.#positions = rest.find((name) => name === 'position_ids') ?? null;
    for (const name of [ids, mask]) {
      if (!session.inputNames.includes(name))
        throw misfit('inputs', `the graph has no input "${name}"; it has ${session.inputNames.join(', ')}`);
    }
    const unknown = rest.find((name) => name !== this.#types && name !== this.#positions);
    if (unknown !== undefined)
      throw misfit('inputs', `the graph wants an input "${unknown}" that Passim does not know`);
    for (const input of session.inputMetadata) {
      if (!input.isTensor || input.type !== 'int64')
        throw misfit('inputs', `the graph's input "${input.name}" is no tensor of 64-bit integers`);
    }
    const output = session.outputMetadata.find((value) => value.name === manifest.output);
    if (output === undefined)
      throw misfit(
        'output',
        `the graph has no output "${manifest.output}"; it has ${session.outputNames.join(', ')}`,
      );
    if (!output.isTensor || (output.type !== 'float32' && output.type !== 'float16'))
      throw misfit('output', `the graph's output "${manifest.output}" holds no 32-bit or 16-bit floats`);
    const width = output.shape[2];
    if (output.shape.length > 0 && (output.shape.length !== 3 || !fits(width, manifest.dimension)))
      throw misfit(
        'dimension',
        `the graph's output is ${output.shape.join(' × ')}, the manifest says batch × tokens × ${manifest.dimension}`,
      );
  }

  /**
   * @param graph path of an ONNX file
   * @param provider where the graph runs
   * @param threads threads that one run may use (processor only)
   * @throws PassimError 'model-invalid' when the graph can't be opened or does not go with the manifest
   */
  static async open(
    graph: string,
    manifest: ModelManifest,
    provider: ProviderName,
    threads: number,
  ): Promise<TokenSession> {
    let session: InferenceSession;
    try {
      const arena = manifest.maxPassageTokens <= ARENA_TOKENS;
      session = await InferenceSession.create(graph, sessionOptions(provider, threads, arena));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PassimError('model-invalid', `${graph} can't be opened: ${reason}`, {
        subject: graph,
        cause: error,
      });
    }
    try {
      return new TokenSession(session, manifest);
    } catch (error) {
      await session.release();
      throw error;
    }
  }

  /**
   * Runs rows as one batch, padded to the longest; runs asked for at once take turns.
   * @throws PassimError 'encode-failed' when the graph fails, 'bad-vector' when what it gives is no unit vectors
   */
  run(rows: readonly TokenRow[]): Promise<TokenVectors[]> {
    const vectors = this.#turn.then(() => this.#runNow(rows));
    this.#turn = vectors.catch(() => {});
    return vectors;
  }

  async #runNow(rows: readonly TokenRow[]): Promise<TokenVectors[]> {
    const width = rows.reduce((longest, row) => Math.max(longest, row.ids.length), 0);
    const feeds = this.#feeds(rows, width);
    let output: Tensor | undefined;
    try {
      output = (await this.#session.run(feeds, [this.#manifest.output]))[this.#manifest.output] as
        | Tensor
        | undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new PassimError('encode-failed', `The model could not be run: ${reason}`, { cause: error });
    }
    const { dimension } = this.#manifest;
    const [batch, tokens, depth] = output?.dims ?? [];
    if (output === undefined || batch !== rows.length || tokens !== width || depth !== dimension)
      throw new PassimError(
        'bad-vector',
        `The model gave ${output?.dims.join(' × ') ?? 'nothing'} for ${rows.length} × ${width} tokens of ${dimension} dimensions.`,
      );
    const data = floats(output);
    return rows.map((row, i) => this.#take(data.subarray(i * width * dimension), row));
  }

  async release(): Promise<void> {
    await this.#session.release();
  }

  #feeds(rows: readonly TokenRow[], width: number): Record<string, Tensor> {
    const count = rows.length * width;
    const shape = [rows.length, width];
    const ids = this.#ids.take(count);
    const mask = this.#mask.take(count);
    rows.forEach((row, i) => {
      for (let token = 0; token < row.ids.length; token += 1) {
        const at = 2 * (i * width + token);
        ids.halves[at] = row.ids[token] ?? 0;
        mask.halves[at] = row.attention === null ? 1 : (row.attention[token] ?? 0);
      }
    });
    const { inputs } = this.#manifest;
    const feeds: Record<string, Tensor> = {
      [inputs.ids]: new Tensor('int64', ids.wide, shape),
      [inputs.mask]: new Tensor('int64', mask.wide, shape),
    };
    if (this.#types !== null) feeds[this.#types] = new Tensor('int64', this.#zeros.take(count).wide, shape);
    if (this.#positions !== null) {
      const order = this.#order.take(count);
      for (let at = 0; at < count; at += 1) order.halves[2 * at] = at % width;
      feeds[this.#positions] = new Tensor('int64', order.wide, shape);
    }
    return feeds;
  }

  /** Copies a row's kept vectors out of the graph's answer, normalised, with their mean. */
  #take(data: Float32Array, row: TokenRow): TokenVectors {
    const { dimension, normalized } = this.#manifest;
    const count = row.keep.reduce((sum, kept) => sum + kept, 0);
    const vectors = new Float32Array(count * dimension);
    const dense = new Float32Array(dimension);
    let at = 0;
    for (let token = 0; token < row.ids.length; token += 1) {
      if (row.keep[token] !== 1) continue;
      const from = token * dimension;
      let square = 0;
      for (let d = 0; d < dimension; d += 1) square += (data[from + d] ?? 0) ** 2;
      const norm = Math.sqrt(square);
      if (!Number.isFinite(norm) || norm < 1e-6 || (normalized && Math.abs(norm - 1) > UNIT_TOLERANCE))
        throw new PassimError(
          'bad-vector',
          `The model gave a vector of length ${norm} for token ${token} of ${row.ids.length}.`,
        );
      for (let d = 0; d < dimension; d += 1) {
        const value = (data[from + d] ?? 0) / norm;
        vectors[at + d] = value;
        dense[d] = (dense[d] ?? 0) + value;
      }
      at += dimension;
    }
    normalise(dense, vectors);
    return { vectors, dense };
  }
}

/** Brings `mean` to length 1; vectors that cancel out are stood for by the first of them. */
function normalise(mean: Float32Array, vectors: Float32Array): void {
  let square = 0;
  for (const value of mean) square += value * value;
  if (square < 1e-12) {
    mean.set(vectors.subarray(0, mean.length));
    return;
  }
  const norm = Math.sqrt(square);
  for (let d = 0; d < mean.length; d += 1) mean[d] = (mean[d] ?? 0) / norm;
}

function fits(width: number | string | undefined, dimension: number): boolean {
  return typeof width !== 'number' || width === dimension || width <= 0;
}

function misfit(subject: string, message: string): PassimError {
  return new PassimError('model-invalid', `The model package does not go with its graph: ${message}.`, {
    subject,
  });
}

/** The elements of a float32 or float16 tensor as float32. */
function floats(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  const { data } = tensor;
  if (data instanceof Uint16Array) {
    const wide = new Float32Array(data.length);
    for (let i = 0; i < data.length; i += 1) wide[i] = halfToFloat(data[i] ?? 0);
    return wide;
  }
  // A Float16Array, where the runtime has one.
  return Float32Array.from(data as ArrayLike<number>);
}

function sessionOptions(
  provider: ProviderName,
  threads: number,
  arena: boolean,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    // Texts differ in length: a pattern would be made, and kept, for each.
    enableMemPattern: false,
    enableCpuMemArena: arena,
    logSeverityLevel: 4,
    extra: {
      session: {
        // A thread that waits by spinning takes a core from the rest of the machine, and from the other threads.
        intra_op: { allow_spinning: '0' },
        // Processors with AVX2 or AVX-512 but no VNNI add pairs of 8-bit products in 16 bits, which may saturate;
        // this takes the slower exact way there and changes nothing elsewhere.
        x64quantprecision: '1',
        set_denormal_as_zero: '1',
      },
    },
  };
}
