import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { extname, join, posix, win32 } from 'node:path';
import type { Place } from '../../contract/document.ts';
import { PROGRAMS, type Program } from './programs.ts';

/** A command and its arguments. */
export type Command = [string, string[]];

export interface DefaultPrograms {
  /**
   * The command that opens a file at a page or line in the person's own program for it; null when the system does
   * not tell which program that is, or the program has no way to be told.
   */
  commandAt(path: string, place: Place | null): Promise<Command | null>;
}

/** What is asked of the system. */
export interface SystemQueries {
  /** What a command prints; "" when it fails or is missing. */
  run(command: string, args: readonly string[]): Promise<string>;
  /** Full path of a command of the person's path; null when there is none. */
  find(command: string): Promise<string | null>;
}

/** Milliseconds that the system may take to tell a file's program; the file is opened plainly after that. */
const PATIENCE_MS = 2000;
/** A program of a window has a shorter path than a terminal on macOS. */
const MAC_FOLDERS = ['/usr/local/bin', '/opt/homebrew/bin', '/usr/bin'];

export const systemQueries: SystemQueries = {
  run: (command, args) =>
    new Promise((resolve) => {
      execFile(
        command,
        [...args],
        { timeout: PATIENCE_MS, windowsHide: true, shell: false },
        (error, stdout) => resolve(error === null ? stdout : ''),
      );
    }),
  async find(command) {
    const folders = (process.env['PATH'] ?? '')
      .split(':')
      .concat(process.platform === 'darwin' ? MAC_FOLDERS : []);
    for (const folder of folders) {
      if (!folder.startsWith('/')) continue;
      const path = join(folder, command);
      if (
        await access(path, constants.X_OK).then(
          () => true,
          () => false,
        )
      )
        return path;
    }
    return null;
  },
};

/** Page or line of a place; null for places that no program can be told. */
function numberOf(path: string, place: Place | null): { kind: 'page' | 'line'; number: number } | null {
  if (place === null) return null;
  if (place.kind === 'page')
    return extname(path).toLowerCase() === '.pdf' ? { kind: 'page', number: place.page } : null;
  if (place.kind === 'line') return { kind: 'line', number: place.line };
  if (place.kind === 'key' && place.line !== undefined) return { kind: 'line', number: place.line };
  return null;
}

const programOf = (name: string): Program | undefined =>
  PROGRAMS.find((program) => program.names.includes(name.toLowerCase()));

/** The system's program for a kind of file: what it is called and, where the system tells, where it lies. */
interface Found {
  readonly name: string;
  readonly file: string | null;
}

async function onLinux(path: string, { run }: SystemQueries): Promise<Found | null> {
  const type = (await run('xdg-mime', ['query', 'filetype', path])).trim();
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(type)) return null;
  const entry = (await run('xdg-mime', ['query', 'default', type])).trim();
  return entry.endsWith('.desktop') ? { name: entry.slice(0, -'.desktop'.length), file: null } : null;
}

const registryValue = (text: string): string => /REG_(?:EXPAND_)?SZ\s+(.+?)\s*$/m.exec(text)?.[1] ?? '';

async function onWindows(path: string, { run }: SystemQueries): Promise<Found | null> {
  const extension = win32.extname(path).toLowerCase();
  if (!/^\.[a-z0-9]+$/.test(extension)) return null;
  const choice = `HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\FileExts\\${extension}\\UserChoice`;
  const chosen = registryValue(await run('reg.exe', ['query', choice, '/v', 'ProgId']));
  const kind =
    chosen === '' ? registryValue(await run('reg.exe', ['query', `HKCR\\${extension}`, '/ve'])) : chosen;
  if (!/^[\w.+-]+$/.test(kind)) return null;
  const command = registryValue(
    await run('reg.exe', ['query', `HKCR\\${kind}\\shell\\open\\command`, '/ve']),
  );
  const file = /^"([A-Za-z]:\\[^"]+\.exe)"|^([A-Za-z]:\\\S+\.exe)/i.exec(command);
  const program = file?.[1] ?? file?.[2];
  return program === undefined ? null : { name: win32.basename(program), file: program };
}

async function onMac(path: string, { run }: SystemQueries): Promise<Found | null> {
  const type = (await run('mdls', ['-raw', '-name', 'kMDItemContentType', path])).trim();
  const list = posix.join(
    homedir(),
    'Library/Preferences/com.apple.LaunchServices/com.apple.launchservices.secure.plist',
  );
  try {
    const { LSHandlers: handlers } = JSON.parse(
      await run('plutil', ['-convert', 'json', '-o', '-', list]),
    ) as {
      LSHandlers?: readonly Readonly<Record<string, unknown>>[];
    };
    const chosen = handlers?.find((handler) => handler['LSHandlerContentType'] === type)?.[
      'LSHandlerRoleAll'
    ];
    return typeof chosen === 'string' ? { name: chosen, file: null } : null;
  } catch {
    return null;
  }
}

/** Asks the system which program opens a file, and the program's own manual (programs.ts) how to name a place to it. */
export function systemPrograms(platform: NodeJS.Platform, queries = systemQueries): DefaultPrograms {
  const find = platform === 'win32' ? onWindows : platform === 'darwin' ? onMac : onLinux;
  return {
    async commandAt(path, place) {
      const at = numberOf(path, place);
      if (at === null) return null;
      const found = await find(path, queries);
      const program = found === null ? undefined : programOf(found.name);
      const argumentsFor = program?.[at.kind];
      if (found === null || program === undefined || argumentsFor === undefined) return null;
      let file = found.file;
      for (const command of program.commands) file ??= await queries.find(command);
      return file === null ? null : [file, argumentsFor(path, at.number)];
    },
  };
}

/** For surfaces and tests that open everything at its beginning. */
export const noPrograms: DefaultPrograms = { commandAt: async () => null };
