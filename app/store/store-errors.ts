import { PassimError } from '../contract/index.ts';

const DISK_FULL = /ENOSPC|EDQUOT|no space left|disk quota|not enough space|os error (28|122|112)\b/i;
const NO_FILE = /not found|no such file|os error 2\b|ENOENT/i;

/** True for an error that comes of a file that another process cleaned up. */
export function isMissingFile(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return NO_FILE.test(messageOf(error)) || (cause !== undefined && NO_FILE.test(messageOf(cause)));
}

/** True for an error that the system gave (too many open files, a device that fails), not what a file holds. */
export function isSystemError(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return /os error \d+/.test(`${messageOf(error)} ${messageOf(cause)}`) || codeOf(error).startsWith('E');
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * Gives an error of LanceDB or of the file system one of our codes: 'disk-full' or 'io-error'.
 * @param doing what was being done, e.g. "writing passages"
 */
export function storeError(error: unknown, doing: string, directory: string): PassimError {
  if (error instanceof PassimError) return error;
  const message = messageOf(error);
  const full = DISK_FULL.test(message) || DISK_FULL.test(codeOf(error));
  return full
    ? new PassimError('disk-full', `The disk that holds ${directory} is full (${doing}). Free some space.`, {
        subject: directory,
        cause: error,
      })
    : new PassimError('io-error', `${doing} in ${directory} failed: ${firstLine(message)}`, {
        subject: directory,
        cause: error,
      });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function firstLine(message: string): string {
  return (message.split('\n')[0] ?? '').slice(0, 300);
}
