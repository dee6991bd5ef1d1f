import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type ModelManifest, modelManifestSchema, PassimError, type VectorShape } from '../contract/index.ts';
import { describeExport } from './describe.ts';
import { hashFile, isMissing, placeInPackage } from './files.ts';

/** A model package that was read and checked: its manifest, where its files lie, and its identity. */
export interface ModelPackage {
  /** Absolute path of the folder. */
  readonly folder: string;
  readonly manifest: ModelManifest;
  /** Absolute paths. */
  readonly modelFile: string;
  readonly tokenizerFile: string;
  readonly codebookFile: string | null;
  readonly configFile: string | null;
  /**
   * "name@version#hash": the hash covers the graph, the tokenizer, the codebook and everything in the manifest that
   * shapes a vector, so that two packages with equal ids give equal vectors.
   */
  readonly modelId: string;
}

export interface LoadOptions {
  /** Compare the hash of every file with the manifest's. On by default. */
  readonly verify?: boolean;
}

/**
 * Reads and checks a model package. A folder without `manifest.json` that holds a PyLate, sentence-transformers or
 * ColBERT export is described from its own configuration files, see {@link describeExport}.
 * @param folder the package's folder
 * @throws PassimError 'model-missing' when a file is not there, 'model-tampered' when one has another hash than the
 * manifest says, 'model-invalid' when the manifest (or a file's place) is wrong; each names the file or field.
 */
export async function loadModelPackage(folder: string, options: LoadOptions = {}): Promise<ModelPackage> {
  const root = resolve(folder);
  const manifest = await readManifest(root);
  const named: [string, string | undefined][] = [
    ['model', manifest.model],
    ['tokenizer', manifest.tokenizer],
    ['config', manifest.config],
    ['codebook', manifest.codebook],
  ];
  for (const [field, name] of named) {
    if (name !== undefined && manifest.files[name] === undefined)
      throw invalid(root, `files.${name}`, `has no hash, though "${field}" names it`);
  }
  await checkFiles(root, manifest, options.verify ?? true);
  return {
    folder: root,
    manifest,
    modelFile: placeInPackage(root, manifest.model),
    tokenizerFile: placeInPackage(root, manifest.tokenizer),
    codebookFile: manifest.codebook === undefined ? null : placeInPackage(root, manifest.codebook),
    configFile: manifest.config === undefined ? null : placeInPackage(root, manifest.config),
    modelId: identify(manifest),
  };
}

/**
 * Compares the hash of every file of a package that was loaded without doing so.
 * @throws PassimError as {@link loadModelPackage}
 */
export function verifyModelPackage({ folder, manifest }: ModelPackage): Promise<void> {
  return checkFiles(folder, manifest, true);
}

/** Shape of the vectors that a package gives at a size of the index. */
export function vectorShape(
  model: ModelPackage,
  { bits, pooling = 1, leastWins = 0 }: Pick<VectorShape, 'bits' | 'pooling' | 'leastWins'>,
): VectorShape {
  const { dimension } = model.manifest;
  return {
    modelId: model.modelId,
    dimension,
    bits,
    ...(pooling === 1 ? {} : { pooling }),
    ...(leastWins === 0 ? {} : { leastWins }),
  };
}

async function readManifest(root: string): Promise<ModelManifest> {
  const file = join(root, 'manifest.json');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (!isMissing(error)) throw error;
    return describeExport(root);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PassimError('model-invalid', `${file} is no JSON: ${String(error)}`, {
      subject: file,
      cause: error,
    });
  }
  const parsed = modelManifestSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(root, issue?.path.join('.') || 'manifest', issue?.message ?? 'is not valid');
}

async function checkFiles(root: string, manifest: ModelManifest, verify: boolean): Promise<void> {
  const checks = await Promise.allSettled(
    Object.entries(manifest.files).map(([name, expected]) => checkFile(root, name, expected, verify)),
  );
  const failed = checks.find((check) => check.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function checkFile(
  root: string,
  name: string,
  expected: { sha256: string; bytes: number },
  verify: boolean,
): Promise<void> {
  const file = placeInPackage(root, name);
  let size: number;
  try {
    const found = await stat(file);
    if (!found.isFile()) throw new PassimError('model-missing', `${file} is no file`, { subject: file });
    size = found.size;
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new PassimError('model-missing', `The model package lacks ${file}; install the model again.`, {
      subject: file,
    });
  }
  if (!verify) return;
  if (size !== expected.bytes || (await hashFile(file)) !== expected.sha256)
    throw new PassimError(
      'model-tampered',
      `${file} is not the file that the model's manifest describes; install the model again.`,
      { subject: file },
    );
}

/** The fields of a manifest that shape a vector. */
function identify(manifest: ModelManifest): string {
  const hash = createHash('sha256');
  for (const name of [manifest.model, manifest.tokenizer, manifest.codebook]) {
    hash.update(`${name === undefined ? '' : (manifest.files[name]?.sha256 ?? '')}\n`);
  }
  hash.update(
    JSON.stringify([
      manifest.dimension,
      manifest.maxPassageTokens,
      manifest.maxQueryTokens,
      manifest.queryPrefix,
      manifest.passagePrefix,
      manifest.queryExpansion,
      manifest.skipTokens,
      manifest.keepSpecialTokens,
      manifest.inputs,
      manifest.output,
    ]),
  );
  return `${manifest.name}@${manifest.version}#${hash.digest('hex').slice(0, 8)}`;
}

function invalid(root: string, field: string, why: string): PassimError {
  return new PassimError('model-invalid', `${join(root, 'manifest.json')}: "${field}" ${why}`, {
    subject: field,
  });
}
