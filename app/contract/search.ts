import { z } from 'zod';
import { placeSchema } from './document.ts';

/** A search. Sizes are in bytes, times in milliseconds since the epoch. */
export const searchRequestSchema = z.object({
  /** Words, "exact phrase", +word, -word, path:, ext:, type:, modified:, size: */
  query: z.string().max(10_000),
  /** How many files to return at most. */
  k: z.number().int().min(1).max(1000).default(10),
  /** Passages shown for each file at most. */
  passagesPerFile: z.number().int().min(1).max(50).default(3),
  /** Weight per word of the query text, by the word's position (from 0): 0 mutes, above 1 weighs up, negative pushes away. */
  tokenWeights: z.record(z.string().regex(/^\d+$/), z.number().min(-10).max(10)).optional(),
  /** Which ranking to use. */
  ranker: z.enum(['fused', 'maxsim', 'bm25', 'dense']).default('fused'),
  /** Score every passage exactly instead of candidates from the index. */
  exhaustive: z.boolean().default(false),
  /** Give the alignment of every passage, not only the highlights. */
  explain: z.boolean().default(false),
  /** Only files of these watched folders. */
  roots: z.array(z.string()).optional(),
});
export type SearchRequest = z.infer<typeof searchRequestSchema>;
export type SearchInput = z.input<typeof searchRequestSchema>;

/** Where in a passage's evidence a span lies. */
export const partSchema = z.enum(['text', 'title', 'heading', 'context']);
export type Part = z.infer<typeof partSchema>;

/** A stretch of the passage (or of its title or heading) that matched; `heat` is 0 … 1, 0 at chance level. */
export const highlightSchema = z.object({
  part: partSchema,
  /** UTF-16 offsets in the part's string: the passage's text, its title, or its headings joined by " › ". */
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  heat: z.number().min(0).max(1),
  /** Positions of the query words that matched here. */
  words: z.array(z.number().int().min(0)),
  /** True when the words also match letter for letter (BM25's view). */
  exact: z.boolean(),
});
export type Highlight = z.infer<typeof highlightSchema>;

/** A word of the query as a person sees it: what a chip shows. */
export const queryWordSchema = z.object({
  index: z.number().int().min(0),
  text: z.string(),
  /** UTF-16 offsets in the query as typed. */
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  weight: z.number(),
  required: z.boolean(),
});
export type QueryWord = z.infer<typeof queryWordSchema>;

/** One query token's evidence. `similarity` × `weight`, summed over tokens, is the MaxSim score. */
export const tokenMatchSchema = z.object({
  /** The query token as the tokenizer cut it. */
  token: z.string(),
  kind: z.enum(['word', 'special', 'expansion']),
  /** The query word it belongs to; null for special and expansion tokens. */
  word: z.number().int().nullable(),
  /** What it counts: as the person weighed its word (1 unless told otherwise), times its evidence. */
  weight: z.number(),
  /** How much it tells in this index: how far its best match rises above chance, 1 on average over the query. */
  evidence: z.number(),
  similarity: z.number(),
  /** Similarity × weight over the passage's MaxSim, which is the sum of those. */
  share: z.number(),
  /** What this token finds by chance in this index. */
  chance: z.number(),
  /** How far above chance, 0 … 1. */
  heat: z.number().min(0).max(1),
  /** The passage token it matched: its part and spans; no spans for a special token. */
  part: partSchema,
  matched: z.string(),
  spans: z.array(z.object({ start: z.number().int().min(0), end: z.number().int().min(0) })),
});
export type TokenMatch = z.infer<typeof tokenMatchSchema>;

/** A calibrated likelihood: of the answers given at 0.8 about four in five are right. */
const confidenceSchema = z.number().min(0).max(1);

/** Share of the score per query word, and whether it found anything: above chance, or letter for letter. */
export const wordCoverageSchema = z.object({
  word: z.number().int().min(0),
  share: z.number(),
  heat: z.number().min(0).max(1),
  found: z.boolean(),
});

export const passageResultSchema = z.object({
  /** Names the passage until its file changes. */
  id: z.string(),
  /** The score that ranks. */
  score: z.number(),
  scores: z.object({
    maxsim: z.number(),
    /** Null when no word of the query is in the passage. */
    bm25: z.number().nullable(),
    dense: z.number().nullable(),
    /** Weight of MaxSim in the fusion, 0 … 1. */
    maxsimWeight: z.number(),
  }),
  text: z.string(),
  title: z.string(),
  headings: z.array(z.string()),
  /** UTF-16 offsets in the document's text. */
  start: z.number().int(),
  end: z.number().int(),
  place: placeSchema.nullable(),
  /** As a person is told, e.g. "page 12". */
  placeLabel: z.string(),
  highlights: z.array(highlightSchema),
  coverage: z.array(wordCoverageSchema),
  /** Share of the score that special and expansion tokens hold. */
  contextShare: z.number(),
  /** How likely the passage is what the query looks for; absent where there is no query to judge by. */
  confidence: confidenceSchema.optional(),
  /** Present when asked for. */
  tokens: z.array(tokenMatchSchema).optional(),
  /** Passages of other files that are nearly the same. */
  duplicates: z.array(z.object({ id: z.string(), path: z.string(), placeLabel: z.string() })),
});
export type PassageResult = z.infer<typeof passageResultSchema>;

export const fileResultSchema = z.object({
  path: z.string(),
  name: z.string(),
  root: z.string(),
  format: z.string(),
  family: z.string(),
  title: z.string(),
  size: z.number(),
  modified: z.number(),
  score: z.number(),
  /** Share of the query's words that the best passage covers above chance, 0 … 1. */
  strength: z.number().min(0).max(1),
  /** How likely the file is what the query looks for: its best passage's, or its name's. */
  confidence: confidenceSchema.optional(),
  /** UTF-16 ranges of the name that the query's words match. */
  nameMatches: z.array(z.object({ start: z.number().int(), end: z.number().int() })),
  passages: z.array(passageResultSchema),
  /** Passages of this file among the candidates that are not shown. */
  morePassages: z.number().int().min(0),
});
export type FileResult = z.infer<typeof fileResultSchema>;

export const searchResponseSchema = z.object({
  query: z.string(),
  tookMs: z.number(),
  /** Milliseconds by stage. */
  stages: z.record(z.string(), z.number()),
  words: z.array(queryWordSchema),
  /** How likely the answer is among the results: the best result's. Low when the index says nothing of the query. */
  confidence: confidenceSchema.optional(),
  results: z.array(fileResultSchema),
  /** Things to tell, e.g. "indexing goes on: 40 of 2,000 files are searchable". */
  notices: z.array(z.string()),
  /** Searchable files and files known. */
  coverage: z.object({ searchable: z.number(), known: z.number() }),
});
export type SearchResponse = z.infer<typeof searchResponseSchema>;
