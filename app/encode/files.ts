import { createHash, webcrypto } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PassimError } from '../contract/errors.ts';

/** Files up to this size are read whole for their hash. */
const WHOLE_BYTES = 64 * 2 ** 20;

/** Hashes of files that were read before, by path; size and time of change tell whether the file is the same. */
const hashes = new Map<string, { size: number; modified: number; sha256: string }>();

/** sha256 of a file in lower-case hex; remembered while its size and time of change stay the same. */
export async function hashFile(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const known = hashes.get(file);
  if (known?.size === size && known.modified === mtimeMs) return known.sha256;
  const sha256 = size <= WHOLE_BYTES ? await hashWhole(file) : await hashStream(file);
  hashes.set(file, { size, modified: mtimeMs, sha256 });
  return sha256;
}

/** In another thread. */
async function hashWhole(file: string): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', await readFile(file))).toString('hex');
}

async function hashStream(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/** Absolute path of a file of the package. @throws PassimError 'model-invalid' for a name that leads outside */
export function placeInPackage(root: string, name: string): string {
  const path = normalize(name);
  if (isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`) || name.includes('\0'))
    throw new PassimError('model-invalid', `The file name "${name}" leads outside the model package.`, {
      subject: name,
    });
  return join(root, path);
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}
