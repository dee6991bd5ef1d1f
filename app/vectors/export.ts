import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import type { IndexCore } from '../engine/core.ts';
import { faissSink, milvusSink, pineconeSink, qdrantSink, vespaSink, weaviateSink } from './engines.ts';
import { LineFile } from './files.ts';
import { numbersOf, rowsOf, vectorPassages } from './passages.ts';
import { jsonlSink, npySink, parquetSink } from './plain.ts';
import type { SinkFactory, VectorSink } from './sink.ts';

const SINKS = {
  parquet: parquetSink,
  npy: npySink,
  jsonl: jsonlSink,
  qdrant: qdrantSink,
  vespa: vespaSink,
  faiss: faissSink,
  milvus: milvusSink,
  weaviate: weaviateSink,
  pinecone: pineconeSink,
} as const satisfies Record<string, SinkFactory>;

export type VectorFormat = keyof typeof SINKS;
export const VECTOR_FORMATS = Object.keys(SINKS) as VectorFormat[];

export interface VectorExportOptions {
  /** Folder for the files: a new one or an empty one. */
  readonly directory: string;
  readonly formats: readonly VectorFormat[];
  /** Queries whose vectors are written too, for asking the engine that takes the passages. */
  readonly queries: readonly string[];
  readonly accept?: (file: FileRecord) => boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (passages: number) => void;
}

export interface VectorExportResult {
  readonly passages: number;
  readonly vectors: number;
}

/**
 * Writes passages with their vectors, each format to a folder of its name, and `manifest.json` that tells what they
 * are. Vectors are those that Passim scores by: MaxSim over them gives Passim's own ranking.
 * @throws PassimError 'bad-request' when the folder holds something, 'io-error', 'disk-full', 'cancelled'
 */
export async function exportVectors(
  core: IndexCore,
  options: VectorExportOptions,
): Promise<VectorExportResult> {
  const { directory, formats, signal } = options;
  const { dimension } = core.model.manifest;
  const { modelId } = core.model;
  const result = { passages: 0, vectors: 0 };
  const sinks: VectorSink[] = [];
  try {
    await emptyFolder(directory);
    for (const format of formats) {
      const folder = join(directory, format);
      await mkdir(folder, { mode: 0o700 });
      sinks.push(await SINKS[format]({ directory: folder, dimension, modelId }));
    }
    for await (const passages of vectorPassages(core, options.accept ?? (() => true), signal)) {
      for (const sink of sinks) await sink.write(passages);
      result.passages += passages.length;
      result.vectors += passages.reduce((sum, passage) => sum + passage.count, 0);
      options.onProgress?.(result.passages);
    }
    for (const sink of sinks.splice(0)) await sink.close();
    await writeQueries(core, directory, options.queries);
    await writeFile(
      join(directory, 'manifest.json'),
      `${JSON.stringify(manifest(core, formats, result), null, 2)}\n`,
      { mode: 0o600 },
    );
    return result;
  } catch (error) {
    // What was begun stays for the person to look at; without a manifest it is not whole.
    await Promise.allSettled(sinks.map((sink) => sink.close()));
    throw asPassimError(error, directory, signal);
  }
}

function manifest(core: IndexCore, formats: readonly VectorFormat[], result: VectorExportResult): object {
  return {
    format: 1,
    model: core.model.modelId,
    dimension: core.model.manifest.dimension,
    similarity: 'dot product of vectors of length 1; MaxSim over the token vectors of query and passage',
    formats,
    ...result,
  };
}

async function emptyFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0)
    throw new PassimError('bad-request', `${directory} is not empty. Name a new folder.`, {
      subject: directory,
    });
}

/** `queries.jsonl`: for each query its text, its tokens' vectors and one for the whole. */
async function writeQueries(core: IndexCore, directory: string, queries: readonly string[]): Promise<void> {
  if (queries.length === 0) return;
  const lines = await LineFile.create(join(directory, 'queries.jsonl'));
  try {
    for (const query of queries) {
      const { vectors, dense } = await core.encoder.encodeQuery(query);
      await lines.write({
        query,
        vectors: rowsOf(vectors, core.model.manifest.dimension),
        dense: numbersOf(dense),
      });
    }
  } finally {
    await lines.close();
  }
}

function asPassimError(error: unknown, directory: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted)
    return new PassimError('cancelled', `The export was stopped; ${directory} is not whole.`);
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return new PassimError('disk-full', `The disk of ${directory} is full.`, { cause: error });
  if (error instanceof PassimError || code === undefined) return error;
  return new PassimError('io-error', `${directory} cannot be written: ${message}`, {
    subject: directory,
    cause: error,
  });
}
