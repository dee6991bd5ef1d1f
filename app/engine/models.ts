import { existsSync, readdirSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { PassimError } from '../contract/errors.ts';
import type { ModelManifest } from '../contract/model.ts';
import type { Settings } from '../contract/settings.ts';
import { type DownloadOptions, downloadModel } from '../encode/download.ts';
import { createEncoder } from '../encode/encoder.ts';
import { hashFile } from '../encode/files.ts';
import { loadModelPackage, type ModelPackage } from '../encode/package.ts';
import { serializeCodebook } from '../index/codebook.ts';
import { fitCodebook } from '../index/fit-codebook.ts';
import type { Home } from './home.ts';
import { replaceJsonFile } from './json-file.ts';
import { KNOWN_MODELS, type KnownModel } from './known-models.ts';
import { defaultModelFolder } from './model-folder.ts';
import { readSettings, writeSettings } from './settings.ts';

/** Name of the model that ships with Passim in commands; its settings entry is null. */
export const DEFAULT_MODEL = 'default';
const CODEBOOK_FILE = 'codebook.safetensors';
/** Passages that a codebook is fitted on at most: PLAID's centroids gain little from more. */
const CODEBOOK_PASSAGES = 2_000;
const PARTIAL = '.partial';

export interface InstalledModel {
  readonly name: string;
  readonly folder: string;
  /** Null when the package cannot be read; `fault` says why. */
  readonly manifest: ModelManifest | null;
  readonly fault: string | null;
  readonly inUse: boolean;
}

/** Model packages of one data directory: those that were fetched lie in its folder `models`. */
export class Models {
  readonly #home: Home;

  constructor(home: Home) {
    this.#home = home;
  }

  get #folder(): string {
    return join(this.#home.directory, 'models');
  }

  /** The one that ships, then those that were fetched, then one that the settings name elsewhere. */
  async installed(): Promise<InstalledModel[]> {
    const current = readSettings(this.#home.settingsFile).model;
    const fetched = existsSync(this.#folder)
      ? readdirSync(this.#folder).filter((name) => !name.endsWith(PARTIAL) && !name.startsWith('.'))
      : [];
    const places: [string, string][] = [
      [DEFAULT_MODEL, defaultModelFolder()],
      ...fetched.sort().map((name): [string, string] => [name, join(this.#folder, name)]),
    ];
    if (current !== null && !places.some(([, folder]) => folder === resolve(current)))
      places.push([basename(current), resolve(current)]);
    return Promise.all(
      places.map(async ([name, folder], i): Promise<InstalledModel> => {
        const inUse = current === null ? i === 0 : folder === resolve(current);
        try {
          const { manifest } = await loadModelPackage(folder, { verify: false });
          return { name, folder, manifest, fault: null, inUse };
        } catch (error) {
          const fault = error instanceof Error ? error.message : String(error);
          return { name, folder, manifest: null, fault, inUse };
        }
      }),
    );
  }

  /**
   * Fetches a model by its known name, its name on the hub, or its address; a broken download is continued.
   * @param name what to call it; taken from the source when absent
   * @throws PassimError of {@link downloadModel}, 'bad-request' when there is one of that name
   */
  async add(
    source: string,
    options: DownloadOptions & { readonly name?: string } = {},
  ): Promise<ModelPackage> {
    const { name: given, ...download } = options;
    const known = KNOWN_MODELS.find((model) => model.name.toLowerCase() === source.toLowerCase());
    const name = checkedName(
      given ?? known?.name ?? basename(source.replace(/\/+$/, '').replace(/@[^/]*$/, '')),
    );
    const folder = join(this.#folder, name);
    const model = await downloadModel(known?.source ?? source, folder, {
      ...(known === undefined ? {} : { files: known.files }),
      ...download,
    });
    if (known !== undefined && model.manifest.license === 'unknown') await describeKnown(folder, known);
    return loadModelPackage(folder, { verify: false });
  }

  /**
   * The package behind a name: "default", one that was fetched, or the path of a folder.
   * @throws PassimError 'not-found', 'model-…'
   */
  async find(name: string): Promise<ModelPackage> {
    if (name === DEFAULT_MODEL) return loadModelPackage(defaultModelFolder());
    const fetched = join(this.#folder, basename(name));
    const folder = [name === basename(name) ? fetched : null, resolve(name)].find(
      (place) => place !== null && existsSync(place),
    );
    if (folder === undefined || folder === null)
      throw new PassimError(
        'not-found',
        `There is no model "${name}"; "passim model list" shows which there are.`,
        {
          subject: name,
        },
      );
    return loadModelPackage(folder);
  }

  /** Writes the choice into the settings; an engine takes it up at its next start. */
  choose(model: ModelPackage): void {
    const settings: Settings = readSettings(this.#home.settingsFile);
    const folder = model.folder === defaultModelFolder() ? null : model.folder;
    writeSettings(this.#home.settingsFile, { ...settings, model: folder });
  }

  /**
   * Deletes a model that was fetched. Its index stays until it is deleted by hand.
   * @throws PassimError 'bad-request' for the one in use and the one that ships, 'not-found'
   */
  async remove(name: string): Promise<string> {
    const model = (await this.installed()).find((installed) => installed.name === name);
    if (model === undefined) {
      const partial = join(this.#folder, `${checkedName(name)}${PARTIAL}`);
      if (existsSync(partial)) {
        rmSync(partial, { recursive: true, force: true });
        return partial;
      }
      throw new PassimError('not-found', `There is no model "${name}".`, { subject: name });
    }
    if (name === DEFAULT_MODEL)
      throw new PassimError('bad-request', 'The model that ships with Passim stays.', { subject: name });
    if (model.inUse)
      throw new PassimError(
        'bad-request',
        `"${name}" is in use; choose another one first: passim model use ${DEFAULT_MODEL}`,
        { subject: name },
      );
    if (model.folder !== join(this.#folder, name))
      throw new PassimError('bad-request', `${model.folder} was not fetched by Passim; delete it by hand.`, {
        subject: name,
      });
    rmSync(model.folder, { recursive: true, force: true });
    return model.folder;
  }
}

/**
 * Gives a package without a codebook one that is fitted on passages of the person's own: PLAID's centroids, which
 * vectors are stored relative to.
 * @param texts passages drawn at random, best some hundreds
 * @throws PassimError 'bad-request' when there is too little text
 */
export async function fitPackageCodebook(
  model: ModelPackage,
  texts: readonly string[],
): Promise<ModelPackage> {
  const { dimension } = model.manifest;
  const encoder = await createEncoder({ package: model, threads: 1 });
  let codebook: Parameters<typeof serializeCodebook>[0];
  try {
    const encoded = await encoder.encodePassages(texts.slice(0, CODEBOOK_PASSAGES));
    const samples = new Float32Array(encoded.reduce((sum, passage) => sum + passage.vectors.length, 0));
    let at = 0;
    for (const { vectors } of encoded) {
      samples.set(vectors, at);
      at += vectors.length;
    }
    codebook = await fitCodebook(samples, { dimension });
  } finally {
    await encoder.close();
  }
  const file = join(model.folder, CODEBOOK_FILE);
  const bytes = serializeCodebook(codebook);
  await writeFile(file, bytes);
  const manifest: ModelManifest = {
    ...model.manifest,
    codebook: CODEBOOK_FILE,
    files: {
      ...model.manifest.files,
      [CODEBOOK_FILE]: { sha256: await hashFile(file), bytes: bytes.byteLength },
    },
  };
  replaceJsonFile(join(model.folder, 'manifest.json'), manifest);
  return loadModelPackage(model.folder);
}

/** Fills in what an export does not say of itself. */
async function describeKnown(folder: string, known: KnownModel): Promise<void> {
  const file = join(folder, 'manifest.json');
  const manifest: unknown = JSON.parse(await readFile(file, 'utf8'));
  replaceJsonFile(file, { ...(manifest as object), license: known.license, baseModel: known.source });
}

/** @throws PassimError 'bad-request' for names that are no plain folder name */
function checkedName(name: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,99}$/.test(name) && name !== DEFAULT_MODEL && !name.endsWith(PARTIAL))
    return name;
  throw new PassimError('bad-request', `"${name}" cannot be the name of a model; give one with --name.`, {
    subject: name,
  });
}
