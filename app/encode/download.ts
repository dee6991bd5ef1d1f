import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { modelManifestSchema, PassimError } from '../contract/index.ts';
import { describeExport } from './describe.ts';
import { type FetchOptions, fetchFile, hasHash, reasonOf } from './fetch-file.ts';
import { placeInPackage } from './files.ts';
import { loadModelPackage, type ModelPackage } from './package.ts';

export interface DownloadOptions extends FetchOptions {
  /**
   * Files to fetch, relative to the base. Without it `manifest.json` is fetched first and names the others with their
   * hashes.
   */
  readonly files?: readonly string[];
  /** sha256 by file, in lower-case hex. For a file without one the hash that the hub itself states is used. */
  readonly sha256?: Readonly<Record<string, string>>;
}

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
 * Fetches a model package that the person asked for. What was fetched before a broken connection or a restart is kept
 * and continued; every file is checked against its hash; the destination appears only when the package is whole and can
 * be read.
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

  constructor(base: string, stage: string, options: DownloadOptions) {
    this.#base = base;
    this.#stage = stage;
    this.#options = options;
    this.#fetch = options.fetch ?? globalThis.fetch;
  }

  /** The manifest and every file that it names. */
  async manifest(sha256: string | null): Promise<void> {
    const file = join(this.#stage, 'manifest.json');
    // It names the hashes of all others; its own is checked where one was given.
    const hash = sha256 === null ? null : `sha256:${sha256}`;
    await fetchFile(
      { url: this.#address('manifest.json'), name: 'manifest.json', path: file, hash },
      this.#options,
    );
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
    const hash = sha256 === null ? await this.#statedHash(name) : `sha256:${sha256}`;
    if (existsSync(path) && (await hasHash(path, hash))) return;
    await fetchFile({ url: this.#address(name), name, path, hash }, this.#options);
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
