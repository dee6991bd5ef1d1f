/**
 * The one table of error codes. Every error that crosses a boundary carries one of these codes; the text says
 * what failed and what to do, and names the file or field.
 */
export const ERROR_CODES = {
  'bad-request': 'A value passed in is not of the documented shape.',
  'query-syntax': 'The query has an operator that cannot be understood.',
  'not-found': 'The thing asked for is not in the index.',
  'folder-missing': 'The folder does not exist or cannot be read.',
  'index-locked': 'Another Passim process is writing to this index.',
  'index-version': 'The index was written by another version of Passim.',
  'index-model': 'The index was written with another model.',
  'index-corrupt': 'The index is damaged and could not be repaired in place.',
  'disk-full': 'The disk is full.',
  'not-supported': 'This machine or platform cannot do what was asked.',
  'io-error': 'A file could not be read or written.',
  'model-missing': 'A file of the model package is missing.',
  'model-tampered': 'A file of the model package, or one that was fetched, does not have the expected hash.',
  'model-invalid': 'The model package is not of the expected form.',
  'encode-failed': 'The model could not be run.',
  'bad-vector': 'A multivector has the wrong width or holds values that are no numbers.',
  'extract-failed': 'Text could not be extracted.',
  'native-guard': 'The native index was called with arguments that it refuses.',
  'engine-stopped': 'The engine process has stopped.',
  'not-allowed':
    'The request does not come from the window that Passim opened, or reaches outside the watched folders.',
  'answer-failed': 'The server that writes answers could not be used.',
  cancelled: 'The operation was cancelled.',
  settings: 'The settings file is not valid.',
  internal: 'A fault in Passim itself.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** An error with a code from {@link ERROR_CODES} and a message that a person can act on. */
export class PassimError extends Error {
  readonly code: ErrorCode;
  /** The file or field concerned, when there is one. */
  readonly subject: string | undefined;

  constructor(code: ErrorCode, message: string, options: { subject?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PassimError';
    this.code = code;
    this.subject = options.subject;
  }
}

/** An error as it travels between processes, which drop the fields of Error objects. */
export interface ErrorEnvelope {
  readonly code: ErrorCode;
  readonly message: string;
  readonly subject?: string;
}

/** Result of a call over a process boundary. */
export type Envelope<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ErrorEnvelope };

export function toEnvelope(error: unknown): ErrorEnvelope {
  if (error instanceof PassimError) {
    return {
      code: error.code,
      message: error.message,
      ...(error.subject === undefined ? {} : { subject: error.subject }),
    };
  }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) };
}

export function fromEnvelope(envelope: ErrorEnvelope): PassimError {
  return new PassimError(
    envelope.code,
    envelope.message,
    envelope.subject === undefined ? {} : { subject: envelope.subject },
  );
}

/** Marks a branch that the types rule out. */
export function assertNever(value: never): never {
  throw new PassimError('internal', `unexpected value ${JSON.stringify(value)}`);
}
