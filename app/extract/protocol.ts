import { type ExtractOutcome, extractOutcomeSchema } from '../contract/document.ts';
import type { ExtractLimits } from './limits.ts';

/** What the pool asks of a worker. */
export interface ExtractRequest {
  readonly type: 'extract';
  readonly id: number;
  /** Absolute path of the file. */
  readonly path: string;
  readonly limits: ExtractLimits;
}

/** An outcome with what is known of the file itself, also when it gave no text. */
export type FileOutcome = ExtractOutcome & {
  /** sha256 of the bytes read, in hex; absent when they were not read. */
  readonly contentHash?: string;
  /** How many bytes were read. */
  readonly bytes?: number;
};

/** What a worker tells: once that it is ready, then one result per request. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly id: number; readonly outcome: FileOutcome };

/**
 * Reads a message from a worker, which has parsed hostile files and is not trusted: its form is checked, the
 * document's parts only as far as memory safety of the reader needs.
 * @returns null when it is not of the form agreed
 */
export function workerMessage(message: unknown): WorkerMessage | null {
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  if (message.type === 'ready') return { type: 'ready' };
  if (message.type !== 'result' || !('id' in message) || !('outcome' in message)) return null;
  const { id, outcome } = message;
  if (typeof id !== 'number' || !isOutcome(outcome)) return null;
  return { type: 'result', id, outcome };
}

function isOutcome(value: unknown): value is FileOutcome {
  if (typeof value !== 'object' || value === null || !('ok' in value)) return false;
  if ('contentHash' in value && !/^[0-9a-f]{64}$/.test(String(value.contentHash))) return false;
  if ('bytes' in value && typeof value.bytes !== 'number') return false;
  return extractOutcomeSchema.safeParse(value).success;
}
