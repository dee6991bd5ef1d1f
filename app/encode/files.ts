import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PassimError } from '../contract/errors.ts';

/** Hashes of files that were read before, by path; size and time of change tell whether the file is the same. */
const hashes = new Map<string, { size: number; modified: number; sha256: string }>();

/** sha256 of a file in lower-case hex; remembered while its size and time of change stay the same. */
export async function hashFile(file: string): Promise<string> {
  const { size, mtimeMs } = await stat(file);
  const known = hashes.get(file);
  if (known?.size === size && known.modified === mtimeMs) return known.sha256;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  const sha256 = hash.digest('hex');
  hashes.set(file, { size, modified: mtimeMs, sha256 });
  return sha256;
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
