import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { modelManifestSchema, PassimError } from '../contract/index.ts';
import { describeExport } from './describe.ts';
import { hashFile, isMissing, placeInPackage } from './files.ts';
import { loadModelPackage, type ModelPackage } from './package.ts';

export interface DownloadProgress {
  readonly file: string;
  /** Bytes of this file that are here, and its size where the server tells. */
  readonly bytes: number;
  readonly total: number | null;
}

export interface DownloadOptions {
  /**
   * Files to fetch, relative to the base. Without it `manifest.json` is fetched first and names the others with their
   * hashes.
   */
  readonly files?: readonly string[];
  /** sha256 by file, in lower-case hex. For a file without one the hash that the hub itself states is used. */
  readonly sha256?: Readonly<Record<string, string>>;
  readonly fetch?: typeof globalThis.fetch;
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** Waits between two tries; milliseconds in. */
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** Tries in a row without a single new byte before a download is given up. */
const FRUITLESS_TRIES = 5;
const FIRST_WAIT_MS = 500;

/**
 * Where a model's files lie: a base address as it is, or "owner/name" (and "owner/name@revision") on the Hugging Face
 * hub.
 */
export function modelBase(repoOrUrl: string): string {
  if (/^https?:\/\//.test(repoOrUrl)) return repoOrUrl.endsWith('/') ? repoOrUrl : `${repoOrUrl}/`;
  const match = /^([\w.-]+\/[\w.-]+)(?:@([\w./-]+))?$/.exec(repoOrUrl);
  if (match === null)
    throw new PassimError(
      'bad-request',
      `"${repoOrUrl}" is neither an address nor a model's name (owner/name).`,
      {
        subject: repoOrUrl,
      },
    );
  return `https://huggingface.co/${match[1]}/resolve/${match[2] ?? 'main'}/`;
}

/**
 * Fetches a model package that the person asked for: the only code of Passim that goes over the network. What was
 * fetched before a broken connection or a restart is kept and continued; every file is checked against its hash; the
 * destination appears only when the package is whole and can be read.
 * @param repoOrUrl see {@link modelBase}
 * @param destination folder that must not exist yet; beside it, `destination.partial` holds what is under way
 * @throws PassimError 'io-error' when the server can't be reached, 'model-tampered' when a file has the wrong hash,
 * 'model-invalid' when there is no hash to check against or the files are no package, 'cancelled'
 */
export async function downloadModel(
  repoOrUrl: string,
  destination: string,
  options: DownloadOptions = {},
): Promise<ModelPackage> {
  const target = resolve(destination);
  if (existsSync(target))
    throw new PassimError('bad-request', `${target} is there already.`, { subject: target });
  const base = modelBase(repoOrUrl);
  const stage = `${target}.partial`;
  await mkdir(stage, { recursive: true });
  const download = new Download(base, stage, options);
  if (options.files !== undefined) {
    for (const file of options.files) await download.file(file, options.sha256?.[file] ?? null);
  } else {
    await download.manifest(options.sha256?.['manifest.json'] ?? null);
  }
  if (!existsSync(join(stage, 'manifest.json'))) {
    const described = await describeExport(stage, basename(target));
    await writeFile(join(stage, 'manifest.json'), `${JSON.stringify(described, null, 2)}\n`);
  }
  await loadModelPackage(stage);
  await rename(stage, target);
  return loadModelPackage(target);
}

class Download {
  readonly #base: string;
  readonly #stage: string;
  readonly #options: DownloadOptions;
  readonly #fetch: typeof globalThis.fetch;
  readonly #wait: (ms: number) => Promise<unknown>;

  constructor(base: string, stage: string, options: DownloadOptions) {
    this.#base = base;
    this.#stage = stage;
    this.#options = options;
    this.#fetch = options.fetch ?? globalThis.fetch;
    this.#wait =
      options.wait ?? ((ms) => sleep(ms, undefined, options.signal ? { signal: options.signal } : {}));
  }

  /** The manifest and every file that it names. */
  async manifest(sha256: string | null): Promise<void> {
    const file = join(this.#stage, 'manifest.json');
    // It names the hashes of all others; its own is checked where one was given.
    await this.#fetchWhole('manifest.json', file, sha256);
    const parsed = modelManifestSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new PassimError(
        'model-invalid',
        `${this.#base}manifest.json: "${issue?.path.join('.')}" ${issue?.message}`,
        { subject: issue?.path.join('.') ?? 'manifest.json' },
      );
    }
    for (const [name, { sha256: expected }] of Object.entries(parsed.data.files))
      await this.file(name, expected);
  }

  /** One file, checked against `sha256`, or else against the hash that the hub states for it. */
  async file(name: string, sha256: string | null): Promise<void> {
    const path = placeInPackage(this.#stage, name);
    const expected = sha256 === null ? await this.#statedHash(name) : `sha256:${sha256}`;
    if (existsSync(path) && (await contentHash(path, expected)) === expected) return;
    await this.#fetchWhole(name, path, expected.replace(/^sha256:/, ''));
  }

  /**
   * A partial file may stem from another version of the file: when the hash of a continued download is wrong, it is
   * fetched once more from its beginning.
   */
  async #fetchWhole(name: string, path: string, hash: string | null): Promise<void> {
    const partial = `${path}.part`;
    await mkdir(dirname(path), { recursive: true });
    for (;;) {
      const continued = await this.#fetchBytes(name, partial);
      const found = hash === null ? null : await contentHash(partial, hash);
      if (found === null || found.replace(/^sha256:/, '') === hash) break;
      await rm(partial, { force: true });
      if (!continued)
        throw new PassimError('model-tampered', `${this.#base}${name} does not have the expected hash.`, {
          subject: name,
        });
    }
    await rename(partial, path);
  }

  /** Fetches until the file is whole. @returns true when any byte was there before */
  async #fetchBytes(name: string, partial: string): Promise<boolean> {
    const before = await sizeOf(partial);
    let fruitless = 0;
    for (;;) {
      const had = await sizeOf(partial);
      try {
        await this.#fetchOnce(name, partial, had);
        return before > 0;
      } catch (error) {
        if (this.#options.signal?.aborted)
          throw new PassimError('cancelled', `Fetching ${name} was cancelled; it can be continued.`, {
            subject: name,
            cause: error,
          });
        if (error instanceof PassimError) throw error;
        fruitless = (await sizeOf(partial)) > had ? 0 : fruitless + 1;
        if (fruitless >= FRUITLESS_TRIES)
          throw new PassimError('io-error', `${this.#base}${name} can't be fetched: ${reasonOf(error)}`, {
            subject: name,
            cause: error,
          });
        await this.#wait(FIRST_WAIT_MS * 2 ** fruitless);
      }
    }
  }

  async #fetchOnce(name: string, partial: string, had: number): Promise<void> {
    const response = await this.#fetch(this.#address(name), {
      // Compressed on the way, a file could be neither continued nor measured.
      headers: { 'accept-encoding': 'identity', ...(had > 0 ? { range: `bytes=${had}-` } : {}) },
      ...(this.#options.signal ? { signal: this.#options.signal } : {}),
    });
    if (response.status === 416) {
      // The partial file is as long as the file, or longer; its hash decides.
      await response.body?.cancel();
      return;
    }
    if (response.status >= 400 && response.status < 500)
      throw new PassimError('io-error', `${this.#base}${name}: the server answers ${response.status}.`, {
        subject: name,
      });
    if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
    const from = response.status === 206 ? had : 0;
    const left = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(left) ? from + left : null;
    const handle = await open(partial, from > 0 ? 'a' : 'w');
    let bytes = from;
    try {
      for await (const chunk of response.body) {
        await handle.write(chunk);
        bytes += chunk.length;
        this.#options.onProgress?.({ file: name, bytes, total });
      }
      if (total !== null && bytes < total)
        throw new Error(`the connection broke after ${bytes} of ${total} bytes`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** The hash that the hub states: sha256 for large files, git's for small ones. */
  async #statedHash(name: string): Promise<string> {
    let response: Response;
    try {
      response = await this.#fetch(this.#address(name), {
        method: 'HEAD',
        redirect: 'manual',
        ...(this.#options.signal ? { signal: this.#options.signal } : {}),
      });
    } catch (error) {
      throw new PassimError('io-error', `${this.#base}${name} can't be reached: ${reasonOf(error)}`, {
        subject: name,
        cause: error,
      });
    }
    if (response.status >= 400)
      throw new PassimError('io-error', `${this.#base}${name}: the server answers ${response.status}.`, {
        subject: name,
      });
    const tag = (response.headers.get('x-linked-etag') ?? response.headers.get('etag') ?? '').replace(
      /^W\/|"/g,
      '',
    );
    if (/^[0-9a-f]{64}$/.test(tag)) return `sha256:${tag}`;
    if (/^[0-9a-f]{40}$/.test(tag)) return `git:${tag}`;
    throw new PassimError('model-invalid', `There is no hash to check ${this.#base}${name} against.`, {
      subject: name,
    });
  }

  #address(name: string): URL {
    return new URL(name.split('/').map(encodeURIComponent).join('/'), this.#base);
  }
}

/** Hash of a file in the form of `like`: "git:…" as git names a blob, else "sha256:…". */
async function contentHash(file: string, like: string): Promise<string> {
  if (!like.startsWith('git:')) return `sha256:${await hashFile(file)}`;
  const bytes = await readFile(file);
  return `git:${createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')}`;
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
