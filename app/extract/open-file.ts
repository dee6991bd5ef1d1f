import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, stat, statfs } from 'node:fs/promises';
import { ExtractProblem } from './format.ts';

/**
 * Types of file systems (statfs f_type, Linux magic numbers) whose "files" are views on the kernel: proc, sysfs,
 * debugfs, tracefs, securityfs, cgroup, cgroup2, bpf, pstore, efivarfs, configfs, selinux, devpts.
 */
const KERNEL_FILE_SYSTEMS = new Set([
  0x9fa0, 0x62656572, 0x64626720, 0x74726163, 0x73636673, 0x27e0eb, 0x63677270, 0xcafe4a11, 0x6165676c,
  0xde5e81e4, 0x62656570, 0xf97cff8c, 0x1cd1,
]);

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

/** Turns an error of the file system into the outcome a person is told. */
export function fileProblem(error: unknown): ExtractProblem {
  if (error instanceof ExtractProblem) return error;
  const code = systemCode(error);
  if (code === 'ENOENT') return new ExtractProblem('unreadable', 'It is not there any more.');
  if (code === 'EACCES' || code === 'EPERM')
    return new ExtractProblem('unreadable', 'Passim has no permission to read it.');
  if (code === 'EBUSY') return new ExtractProblem('unreadable', 'Another program keeps it locked.');
  if (code === 'ELOOP')
    return new ExtractProblem('not-a-file', 'It is a symbolic link that leads back to itself.');
  if (code === 'ENXIO' || code === 'ENODEV' || code === 'EOPNOTSUPP')
    return new ExtractProblem('not-a-file', 'It is a socket or a device.');
  return new ExtractProblem('unreadable', `The system says ${code === '' ? String(error) : code}.`);
}

function checkStats(stats: Stats, fileBytes: number): void {
  if (!stats.isFile()) {
    const kind = stats.isDirectory()
      ? 'folder'
      : stats.isFIFO()
        ? 'named pipe'
        : stats.isSocket()
          ? 'socket'
          : 'device';
    throw new ExtractProblem('not-a-file', `It is a ${kind}.`);
  }
  if (stats.size > fileBytes)
    throw new ExtractProblem('too-large', `It has ${stats.size} bytes; the limit is ${fileBytes}.`);
  if (stats.size === 0) throw new ExtractProblem('empty', 'It has no bytes.');
}

/**
 * Looks at a path without opening it.
 * @throws ExtractProblem for what is no ordinary file, too large, empty, or not there
 */
export async function inspectFile(path: string, fileBytes: number): Promise<Stats> {
  try {
    const stats = await stat(path);
    if (stats.isFile() && process.platform === 'linux' && KERNEL_FILE_SYSTEMS.has((await statfs(path)).type))
      throw new ExtractProblem('not-a-file', 'It is a view on the running system.');
    checkStats(stats, fileBytes);
    return stats;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && (await isLink(path)))
      throw new ExtractProblem('not-a-file', 'It is a symbolic link to something that is not there.');
    throw fileProblem(error);
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
}

/**
 * Opens a file for reading and checks what was opened, so that nothing put in its place since it was looked at
 * is read; a pipe put there does not block.
 */
export async function openFile(
  path: string,
  fileBytes: number,
): Promise<{ handle: FileHandle; stats: Stats }> {
  const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);
  let handle: FileHandle;
  try {
    handle = await open(path, flags);
  } catch (error) {
    throw fileProblem(error);
  }
  try {
    const stats = await handle.stat();
    checkStats(stats, fileBytes);
    return { handle, stats };
  } catch (error) {
    await handle.close();
    throw fileProblem(error);
  }
}
