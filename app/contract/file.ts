import { z } from 'zod';
import { fileProblemSchema } from './document.ts';

/** One row of the ledger: what the index knows of a file. Written last; rows of `passages` whose generation it does not name are garbage. */
export const fileRecordSchema = z.object({
  /** Stable over renames. */
  fileId: z.string(),
  /** Absolute path, as the system spells it. */
  path: z.string(),
  /** The watched folder it belongs to. */
  root: z.string(),
  size: z.number(),
  /** Milliseconds since the epoch. */
  modified: z.number(),
  /** Device and inode, "" where the system has none; recognises renames. */
  identity: z.string(),
  /** Hash of the file's bytes, "" when it was not read. */
  contentHash: z.string(),
  format: z.string(),
  family: z.string(),
  title: z.string(),
  /** Generation of its passages that is current. */
  generation: z.number().int().min(0),
  passages: z.number().int().min(0),
  /** Null when the text is searchable. */
  problem: fileProblemSchema.nullable(),
  /** What a person is told about the problem, or warnings. */
  detail: z.string(),
  /** How often this file's content ended its reader or the engine. */
  strikes: z.number().int().min(0),
  indexedAt: z.number(),
});
export type FileRecord = z.infer<typeof fileRecordSchema>;
