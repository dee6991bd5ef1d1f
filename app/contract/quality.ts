import { z } from 'zod';

/** Why a result counts as an answer to a query: what the person did with it. */
export const judgementKindSchema = z.enum(['open', 'reveal', 'copy', 'collect', 'right', 'wrong']);
export type JudgementKind = z.infer<typeof judgementKindSchema>;

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
