import { z } from 'zod';
import { placeSchema } from '../../contract/document.ts';
import { ENGINE_CALLS, type EngineApi, type EngineCall } from '../../contract/engine.ts';
import { queryWordSchema } from '../../contract/search.ts';
import { retrieveContext } from '../../rag/context.ts';
import { readFileRange } from '../../rag/file-range.ts';
import { promptOf } from '../../rag/prompt.ts';

/** A call of the HTTP API: `POST /api/v1/<name>` with a JSON object. */
export interface Operation {
  readonly summary: string;
  readonly request: z.ZodType;
  readonly response: z.ZodType;
  /** True when it changes what is indexed. */
  readonly writes: boolean;
  run(engine: EngineApi, input: unknown, signal: AbortSignal): Promise<unknown>;
}

const ENGINE_SUMMARIES: Readonly<Record<EngineCall, { summary: string; writes?: true }>> = {
  addFolder: { summary: 'Add a folder to those that are indexed', writes: true },
  removeFolder: { summary: 'Take a folder out of the index; its files stay as they are', writes: true },
  status: { summary: 'Folders, counts, model and problems' },
  search: { summary: 'Find passages, with the evidence for each' },
  explain: { summary: 'The evidence for one passage and a query' },
  similar: { summary: 'Passages of other files about the same' },
  getPassage: { summary: 'A passage in full, with its neighbours' },
  getPassages: { summary: 'Several passages in full' },
  getFilePassages: { summary: 'Passages of one file in order' },
  listFiles: { summary: 'Searchable files by path' },
  traces: { summary: 'Timings and choices of searches, newest first' },
  sentPrompts: { summary: 'Prompts that were sent to the server that writes answers' },
  forget: { summary: 'Delete the kept traces or prompts', writes: true },
  judge: { summary: 'Keep what was done with a result, where the person agreed to it', writes: true },
  quality: { summary: 'Golden queries, measurements and times, as far as they were kept' },
  measureQuality: { summary: 'Measure all rankers on the golden queries now', writes: true },
  forgetQuality: { summary: 'Delete golden queries, measurements and times', writes: true },
  pause: { summary: 'Pause indexing', writes: true },
  resume: { summary: 'Go on with indexing', writes: true },
  sync: { summary: 'Compare the folders with the index now; answers when they agree', writes: true },
  reindex: { summary: 'Read files again, changed or not', writes: true },
};

/** A passage of a context, perhaps trimmed. Offsets are UTF-16 code units in the file's indexed text. */
export const contextPassageSchema = z.object({
  citation: z.number().int(),
  id: z.string(),
  path: z.string(),
  name: z.string(),
  title: z.string(),
  headings: z.array(z.string()),
  place: placeSchema.nullable(),
  placeLabel: z.string(),
  text: z.string(),
  start: z.number().int(),
  end: z.number().int(),
  trimmed: z.boolean(),
  tokens: z.number().int(),
  score: z.number(),
  strength: z.number(),
  confidence: z.number().nullable(),
  highlights: z.array(z.object({ start: z.number().int(), end: z.number().int(), heat: z.number() })),
  alsoIn: z.array(z.object({ path: z.string(), placeLabel: z.string() })),
});

const contextRequest = z.object({
  query: z.string().min(1).max(10_000),
  k: z.number().int().min(1).max(100).default(10),
  passagesPerFile: z.number().int().min(1).max(50).default(3),
  /** Tokens all passages together may take, as estimated; 0 for no limit. */
  budget: z.number().int().min(0).max(1_000_000).default(4_000),
  offset: z.number().int().min(0).max(1_000).default(0),
  ranker: z.enum(['fused', 'maxsim', 'bm25', 'dense']).default('fused'),
  /** Template of `prompt`, with {context} and {question}; the default one when absent. */
  template: z.string().max(100_000).nullable().default(null),
});

const context: Operation = {
  summary:
    'Passages for a question, trimmed around their matched words to a budget, and a prompt made of them',
  request: contextRequest,
  response: z.object({
    passages: z.array(contextPassageSchema),
    prompt: z.string(),
    words: z.array(queryWordSchema),
    /** `offset` of the next page, null when there is none. */
    next: z.number().int().nullable(),
    notices: z.array(z.string()),
  }),
  writes: false,
  async run(engine, input, signal) {
    const request = input as z.output<typeof contextRequest>;
    const { passages, next, response } = await retrieveContext(engine, request, signal);
    return {
      passages: passages.map(({ queries: _queries, ...passage }) => passage),
      prompt: promptOf(request.query, passages, request.template),
      words: response.words,
      next,
      notices: response.notices,
    };
  },
};

const rangeRequest = z.object({
  path: z.string().min(1).max(32_768),
  start: z.number().int().min(0).default(0),
  tokens: z.number().int().min(1).max(100_000).default(4_000),
});

const fileRange: Operation = {
  summary: "A stretch of an indexed file's text",
  request: rangeRequest,
  response: z.object({
    path: z.string(),
    text: z.string(),
    start: z.number().int(),
    end: z.number().int(),
    placeLabel: z.string(),
    next: z.number().int().nullable(),
  }),
  writes: false,
  run: (engine, input, signal) => readFileRange(engine, input as z.output<typeof rangeRequest>, signal),
};

/** Every operation of the HTTP API by its name: the engine's own calls, and what is made of them for programs. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ...(Object.keys(ENGINE_CALLS) as EngineCall[]).map((name): [string, Operation] => [
    name,
    {
      summary: ENGINE_SUMMARIES[name].summary,
      request: ENGINE_CALLS[name].request,
      response: ENGINE_CALLS[name].response,
      writes: ENGINE_SUMMARIES[name].writes === true,
      run: (engine, input, signal) => engine.call(name, input as never, signal),
    },
  ]),
  ['context', context],
  ['fileRange', fileRange],
]);
