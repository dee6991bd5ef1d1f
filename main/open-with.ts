import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import { PassimError } from '../app/contract/errors.ts';
import type { SystemQueries } from '../app/serve/shell/default-programs.ts';
import type { Launcher } from '../app/serve/shell/launcher.ts';

/** A program that can open a file: its name, and the command that does it as one argument each. */
export interface OfferedProgram {
  readonly name: string;
  readonly command: readonly [string, readonly string[]];
}

export interface OpenWithOptions {
  readonly platform: NodeJS.Platform;
  readonly queries: SystemQueries;
  readonly launcher: Launcher;
  /** Folders of desktop entries, nearest first; for Linux. */
  readonly entryFolders: readonly string[];
  /** Shows a menu; resolves once it is gone. */
  popup(items: MenuItemConstructorOptions[]): Promise<void>;
  onFailure(error: unknown): void;
}

/** Lists the programs for a file given as argument; JavaScript for macOS's own interpreter. */
const MAC_PROGRAMS = `
function run(argv) {
  ObjC.import('AppKit');
  const urls = $.NSWorkspace.sharedWorkspace.URLsForApplicationsToOpenURL($.NSURL.fileURLWithPath(argv[0]));
  const paths = [];
  for (let i = 0; i < urls.count; i++) paths.push(ObjC.unwrap(urls.objectAtIndex(i).path));
  return JSON.stringify(paths);
}`;

/**
 * Lets the person choose the program for a document: Windows has a dialog of its own; elsewhere the programs that
 * the system knows for the file are offered in a menu.
 * @throws PassimError 'not-found' when the system knows no program for it
 */
export async function openWith(path: string, options: OpenWithOptions): Promise<void> {
  const { platform, launcher } = options;
  if (platform === 'win32') {
    await launcher.launch('OpenWith.exe', [path]);
    return;
  }
  const programs = await (platform === 'darwin' ? onMac(path, options) : onLinux(path, options));
  if (programs.length === 0) {
    throw new PassimError('not-found', `The system knows no program for ${basename(path)}.`, {
      subject: path,
    });
  }
  await options.popup(
    programs.map(({ name, command }) => ({
      label: name,
      click: () => {
        launcher.launch(...command).catch(options.onFailure);
      },
    })),
  );
}

async function onMac(path: string, { queries }: OpenWithOptions): Promise<OfferedProgram[]> {
  let found: unknown;
  try {
    found = JSON.parse(await queries.run('osascript', ['-l', 'JavaScript', '-e', MAC_PROGRAMS, path]));
  } catch {
    return [];
  }
  if (!Array.isArray(found)) return [];
  return found
    .filter((program): program is string => typeof program === 'string' && program.startsWith('/'))
    .map((program) => ({ name: basename(program, '.app'), command: ['open', ['-a', program, path]] }));
}

/** Desktop entries that `gio mime` lists, without repetition, in the order of the system. */
export function entriesOf(listing: string): string[] {
  return [...new Set([...listing.matchAll(/^\s+([\w.@+-]+\.desktop)\s*$/gm)].map((match) => match[1] ?? ''))];
}

async function onLinux(path: string, options: OpenWithOptions): Promise<OfferedProgram[]> {
  const { queries, entryFolders } = options;
  const type = (await queries.run('xdg-mime', ['query', 'filetype', path])).trim();
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(type)) return [];
  const programs: OfferedProgram[] = [];
  for (const entry of entriesOf(await queries.run('gio', ['mime', type]))) {
    const name = await entryName(entry, entryFolders);
    if (name !== null) programs.push({ name, command: ['gtk-launch', [entry, path]] });
  }
  return programs;
}

async function entryName(entry: string, folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    try {
      const text = await readFile(join(folder, entry), 'utf8');
      return /^Name=(.+)$/m.exec(text)?.[1]?.trim() ?? null;
    } catch {}
  }
  return null;
}
