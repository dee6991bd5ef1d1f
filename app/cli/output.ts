import { PassimError } from '../contract/errors.ts';

/** Exit codes, as grep and friends use them: 0 found, 1 nothing found, 2 an error; 130 after Ctrl-C. */
export const EXIT = { ok: 0, nothing: 1, error: 2, interrupted: 130 } as const;

/** Where a command writes; handed in so that tests can read it back. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person watches `out` and colours may be used. */
  readonly colour: boolean;
  /** Whether a progress bar may be drawn on `err`. */
  readonly live: boolean;
  readonly columns: number;
}

export function processTerminal(environment: NodeJS.ProcessEnv = process.env): Terminal {
  const forced = environment['FORCE_COLOR'] !== undefined && environment['FORCE_COLOR'] !== '0';
  const refused = environment['NO_COLOR'] !== undefined && environment['NO_COLOR'] !== '';
  // A reader that has seen enough (`| head`) closes the pipe; that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    colour: forced || (process.stdout.isTTY === true && !refused && environment['TERM'] !== 'dumb'),
    live: process.stderr.isTTY === true,
    columns: process.stdout.columns ?? 100,
  };
}

/** The message of an error as a person reads it on a terminal. */
export function describeError(error: unknown): string {
  if (error instanceof PassimError) {
    return error.code === 'internal' ? `${error.message}\nThis is a fault in Passim itself.` : error.message;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** 1536000 → "1.5 MB". */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** 3725 → "1 h 2 min". */
export function duration(seconds: number): string {
  if (seconds < 1) return 'under a second';
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** "1 file", "1,234 files". */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}

/** Home-relative spelling of a path for reading. */
export function shortPath(path: string, home: string | undefined = process.env['HOME']): string {
  return home !== undefined && home !== '' && path.startsWith(`${home}/`)
    ? `~${path.slice(home.length)}`
    : path;
}
