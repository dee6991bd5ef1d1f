import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { PassimError, type VectorShape } from '../contract/index.ts';
import { writeFileDurably } from './durable-file.ts';

/** Changes whenever a table's columns or encodings change. */
export const FORMAT_VERSION = 2;

const FORMAT_FILE = 'format.json';

const formatSchema = z.object({
  formatVersion: z.number().int(),
  modelId: z.string(),
  dimension: z.number().int(),
  bits: z.union([z.literal(2), z.literal(3), z.literal(4)]),
  pooling: z.number().default(1),
  leastWins: z.number().default(0),
});

/**
 * The folder for an index of this shape under `home`. Every model, size and format version has a folder of its own,
 * so that a new one is built beside the old.
 */
export function resolveIndexDirectory(home: string, shape: VectorShape): string {
  const readable = shape.modelId.replace(/[^A-Za-z0-9.-]+/g, '-').slice(0, 60);
  const { modelId, dimension, bits, pooling = 1, leastWins = 0 } = shape;
  // Folders from before vectors were left out keep their names.
  const identity = [modelId, dimension, bits, pooling, ...(leastWins === 0 ? [] : [leastWins])];
  const hash = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 10);
  const size = `${bits}bit${pooling === 1 ? '' : `-pool${pooling}`}${leastWins === 0 ? '' : `-win${leastWins}`}`;
  return join(home, 'index', `v${FORMAT_VERSION}-${readable}-${size}-${hash}`);
}

/** Folders of other indexes beside `directory`: of earlier versions, other models, other sizes. */
export function indexesBeside(directory: string): string[] {
  const folder = dirname(directory);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((other) => other !== directory && hasIndex(other));
}

/** True when an index has been begun in this directory. */
export function hasIndex(directory: string): boolean {
  return existsSync(join(directory, FORMAT_FILE));
}

/** Makes the directory, readable by its owner alone. */
export function createIndexDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.platform !== 'win32') chmodSync(directory, 0o700);
}

export async function writeFormat(directory: string, shape: VectorShape): Promise<void> {
  const { modelId, dimension, bits, pooling = 1, leastWins = 0 } = shape;
  const format = { formatVersion: FORMAT_VERSION, modelId, dimension, bits, pooling, leastWins };
  await writeFileDurably(join(directory, FORMAT_FILE), `${JSON.stringify(format, null, 2)}\n`);
}

/**
 * @throws PassimError 'index-version' or 'index-model' when the index is another program's version's or another
 * model's, 'index-corrupt' when format.json cannot be read
 */
export function checkFormat(directory: string, shape: VectorShape): void {
  const file = join(directory, FORMAT_FILE);
  let found: z.infer<typeof formatSchema>;
  try {
    found = formatSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    throw new PassimError(
      'index-corrupt',
      `${file} cannot be read. Delete ${directory} to have the index built again.`,
      {
        subject: file,
        cause: error,
      },
    );
  }
  if (found.formatVersion !== FORMAT_VERSION)
    throw new PassimError(
      'index-version',
      `${directory} has format ${found.formatVersion}; this version of Passim reads and writes ${FORMAT_VERSION}. ` +
        'Let it build an index in a folder of its own, or use the version that wrote this one.',
      { subject: directory },
    );
  const { modelId, dimension, bits, pooling = 1, leastWins = 0 } = shape;
  const same = found.modelId === modelId && found.dimension === dimension;
  if (!same || found.bits !== bits || found.pooling !== pooling || found.leastWins !== leastWins)
    throw new PassimError(
      'index-model',
      `${directory} was written with ${describe(found)}, not with ${describe(shape)}. ` +
        'Let the new model build an index in a folder of its own, or choose the old model again.',
      { subject: directory },
    );
}

function describe({
  modelId,
  dimension,
  bits,
  pooling = 1,
  leastWins = 0,
}: Omit<VectorShape, 'pooling' | 'leastWins'> & {
  readonly pooling?: number | undefined;
  readonly leastWins?: number | undefined;
}): string {
  const pooled = pooling === 1 ? '' : `, ${pooling} tokens in one`;
  const dropped = leastWins === 0 ? '' : `, without tokens of fewer than ${leastWins} wins`;
  return `the model ${modelId} (${dimension} dimensions, ${bits} bits${pooled}${dropped})`;
}
