import { z } from 'zod';

/** What a person did with a result: used it in one of four ways, or said outright whether it answers the query. */
export const judgementKindSchema = z.enum(['open', 'reveal', 'copy', 'collect', 'right', 'wrong']);
export type JudgementKind = z.infer<typeof judgementKindSchema>;

/** One use or mark of a result, as the window tells it. */
export const judgeRequestSchema = z.object({
  query: z.string().min(1).max(10_000),
  path: z.string().min(1).max(32_768),
  /** Place of the file among the results, from 1. */
  rank: z.number().int().min(1).max(100_000),
  kind: judgementKindSchema,
});
/** As it is kept. */
export const judgementSchema = judgeRequestSchema.extend({
  /** Milliseconds since the epoch. */
  at: z.number(),
});
export type Judgement = z.infer<typeof judgementSchema>;

/**
 * One line of a golden set: a query and the files that answer it. Gains as in qrels: 2 for an answer that was marked
 * as right, 1 for one that was used, 0 for one that was marked as wrong.
 */
export const goldenQuerySchema = z.object({
  query: z.string().min(1).max(10_000),
  relevant: z.record(z.string(), z.number().int().min(0).max(3)),
  /** Milliseconds since the epoch of the last judgement. */
  at: z.number().default(0),
});
export type GoldenQuery = z.infer<typeof goldenQuerySchema>;

const figuresSchema = z.object({
  'ndcg@10': z.number(),
  'mrr@10': z.number(),
  'recall@10': z.number(),
  'recall@100': z.number(),
  p50ms: z.number(),
  p95ms: z.number(),
});

/** One measurement of the golden queries on the person's own index. */
export const measurementSchema = z.object({
  at: z.number(),
  model: z.string(),
  queries: z.number().int(),
  rankers: z.object({
    bm25: figuresSchema,
    dense: figuresSchema,
    maxsim: figuresSchema,
    fused: figuresSchema,
  }),
  /** Queries whose answer stands lowest in the fused ranking, worst first; `rank` is null below the hundredth. */
  worst: z.array(z.object({ query: z.string(), rank: z.number().int().nullable(), expected: z.string() })),
});
export type Measurement = z.infer<typeof measurementSchema>;

export const qualitySchema = z.object({
  /** Whether the person agreed to keep what they use. */
  keeping: z.boolean(),
  /** Newest first. */
  golden: z.array(goldenQuerySchema),
  /** Oldest first. */
  measurements: z.array(measurementSchema),
  /** By day, oldest first: searches and how long they took, and where among the results what was used stood. */
  days: z.array(
    z.object({
      day: z.string().regex(/^\d{4}-\d\d-\d\d$/),
      searches: z.number().int(),
      p50ms: z.number().nullable(),
      p95ms: z.number().nullable(),
      uses: z.number().int(),
      /** Mean of 1 / rank over what was used. */
      mrr: z.number().nullable(),
    }),
  ),
});
export type Quality = z.infer<typeof qualitySchema>;
