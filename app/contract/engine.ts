import { z } from 'zod';
import { fileProblemSchema, segmentSchema } from './document.ts';
import { judgeRequestSchema, measurementSchema, qualitySchema } from './quality.ts';
import { passageResultSchema, searchRequestSchema, searchResponseSchema } from './search.ts';
import { watchedFolderSchema } from './settings.ts';
import { searchTraceSchema, sentPromptSchema } from './trace.ts';

export const folderStatusSchema = watchedFolderSchema.extend({
  /** "ready" when the index agrees with the folder, as far as is known. */
  state: z.enum(['scanning', 'indexing', 'ready', 'missing', 'paused']),
  files: z.number().int(),
  searchable: z.number().int(),
  problems: z.number().int(),
  /** Whether changes are told by the system or found by scanning. */
  watching: z.enum(['events', 'scanning', 'off']),
});
export type FolderStatus = z.infer<typeof folderStatusSchema>;

export const providerChoiceSchema = z.object({
  provider: z.enum(['cuda', 'dml', 'coreml', 'cpu']),
  chosen: z.boolean(),
  /** Why it was chosen or refused. */
  reason: z.string(),
});
export type ProviderChoice = z.infer<typeof providerChoiceSchema>;

/** Why indexing takes less of the machine than it could. */
export const gentleReasonSchema = z.enum(['chosen', 'battery', 'searching']);
export type GentleReason = z.infer<typeof gentleReasonSchema>;

export const progressSchema = z.object({
  state: z.enum(['starting', 'idle', 'scanning', 'indexing', 'paused', 'stopping']),
  /** Files in this round: done and all that are known of. */
  done: z.number().int(),
  total: z.number().int(),
  /** File being worked on. */
  current: z.string().nullable(),
  /** Since the engine started: tokens the model has read, and passages they were of. */
  encodedTokens: z.number().int(),
  encodedPassages: z.number().int(),
  passagesPerSecond: z.number(),
  tokensPerSecond: z.number(),
  /** Seconds until the round ends; null when it can't be told. */
  etaSeconds: z.number().nullable(),
  reason: z.string().optional(),
  /** Set while indexing goes gently, or would if there were something to do. */
  gentle: gentleReasonSchema.optional(),
});
export type Progress = z.infer<typeof progressSchema>;

export const statusSchema = z.object({
  version: z.string(),
  home: z.string(),
  readOnly: z.boolean(),
  progress: progressSchema,
  folders: z.array(folderStatusSchema),
  files: z.number().int(),
  searchable: z.number().int(),
  passages: z.number().int(),
  vectors: z.number().int(),
  diskBytes: z.number(),
  memoryBytes: z.number(),
  problems: z.array(z.object({ path: z.string(), problem: fileProblemSchema, detail: z.string() })),
  problemCounts: z.record(z.string(), z.number()),
  model: z.object({
    id: z.string(),
    name: z.string(),
    version: z.string(),
    dimension: z.number(),
    bits: z.number(),
    license: z.string(),
    folder: z.string(),
  }),
  providers: z.array(providerChoiceSchema),
  threads: z.number().int(),
  index: z.object({
    kind: z.enum(['native', 'typescript']),
    kernel: z.string(),
    bytes: z.number(),
    reason: z.string().optional(),
  }),
  /** Things that went wrong and what to do. */
  notices: z.array(z.string()),
});
export type Status = z.infer<typeof statusSchema>;

/** A passage in full, with its source map and its neighbours' ids. */
export const passageDetailSchema = z.object({
  id: z.string(),
  path: z.string(),
  ordinal: z.number().int(),
  text: z.string(),
  title: z.string(),
  headings: z.array(z.string()),
  start: z.number().int(),
  end: z.number().int(),
  placeLabel: z.string(),
  segments: z.array(segmentSchema),
  previous: z.string().nullable(),
  next: z.string().nullable(),
});
export type PassageDetail = z.infer<typeof passageDetailSchema>;

/** A searchable file as `listFiles` tells it. */
export const listedFileSchema = z.object({
  path: z.string(),
  root: z.string(),
  format: z.string(),
  family: z.string(),
  title: z.string(),
  size: z.number(),
  modified: z.number(),
  passages: z.number().int(),
});

const nothing = z.object({}).optional();

/**
 * Every call the engine answers: the one map that the message port, the loopback server, the window and the
 * command line share. Each entry has the schema of its request and of its answer.
 */
export const ENGINE_CALLS = {
  addFolder: { request: watchedFolderSchema, response: folderStatusSchema },
  removeFolder: {
    request: z.object({ path: z.string() }),
    response: z.object({ removedFiles: z.number().int() }),
  },
  status: {
    request: z.object({ problems: z.number().int().min(0).default(100) }).prefault({}),
    response: statusSchema,
  },
  search: { request: searchRequestSchema, response: searchResponseSchema },
  explain: {
    request: z.object({
      query: z.string().max(10_000),
      id: z.string(),
      tokenWeights: searchRequestSchema.shape.tokenWeights,
    }),
    response: passageResultSchema,
  },
  similar: {
    request: z.object({ id: z.string(), k: z.number().int().min(1).max(100).default(10) }),
    response: searchResponseSchema,
  },
  getPassage: { request: z.object({ id: z.string() }), response: passageDetailSchema },
  /** Several passages in full, in the order of the ids; those that are no longer there are left out. */
  getPassages: {
    request: z.object({ ids: z.array(z.string()).max(200) }),
    response: z.object({ passages: z.array(passageDetailSchema) }),
  },
  /** Passages of one file in order. */
  getFilePassages: {
    request: z.object({
      path: z.string(),
      from: z.number().int().min(0).default(0),
      count: z.number().int().min(1).max(1000).default(200),
    }),
    response: z.object({ total: z.number().int(), passages: z.array(passageDetailSchema) }),
  },
  /** Searchable files by path, for programs that page through what is indexed. */
  listFiles: {
    request: z
      .object({
        from: z.number().int().min(0).default(0),
        count: z.number().int().min(1).max(1000).default(200),
        /** Only files of this folder and those below it. */
        under: z.string().max(32_768).optional(),
      })
      .prefault({}),
    response: z.object({ total: z.number().int(), files: z.array(listedFileSchema) }),
  },
  /** Traces of searches, newest first; none are kept unless the settings say so. */
  traces: {
    request: z.object({ limit: z.number().int().min(1).max(10_000).default(100) }).prefault({}),
    response: z.object({ kept: z.boolean(), traces: z.array(searchTraceSchema) }),
  },
  /** Prompts that were sent to the server that writes answers, newest first. */
  sentPrompts: {
    request: z.object({ limit: z.number().int().min(1).max(10_000).default(20) }).prefault({}),
    response: z.object({ prompts: z.array(sentPromptSchema) }),
  },
  /** Deletes the traces or the sent prompts that were kept. */
  forget: { request: z.object({ what: z.enum(['traces', 'prompts']) }), response: z.object({}) },
  /** Keeps what the person did with a result, when they agreed to that. */
  judge: { request: judgeRequestSchema, response: z.object({ kept: z.boolean() }) },
  /** How good the search is, as far as the person's own use tells. */
  quality: { request: nothing, response: qualitySchema },
  /** Measures all rankers on the golden queries now. */
  measureQuality: { request: nothing, response: measurementSchema },
  /** Deletes the golden queries, times and measurements. */
  forgetQuality: { request: nothing, response: z.object({}) },
  pause: { request: nothing, response: z.object({}) },
  resume: { request: nothing, response: z.object({}) },
  /** Compares the folders with the index now; answers when the index agrees with them. */
  sync: {
    request: z.object({ paths: z.array(z.string()).optional() }).prefault({}),
    response: progressSchema,
  },
  reindex: {
    request: z.object({ path: z.string().optional() }).prefault({}),
    response: z.object({ files: z.number().int() }),
  },
} as const;

export type EngineCall = keyof typeof ENGINE_CALLS;
export type CallInput<C extends EngineCall> = z.input<(typeof ENGINE_CALLS)[C]['request']>;
export type CallRequest<C extends EngineCall> = z.output<(typeof ENGINE_CALLS)[C]['request']>;
export type CallResponse<C extends EngineCall> = z.output<(typeof ENGINE_CALLS)[C]['response']>;

/** Things the engine tells without being asked. */
export type EngineEvent =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'folders'; readonly folders: readonly FolderStatus[] }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly outcome: 'indexed' | 'unchanged' | 'removed' | 'renamed' | 'problem';
      readonly detail?: string;
    }
  | { readonly type: 'notice'; readonly level: 'info' | 'warn' | 'error'; readonly message: string };

/** The engine as every surface sees it. */
export interface EngineApi {
  call<C extends EngineCall>(name: C, input: CallInput<C>, signal?: AbortSignal): Promise<CallResponse<C>>;
  onEvent(listener: (event: EngineEvent) => void): () => void;
  stop(): Promise<void>;
}
