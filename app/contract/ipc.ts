import { z } from 'zod';
import {
  ENGINE_CALLS,
  type EngineCall,
  type EngineEvent,
  folderStatusSchema,
  progressSchema,
} from './engine.ts';
import { ERROR_CODES, type ErrorCode } from './errors.ts';
import { passageIdSchema, SHELL_CALLS, type ShellCall } from './shell.ts';

/** Origin of the desktop window: the scheme that Passim answers itself. No message of another origin is heard. */
export const APP_ORIGIN = 'app://passim';

const names = <K extends string>(calls: Readonly<Record<K, unknown>>) =>
  z.enum(Object.keys(calls) as [K, ...K[]]);
/** Names a call that may be cancelled; given out by the preload script. */
const ticket = z.number().int().min(0);

/**
 * Everything the desktop window may send to the main process, by channel: the one map that the preload script and
 * the main process both check messages against. The input of a call is checked against the call's own schema.
 */
export const IPC_REQUESTS = {
  'passim:call': z.object({ name: names<EngineCall>(ENGINE_CALLS), input: z.unknown().optional(), ticket }),
  'passim:shell': z.object({ name: names<ShellCall>(SHELL_CALLS), input: z.unknown().optional() }),
  'passim:read-file': z.object({ id: passageIdSchema, ticket }),
  'passim:cancel': z.object({ ticket }),
  /** The window wants events from now on. */
  'passim:listen': z.object({}),
  /** How much room the page wants: the bar's, of a height in pixels, or all of it. */
  'passim:extent': z.object({ state: z.enum(['bar', 'full']), height: z.number().int().min(0).max(10_000) }),
} as const;
export type IpcRequestChannel = keyof typeof IPC_REQUESTS;
export type Extent = IpcRequest<'passim:extent'>;
export type IpcRequest<C extends IpcRequestChannel> = z.output<(typeof IPC_REQUESTS)[C]>;

/** What the engine tells, as it crosses a boundary. */
export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('folders'), folders: z.array(folderStatusSchema) }),
  z.object({
    type: z.literal('file'),
    path: z.string(),
    outcome: z.enum(['indexed', 'unchanged', 'removed', 'renamed', 'problem']),
    detail: z.string().optional(),
  }),
  z.object({ type: z.literal('notice'), level: z.enum(['info', 'warn', 'error']), message: z.string() }),
]);

/** Everything the main process may send to the window. */
export const IPC_NOTICES = {
  'passim:events': z.array(engineEventSchema) as unknown as z.ZodType<EngineEvent[]>,
  /** The window was called up: what was typed last is to be selected. */
  'passim:shown': z.object({}),
} as const;

/** Bytes of a file, as they are answered to 'passim:read-file'. */
export const fileBytesSchema = z.object({ bytes: z.instanceof(Uint8Array), path: z.string() });

const errorEnvelopeSchema = z.object({
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  subject: z.string().optional(),
});

/** An answer on its way to the window: the envelope around what the call's own schema describes. */
export const envelopeSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: errorEnvelopeSchema }),
]);

/**
 * What the preload script puts into the page as `window.passim`: named functions and nothing else. Answers cross as
 * JSON envelopes, because objects that cross one property at a time take longer than a frame, and because errors
 * lose their fields on the way.
 */
export interface PassimBridge {
  call(name: string, input: unknown, ticket: number): Promise<string>;
  shell(name: string, input: unknown): Promise<string>;
  /** The file's bytes, or an error as JSON. */
  readFile(passageId: string, ticket: number): Promise<{ bytes: Uint8Array; path: string } | string>;
  cancel(ticket: number): void;
  /** Gives events as JSON, in batches. */
  onEvents(listener: (events: string) => void): () => void;
  onShown(listener: () => void): () => void;
  setExtent(state: string, height: number): void;
}
