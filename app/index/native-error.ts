import { ERROR_CODES, type ErrorCode, PassimError } from '../contract/errors.ts';

function isCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
}

/** Turns an Error that the addon threw into a PassimError. */
export function fromNative(error: unknown): PassimError {
  if (error instanceof PassimError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  return new PassimError(isCode(code) ? code : 'internal', message, { cause: error });
}

/** Calls into the addon and translates what it throws. */
export function callNative<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw fromNative(error);
  }
}

/** {@link callNative} for what is done on another thread. */
export async function laterNative<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fromNative(error);
  }
}
