import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import type { Place } from '../../contract/document.ts';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import type { FileBytes } from '../../contract/shell.ts';

/** Largest file that a preview reads, in bytes. */
export const PREVIEW_LIMIT = 128 * 1024 * 1024;

/** Formats whose program shows a document and runs nothing in it by itself. Everything else is shown in its folder. */
const DOCUMENT_EXTENSIONS = new Set(
  (
    'pdf txt text log md markdown rst org adoc asciidoc tex csv tsv json jsonl yaml yml toml xml html htm xhtml epub ' +
    'docx pptx xlsx odt odp ods rtf doc xls ppt eml msg mbox srt vtt ipynb png jpg jpeg gif webp bmp tif tiff'
  ).split(' '),
);

/** True when the real path lies in the folder or is the folder. Both must be real paths. */
export function isInside(folder: string, path: string): boolean {
  const step = relative(folder, path);
  return step === '' || !(step === '..' || step.startsWith(`..${sep}`) || isAbsolute(step));
}

/** Spellings that Windows takes for something else than they look like: network shares, devices, streams, trailing dots. */
export function isDeceptivePath(path: string, platform: NodeJS.Platform): boolean {
  if (path.includes('\0')) return true;
  if (platform !== 'win32') return false;
  if (/^[\\/]{2}/.test(path) || /^[\\/]*[?.][\\/]/.test(path)) return true;
  if (path.replace(/^[A-Za-z]:/, '').includes(':')) return true;
  return path.split(/[\\/]/).some((part) => part !== '.' && part !== '..' && /[. ]$/.test(part));
}

/** Whether the system's program may be asked to open it. */
export function isDocument(path: string): boolean {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 && DOCUMENT_EXTENSIONS.has(name.slice(dot + 1).toLowerCase());
}

/** Whether it is a file of its own: a folder or a pipe may bear a document's name. */
export async function isOrdinaryFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/**
 * The real path of a path in a watched folder. A link that was put in a file's place since it was indexed is
 * refused when it leads out of the folder, or to a file that is not indexed.
 * @throws PassimError 'not-found' or 'not-allowed'
 */
export async function resolveWatched(
  engine: EngineApi,
  path: string,
  options: { platform: NodeJS.Platform; indexed: boolean },
): Promise<string> {
  if (isDeceptivePath(path, options.platform) || !isAbsolute(path)) {
    throw new PassimError('not-allowed', `${path} is not a path that can be opened.`, { subject: path });
  }
  let real: string;
  try {
    real = await realpath(path);
  } catch {
    throw new PassimError('not-found', `${path} is no longer there.`, { subject: path });
  }
  const { folders } = await engine.call('status', { problems: 0 });
  const roots = await Promise.all(folders.map((folder) => realpath(folder.path).catch(() => null)));
  if (
    !roots.some((root) => root !== null && isInside(root, real)) ||
    isDeceptivePath(real, options.platform)
  ) {
    throw new PassimError('not-allowed', `${path} is not in a watched folder.`, { subject: path });
  }
  if (options.indexed && real !== path) {
    const known = await engine.call('getFilePassages', { path: real, count: 1 }).catch(() => null);
    if (known === null)
      throw new PassimError('not-allowed', `${path} is a link to a file that is not indexed.`);
  }
  return real;
}

interface ResolvedFile {
  readonly path: string;
  readonly real: string;
  readonly place: Place | null;
}

/** Stands before the path in the id of a result that only a file's name brought: it has no passage. */
const FILE_ID = 'file:';

/**
 * The real path of the file that a result comes from, and where in it the passage begins: by a passage's id, or `file:` and the path of a file that the
 * engine knows.
 * @throws PassimError 'not-found' for what is not in the index, 'not-allowed'
 */
export async function resolvePassage(
  engine: EngineApi,
  id: string,
  platform: NodeJS.Platform,
): Promise<ResolvedFile> {
  if (id.startsWith(FILE_ID)) return resolveKnownFile(engine, id.slice(FILE_ID.length), platform);
  const { path, segments } = await engine.call('getPassage', { id });
  const real = await resolveWatched(engine, path, { platform, indexed: true });
  return { path, real, place: segments[0]?.place ?? null };
}

/** A file without text is known to the engine all the same; a path that it does not know, or a link to one, is refused. */
async function resolveKnownFile(
  engine: EngineApi,
  path: string,
  platform: NodeJS.Platform,
): Promise<ResolvedFile> {
  await engine.call('getFilePassages', { path, count: 1 });
  return { path, real: await resolveWatched(engine, path, { platform, indexed: true }), place: null };
}

/** Bytes of the file that a passage comes from. */
export async function readIndexedFile(
  engine: EngineApi,
  id: string,
  platform: NodeJS.Platform,
): Promise<FileBytes> {
  const { path, real } = await resolvePassage(engine, id, platform);
  try {
    const handle = await open(real, 'r');
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw new PassimError('not-allowed', `${path} is no ordinary file.`);
      if (found.size > PREVIEW_LIMIT) {
        throw new PassimError(
          'bad-request',
          `${path} is too large to be shown (${Math.round(found.size / 1048576)} MB); open it instead.`,
        );
      }
      return { bytes: new Uint8Array(await handle.readFile()), path };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof PassimError) throw error;
    throw new PassimError('io-error', `${path} cannot be read: ${(error as Error).message}`, {
      subject: path,
      cause: error,
    });
  }
}
