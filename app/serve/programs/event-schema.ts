import { z } from 'zod';
import { type EngineEvent, folderStatusSchema, progressSchema } from '../../contract/engine.ts';

/** Events of the engine as programs receive them. */
export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: progressSchema }),
  z.object({ type: z.literal('folders'), folders: z.array(folderStatusSchema).readonly() }),
  z.object({
    type: z.literal('file'),
    path: z.string(),
    outcome: z.enum(['indexed', 'unchanged', 'removed', 'renamed', 'problem']),
    detail: z.string().optional(),
  }),
  z.object({ type: z.literal('notice'), level: z.enum(['info', 'warn', 'error']), message: z.string() }),
]) satisfies z.ZodType<EngineEvent | { detail?: string | undefined }>;
