import { z } from 'zod';
import { type ExtractOutcome, type FileProblem, fileProblemSchema } from '../contract/document.ts';
import type { ExtractLimits } from './limits.ts';
import { fromWire, toWire, type WireDocument } from './wire.ts';

/** What the pool asks of a worker. */
export interface ExtractRequest {
  readonly type: 'extract';
  readonly id: number;
  /** Absolute path of the file. */
  readonly path: string;
  readonly limits: ExtractLimits;
}

/** What is known of a file that was read, also when it gave no text. */
interface FileFacts {
  /** sha256 of the bytes read, in hex; absent when they were not read. */
  readonly contentHash?: string;
  /** How many bytes were read. */
  readonly bytes?: number;
}

/** An outcome with what is known of the file itself. */
export type FileOutcome = ExtractOutcome & FileFacts;

/** What a worker tells: once that it is ready, then one result per request. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'result'; readonly id: number; readonly outcome: FileOutcome };

type WireOutcome = FileFacts &
  (
    | { readonly ok: true; readonly document: WireDocument }
    | { readonly ok: false; readonly problem: FileProblem; readonly detail: string }
  );

/** The message that carries a result. */
export function resultMessage(id: number, outcome: FileOutcome): unknown {
  const wire: WireOutcome = outcome.ok ? { ...outcome, document: toWire(outcome.document) } : outcome;
  return { type: 'result', id, outcome: wire };
}

const factsSchema = {
  contentHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  bytes: z.number().int().min(0).optional(),
};
const messageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('result'),
    id: z.number().int(),
    outcome: z.discriminatedUnion('ok', [
      z.object({ ok: z.literal(true), document: z.unknown(), ...factsSchema }),
      z.object({ ok: z.literal(false), problem: fileProblemSchema, detail: z.string(), ...factsSchema }),
    ]),
  }),
]);

/**
 * Reads a message from a worker, which has parsed hostile files and is not trusted.
 * @returns null when it is not of the form agreed
 */
export function workerMessage(message: unknown): WorkerMessage | null {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) return null;
  if (parsed.data.type === 'ready') return parsed.data;
  const { id, outcome } = parsed.data;
  const facts: FileFacts = {
    ...(outcome.contentHash === undefined ? {} : { contentHash: outcome.contentHash }),
    ...(outcome.bytes === undefined ? {} : { bytes: outcome.bytes }),
  };
  if (!outcome.ok) {
    const { problem, detail } = outcome;
    return { type: 'result', id, outcome: { ok: false, problem, detail, ...facts } };
  }
  const document = fromWire(outcome.document);
  return document === null ? null : { type: 'result', id, outcome: { ok: true, document, ...facts } };
}
