import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PassimError } from '../contract/errors.ts';
import { hashFile, isMissing } from './files.ts';

export interface DownloadProgress {
  readonly file: string;
  /** Bytes of this file that are here, and its size where the server tells. */
  readonly bytes: number;
  readonly total: number | null;
}

export interface FetchOptions {
  readonly fetch?: typeof globalThis.fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Waits between two tries; milliseconds in. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** A file of the network and the place where it is to lie. */
export interface WantedFile {
  readonly url: URL;
  /** What it is called in progress and errors. */
  readonly name: string;
  readonly path: string;
  /** "sha256:…" or, for a blob of git, "git:…", in lower-case hex; null when there is nothing to hold it to. */
  readonly hash: string | null;
  /** Its size where that is known; a longer answer is refused before it fills the disk. */
  readonly bytes?: number;
}

/** Tries in a row without a single new byte before a download is given up. */
const FRUITLESS_TRIES = 5;
const FIRST_WAIT_MS = 500;

/**
 * Fetches one file that the person asked for, checks it, and puts it in its place in one step: with what calls it, the
 * only code of Passim that goes over the network. Beside it, `path.part` holds what is under way, and `path.part.tag`
 * the version that the server named, so that a later try continues only the same version (If-Range, RFC 9110 §13.1.5).
 * @throws PassimError 'io-error' when the server can't be reached or the folder not written, 'model-tampered' for a
 * wrong hash, 'disk-full', 'cancelled'
 */
export async function fetchFile(wanted: WantedFile, options: FetchOptions = {}): Promise<void> {
  const partial = `${wanted.path}.part`;
  try {
    await mkdir(dirname(wanted.path), { recursive: true });
    // A partial file may be of another version: when a continued one has a wrong hash, it is fetched once more.
    for (;;) {
      const continued = await fetchBytes(wanted, partial, options);
      if (wanted.hash === null || (await hasHash(partial, wanted.hash))) break;
      await drop(partial);
      if (!continued)
        throw new PassimError('model-tampered', `${wanted.url.href} does not have the expected hash.`, {
          subject: wanted.name,
        });
    }
    await rename(partial, wanted.path);
    await rm(tagOf(partial), { force: true });
  } catch (error) {
    throw storageFault(error, dirname(wanted.path)) ?? error;
  }
}

/** Whether a file has the content that a hash names; see {@link WantedFile.hash}. */
export async function hasHash(file: string, hash: string): Promise<boolean> {
  if (!hash.startsWith('git:')) return `sha256:${await hashFile(file)}` === hash;
  const bytes = await readFile(file);
  return hash === `git:${createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')}`;
}

/** Size in bytes of a file, 0 when it is missing. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

/** What a failed write means for a person; null for errors that have nothing to do with the disk. */
export function storageFault(error: unknown, folder: string): PassimError | null {
  if (error instanceof PassimError || !(error instanceof Error) || !('code' in error)) return null;
  const options = { subject: folder, cause: error };
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new PassimError('disk-full', `The disk of ${folder} is full.`, options);
  if (['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENOENT'].includes(String(error.code)))
    return new PassimError('io-error', `${folder} cannot be written: ${error.message}`, options);
  return null;
}

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const tagOf = (partial: string): string => `${partial}.tag`;

async function drop(partial: string): Promise<void> {
  await rm(partial, { force: true });
  await rm(tagOf(partial), { force: true });
}

/** Fetches until the file is whole. @returns true when any byte was there before */
async function fetchBytes(wanted: WantedFile, partial: string, options: FetchOptions): Promise<boolean> {
  const { signal } = options;
  const wait = options.wait ?? ((ms: number) => sleep(ms, undefined, signal ? { signal } : {}));
  const cancelled = (cause?: unknown): PassimError =>
    new PassimError('cancelled', `Fetching ${wanted.name} was cancelled; it can be continued.`, {
      subject: wanted.name,
      cause,
    });
  const before = await sizeOf(partial);
  let fruitless = 0;
  for (;;) {
    if (signal?.aborted) throw cancelled();
    const had = await sizeOf(partial);
    try {
      await fetchOnce(wanted, partial, had, options);
      return before > 0;
    } catch (error) {
      if (signal?.aborted) throw cancelled(error);
      if (error instanceof PassimError) throw error;
      const fault = storageFault(error, dirname(wanted.path));
      if (fault !== null) throw fault;
      fruitless = (await sizeOf(partial)) > had ? 0 : fruitless + 1;
      if (fruitless >= FRUITLESS_TRIES)
        throw new PassimError('io-error', `${wanted.url.href} can't be fetched: ${reasonOf(error)}`, {
          subject: wanted.name,
          cause: error,
        });
      // A signal that comes while waiting is met at the top.
      await Promise.resolve(wait(FIRST_WAIT_MS * 2 ** fruitless)).catch(() => {});
    }
  }
}

async function fetchOnce(
  wanted: WantedFile,
  partial: string,
  had: number,
  { fetch = globalThis.fetch, onProgress, signal }: FetchOptions,
): Promise<void> {
  const tag = had > 0 ? await readTag(partial) : null;
  const response = await fetch(wanted.url, {
    headers: {
      // Compressed on the way, a file could be neither continued nor measured.
      'accept-encoding': 'identity',
      ...(had > 0 ? { range: `bytes=${had}-` } : {}),
      ...(tag === null ? {} : { 'if-range': tag }),
    },
    ...(signal ? { signal } : {}),
  });
  if (response.status === 416) {
    // The partial file is as long as the file, or longer; its hash decides.
    await response.body?.cancel();
    return;
  }
  if (response.status >= 400 && response.status < 500)
    throw new PassimError('io-error', `${wanted.url.href}: the server answers ${response.status}.`, {
      subject: wanted.name,
    });
  if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
  const from = response.status === 206 ? had : 0;
  const start = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (from > 0 && start !== undefined && Number(start) !== from) {
    await response.body.cancel();
    await drop(partial);
    throw new Error(`the server sends from byte ${start} in place of ${from}`);
  }
  if (from === 0) await keepTag(partial, response);
  const left = Number(response.headers.get('content-length') ?? Number.NaN);
  const total = Number.isFinite(left) ? from + left : null;
  const handle = await open(partial, from > 0 ? 'a' : 'w');
  let bytes = from;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      if (wanted.bytes !== undefined && bytes > wanted.bytes)
        throw new PassimError('model-tampered', `${wanted.url.href} is longer than ${wanted.bytes} bytes.`, {
          subject: wanted.name,
        });
      await handle.writeFile(chunk);
      onProgress?.({ file: wanted.name, bytes, total });
    }
    if (total !== null && bytes < total)
      throw new Error(`the connection broke after ${bytes} of ${total} bytes`);
    await handle.sync();
  } catch (error) {
    if (error instanceof PassimError && error.code === 'model-tampered') await drop(partial);
    throw error;
  } finally {
    await handle.close();
  }
}

async function readTag(partial: string): Promise<string | null> {
  try {
    return (await readFile(tagOf(partial), 'utf8')) || null;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Weak validators promise no equal bytes, so they are of no use for continuing. */
async function keepTag(partial: string, response: Response): Promise<void> {
  const tag = response.headers.get('etag');
  if (tag?.startsWith('"')) await writeFile(tagOf(partial), tag);
  else await rm(tagOf(partial), { force: true });
}
