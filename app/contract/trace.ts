import { z } from 'zod';

/** One stage of a search. Milliseconds; `start` counts from the beginning of the search. */
export const traceStageSchema = z.object({ name: z.string(), start: z.number(), ms: z.number() });

/** What is kept of one search: its stages' timings and what was chosen, never a passage's text. */
export const searchTraceSchema = z.object({
  /** 32 hex digits: the id of the trace in OpenTelemetry. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** Milliseconds since the epoch at which the search began. */
  time: z.number(),
  query: z.string(),
  tookMs: z.number(),
  stages: z.array(traceStageSchema),
  choices: z.object({
    ranker: z.string(),
    exhaustive: z.boolean(),
    k: z.number().int(),
    passagesPerFile: z.number().int(),
    explain: z.boolean(),
    /** Weight of MaxSim in the fusion with BM25; null when nothing was found. */
    maxsimWeight: z.number().nullable(),
    /** Folders searched; null for all. */
    roots: z.array(z.string()).nullable(),
    words: z.array(z.object({ text: z.string(), weight: z.number(), required: z.boolean() })),
  }),
  found: z.object({
    files: z.number().int(),
    passages: z.number().int(),
    /** How well the best file covers the query, 0 … 1. */
    strength: z.number(),
  }),
  searchableFiles: z.number().int(),
  engine: z.object({ model: z.string(), index: z.string(), kernel: z.string() }),
});
export type SearchTrace = z.infer<typeof searchTraceSchema>;

/** A prompt that was sent to the server that the person named. */
export const sentPromptSchema = z.object({
  /** Milliseconds since the epoch. */
  time: z.number(),
  server: z.string(),
  model: z.string(),
  question: z.string(),
  prompt: z.string(),
});
export type SentPrompt = z.infer<typeof sentPromptSchema>;
