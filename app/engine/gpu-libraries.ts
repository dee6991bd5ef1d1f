import { existsSync } from 'node:fs';
import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { PassimError } from '../contract/errors.ts';
import { type FetchOptions, fetchFile, hasHash, sizeOf, storageFault } from '../encode/fetch-file.ts';
import { isMissing } from '../encode/files.ts';
import { type ProviderHost, runtimeVersion, thisHost } from '../encode/providers.ts';
import { WriterLock } from '../store/writer-lock.ts';
import published from './gpu-libraries.json' with { type: 'json' };
import type { Home } from './home.ts';
import { placeFiles } from './place-files.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** An archive that holds the CUDA provider's libraries for one version of ONNX Runtime. */
const gpuReleaseSchema = z.object({
  source: z.string(),
  url: z.url(),
  bytes: z.number().int().positive(),
  /** As published by whoever published the archive. */
  sha256: sha256Schema,
  license: z.string(),
  /** What else the machine must have. */
  needs: z.string(),
  /** In the order in which they are put in place; the last one makes the provider usable. */
  files: z
    .array(
      z.object({
        path: z.string().min(1),
        /** A plain name: nothing is ever written outside the folder of ONNX Runtime. */
        name: z.string().regex(/^[A-Za-z0-9][\w.-]*$/),
        bytes: z.number().int().positive(),
        sha256: sha256Schema,
      }),
    )
    .min(1),
});
export type GpuRelease = z.infer<typeof gpuReleaseSchema>;

/** Version of onnxruntime-node → platform ("linux-x64") → archive. */
const gpuTableSchema = z.record(z.string(), z.record(z.string(), gpuReleaseSchema));

export interface GpuStatus {
  /** Version of onnxruntime-node. */
  readonly runtime: string;
  readonly platform: string;
  /** Where ONNX Runtime looks for the libraries. */
  readonly folder: string;
  readonly state: 'installed' | 'absent' | 'not-supported';
  /** Null when there are none for this machine; `reason` says why. */
  readonly release: GpuRelease | null;
  readonly reason: string;
  /** Bytes of a download that was cut and can be continued. */
  readonly fetched: number;
}

interface Options {
  readonly home: Home;
  /** The machine, when it is not this one. */
  readonly host?: ProviderHost;
  readonly version?: string;
  /** The table of archives, when it is not the one that comes with Passim. */
  readonly table?: unknown;
  /** Bytes free for a folder's files. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Bytes that stay free whatever is installed, so that the index can go on. */
const SPARE_BYTES = 256 * 1024 * 1024;

/**
 * The libraries of ONNX Runtime's CUDA provider, which the npm package leaves out because of their size. They must lie
 * beside the runtime itself, which looks for them nowhere else, and must be of its version: the interface between them
 * is private to one build.
 */
export class GpuLibraries {
  readonly #home: Home;
  readonly #host: ProviderHost;
  readonly #version: string;
  readonly #table: z.infer<typeof gpuTableSchema>;
  readonly #freeBytes: (folder: string) => Promise<number>;

  constructor(options: Options) {
    this.#home = options.home;
    this.#host = options.host ?? thisHost();
    this.#version = options.version ?? runtimeVersion();
    this.#table = gpuTableSchema.parse(options.table ?? published);
    this.#freeBytes = options.freeBytes ?? freeBytes;
  }

  async status(): Promise<GpuStatus> {
    const release = this.#release();
    const state =
      release === null ? 'not-supported' : (await this.#isInstalled(release)) ? 'installed' : 'absent';
    return {
      runtime: this.#version,
      platform: this.#platform,
      folder: this.#host.libraries,
      state,
      release,
      reason: release === null ? this.#whyNot() : '',
      fetched: release === null ? 0 : await this.#fetched(release),
    };
  }

  /**
   * Fetches the archive, checks it against its published hash, and puts the libraries in place, each at once. What a
   * broken download has is kept and continued; nothing else stays behind when it fails.
   * @returns false when they were there already
   * @throws PassimError 'not-supported', 'disk-full', 'io-error' (no network, or a folder that cannot be written),
   * 'model-tampered', 'index-locked' when another process is at it, 'cancelled'
   */
  async install(options: FetchOptions = {}): Promise<boolean> {
    const release = this.#release();
    if (release === null) throw new PassimError('not-supported', this.#whyNot(), { subject: this.#platform });
    if (await this.#isInstalled(release)) return false;
    const folder = this.#host.libraries;
    await probe(folder);
    await this.#checkSpace(release);
    await mkdir(this.#stage, { recursive: true });
    const lock = WriterLock.acquire(this.#stage);
    try {
      const archive = this.#archive(release);
      const hash = `sha256:${release.sha256}`;
      if (!existsSync(archive) || !(await hasHash(archive, hash)))
        await fetchFile(
          { url: new URL(release.url), name: basename(archive), path: archive, hash, bytes: release.bytes },
          options,
        );
      await placeFiles(archive, release.files, folder, options.signal);
    } finally {
      lock.release();
    }
    await rm(this.#stage, { recursive: true, force: true });
    return true;
  }

  /**
   * Deletes the libraries and what was fetched of them.
   * @returns the files that are gone
   * @throws PassimError 'index-locked' while they are being installed, 'io-error'
   */
  async remove(): Promise<string[]> {
    // One that is being installed is not taken away in between.
    if (existsSync(this.#stage)) WriterLock.acquire(this.#stage).release();
    const gone: string[] = [];
    const names = new Set(
      Object.values(this.#table).flatMap((platforms) =>
        (platforms[this.#platform]?.files ?? []).map((file) => file.name),
      ),
    );
    // Backwards, so that the runtime never finds one without those that it needs.
    for (const name of [...names].reverse()) {
      const file = join(this.#host.libraries, name);
      if (!existsSync(file)) continue;
      try {
        await rm(file);
      } catch (error) {
        throw storageFault(error, this.#host.libraries) ?? error;
      }
      gone.push(file);
    }
    if (existsSync(this.#stage)) {
      await rm(this.#stage, { recursive: true, force: true });
      gone.push(this.#stage);
    }
    return gone;
  }

  get #platform(): string {
    return `${this.#host.platform}-${this.#host.arch}`;
  }

  get #stage(): string {
    return join(this.#home.cache, 'gpu');
  }

  #archive(release: GpuRelease): string {
    return join(this.#stage, basename(new URL(release.url).pathname));
  }

  #release(): GpuRelease | null {
    return this.#table[this.#version]?.[this.#platform] ?? null;
  }

  #whyNot(): string {
    const { platform, arch } = this.#host;
    if (platform === 'win32')
      return 'On Windows, GPUs are used through DirectML, which is part of Passim; there is nothing to install. ONNX Runtime’s package for Node is built without CUDA there.';
    if (platform === 'darwin')
      return 'On macOS, GPUs are used through CoreML, which is part of Passim; there is nothing to install.';
    if (!Object.values(this.#table).some((platforms) => platforms[this.#platform] !== undefined))
      return `There are no CUDA libraries for ONNX Runtime’s package for Node on ${platform} ${arch}; only for Linux on x64.`;
    return `This version of Passim knows no CUDA libraries for ONNX Runtime ${this.#version}, only for ${Object.keys(this.#table).join(', ')}. Update Passim, or install one of these versions of onnxruntime-node.`;
  }

  async #isInstalled(release: GpuRelease): Promise<boolean> {
    for (const { name, bytes, sha256 } of release.files) {
      const file = join(this.#host.libraries, name);
      if ((await sizeOf(file)) !== bytes || !(await hasHash(file, `sha256:${sha256}`))) return false;
    }
    return true;
  }

  async #fetched(release: GpuRelease): Promise<number> {
    const archive = this.#archive(release);
    return (await sizeOf(archive)) || sizeOf(`${archive}.part`);
  }

  async #checkSpace(release: GpuRelease): Promise<void> {
    const fetching = Math.max(0, release.bytes - (await this.#fetched(release)));
    const unpacked = release.files.reduce((sum, file) => sum + file.bytes, 0);
    const [home, folder] = [this.#home.directory, this.#host.libraries];
    const together = (await stat(home)).dev === (await stat(folder)).dev;
    const needs: [string, number][] = together
      ? [[folder, fetching + unpacked]]
      : [
          [home, fetching],
          [folder, unpacked],
        ];
    for (const [place, bytes] of needs) {
      const free = await this.#freeBytes(place);
      if (bytes + SPARE_BYTES > free)
        throw new PassimError(
          'disk-full',
          `The CUDA libraries need ${megabytes(bytes)} on the disk of ${place}, and ${megabytes(SPARE_BYTES)} must stay free; there are ${megabytes(free)}.`,
          { subject: place },
        );
    }
  }
}

/** Rights tell too little (read-only disks, packages of the system), so it is tried. */
async function probe(folder: string): Promise<void> {
  const file = join(folder, `.passim-${process.pid}`);
  try {
    await (await open(file, 'w')).close();
    await rm(file);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new PassimError(
      'io-error',
      `ONNX Runtime looks for its CUDA libraries in ${folder} alone, and that folder cannot be written${why}. Run the command as the user who installed Passim, or install Passim in a folder of your own.`,
      { subject: folder, cause: error },
    );
  }
}

async function freeBytes(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 1e6).toLocaleString('en')} MB`;
}
