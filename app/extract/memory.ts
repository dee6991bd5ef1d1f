import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** Resident memory of a process in bytes, or null when it can't be told (the process may have ended). */
export type ReadRss = (pid: number) => Promise<number | null>;

function run(file: string, args: readonly string[]): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(file, [...args], { timeout: 5000, windowsHide: true }, (error, stdout) =>
      resolve(error === null ? stdout : null),
    );
  });
}

async function fromProc(pid: number): Promise<number | null> {
  try {
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

async function fromPs(pid: number): Promise<number | null> {
  const kib = Number.parseInt((await run('ps', ['-o', 'rss=', '-p', String(pid)])) ?? '', 10);
  return Number.isFinite(kib) ? kib * 1024 : null;
}

/** The working set in a line of `tasklist`, which groups digits as the system's language does: "123,456 K". */
export function parseTasklist(output: string): number | null {
  const digits =
    output
      .trim()
      .match(/"([^"]*)"$/)?.[1]
      ?.replace(/\D/g, '') ?? '';
  return digits === '' ? null : Number(digits) * 1024;
}

async function fromTasklist(pid: number): Promise<number | null> {
  return parseTasklist((await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'])) ?? '');
}

/** How resident memory is read: /proc on Linux, ps elsewhere on Unix, tasklist on Windows. */
export function rssReader(platform: NodeJS.Platform): ReadRss {
  if (platform === 'linux') return fromProc;
  return platform === 'win32' ? fromTasklist : fromPs;
}

export const readRss: ReadRss = rssReader(process.platform);

/** Milliseconds between two looks at a busy process: reading /proc costs microseconds, starting ps does not. */
export const RSS_POLL_MS = process.platform === 'linux' ? 25 : 400;
