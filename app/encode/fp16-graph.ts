import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toFloatGraph } from './float-graph.ts';
import { toHalfGraph } from './half-graph.ts';
import { decodeModel, encodeModel } from './onnx-proto.ts';

/** Raised whenever the rewrite changes what it writes, so that graphs made before are made again. */
const REWRITE = 1;

/** The bytes of a 16-bit graph made from those of a package's graph, whether that is quantised or not. */
export function makeHalfGraph(bytes: Uint8Array): Uint8Array {
  const model = decodeModel(bytes);
  toFloatGraph(model);
  toHalfGraph(model);
  model.producerName = 'passim';
  return encodeModel(model);
}

/**
 * Path of the 16-bit graph of a model, made at the first call and kept in `cacheFolder`.
 * @param modelId identity of the package, which names the file
 * @throws PassimError 'model-invalid' when the graph can't be turned
 */
export async function halfGraphFile(
  modelFile: string,
  modelId: string,
  cacheFolder: string,
): Promise<string> {
  const file = join(cacheFolder, `${modelId.replace(/[^\w.@-]+/g, '-')}.fp16-${REWRITE}.onnx`);
  if (existsSync(file)) return file;
  const bytes = makeHalfGraph(await readFile(modelFile));
  await mkdir(cacheFolder, { recursive: true });
  const partial = `${file}.${process.pid}.partial`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  return file;
}
