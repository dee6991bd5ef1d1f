import { existsSync, readFileSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompressedMultivector } from '../../../app/contract/passage.ts';
import { silentLogger, systemScheduler } from '../../../app/contract/ports.ts';
import { settingsSchema } from '../../../app/contract/settings.ts';
import { createEncoder } from '../../../app/encode/encoder.ts';
import { loadModelPackage, type ModelPackage, vectorShape } from '../../../app/encode/package.ts';
import { defaultModelFolder } from '../../../app/engine/model-folder.ts';
import { type Codebook, parseCodebook } from '../../../app/index/codebook.ts';
import { resolveIndexDirectory } from '../../../app/store/index-directory.ts';
import { openStoreReader } from '../../../app/store/open-store.ts';
import type { StoreReader } from '../../../app/store/types.ts';

/** What the stored index of a corpus was made with. */
export interface Made {
  readonly model: ModelPackage;
  readonly codebook: Codebook;
  readonly bits: 2 | 3 | 4;
  readonly pooling: number;
  readonly leastWins: number;
}

/** The default model and its codebook, at the default setting. */
/** @param home the one whose settings hold; the default setting when absent */
export async function made(home?: string): Promise<Made> {
  const model = await loadModelPackage(defaultModelFolder());
  if (model.codebookFile === null) throw new Error(`${model.folder} has no codebook`);
  const codebook = parseCodebook(await readFile(model.codebookFile), model.codebookFile);
  const settings = home === undefined ? null : join(home, 'settings.json');
  const { bits, pooling, leastWins } = settingsSchema.parse(
    settings !== null && existsSync(settings) ? JSON.parse(readFileSync(settings, 'utf8')) : {},
  );
  return { model, codebook, bits, pooling, leastWins };
}

function storeOf(home: string, { model, bits, pooling, leastWins }: Made): Promise<StoreReader> {
  const shape = vectorShape(model, { bits, pooling, leastWins });
  const directory = resolveIndexDirectory(home, shape);
  return openStoreReader({ directory, shape, scheduler: systemScheduler, logger: silentLogger });
}

/** The stored multivectors of the index in `home`, at most `limit`, in the order of the store. */
export async function* storedMultivectors(
  home: string,
  parts: Made,
  limit: number,
): AsyncGenerator<{ pid: number; multivector: CompressedMultivector }> {
  const store = await storeOf(home, parts);
  let given = 0;
  try {
    for await (const batch of store.loadMultivectors()) {
      for (const entry of batch) {
        if (given === limit) return;
        given += 1;
        yield entry;
      }
    }
  } finally {
    await store.close();
  }
}

/** [CLS] and [SEP], which have no place in the text. */
const SPECIAL = 2;
const PIDS_AT_ONCE = 1000;

/** Tokens that became vectors of the index in `home`, counted before pooling made fewer vectors of them. */
export async function countTokens(home: string, parts: Made): Promise<number> {
  const store = await storeOf(home, parts);
  let tokens = 0;
  try {
    const pids: number[] = [];
    for (const file of store.ledger.allFiles()) {
      const { first, count } = store.ledger.pidsOfFile(file.fileId);
      for (let i = 0; i < count; i += 1) pids.push(first + i);
    }
    for (let from = 0; from < pids.length; from += PIDS_AT_ONCE)
      for (const { spans } of (await store.getSpans(pids.slice(from, from + PIDS_AT_ONCE))).values())
        tokens += spans.length / 2 + SPECIAL;
  } finally {
    await store.close();
  }
  return tokens;
}

/** Query vectors, row-major tokens × dimension each. */
export async function encodeQueries(
  model: ModelPackage,
  queries: readonly string[],
): Promise<Float32Array[]> {
  const encoder = await createEncoder({ package: model, threads: 1 });
  const vectors: Float32Array[] = [];
  for (const query of queries) vectors.push((await encoder.encodeQuery(query)).vectors);
  await encoder.close();
  return vectors;
}

/** Appends arrays to a file as they lie in memory (little-endian). */
export class RawFile {
  readonly #file: FileHandle;
  private constructor(file: FileHandle) {
    this.#file = file;
  }
  static async create(path: string): Promise<RawFile> {
    return new RawFile(await open(path, 'w'));
  }
  async append(values: Float32Array | Uint32Array): Promise<void> {
    await this.#file.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  close(): Promise<void> {
    return this.#file.close();
  }
}
