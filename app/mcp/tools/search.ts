import { z } from 'zod';
import { retrieveContext } from '../../rag/context.ts';
import { defineTool } from '../define.ts';
import { filtersSchema, queryWith } from '../filters.ts';
import { DEFAULT_BUDGET, MAX_BUDGET } from '../limits.ts';
import { foundPassage, foundPassageSchema, passagesText } from '../passages.ts';

export const searchTool = defineTool({
  name: 'search',
  title: 'Search my files',
  description:
    "Finds passages in the person's own files by meaning (late interaction, with BM25) and says which words matched. " +
    'Ask in full sentences or key words, in any language of the files. "exact phrase", +required and -excluded work in ' +
    'the query. Cite passages by file and place. When confidence or strength is low, try other words.',
  input: z.object({
    query: z.string().min(1).max(8_000).describe('A question or key words'),
    filters: filtersSchema.optional(),
    k: z.number().int().min(1).max(50).default(8).describe('Passages at most'),
    passages_per_file: z.number().int().min(1).max(20).default(3),
    budget_tokens: z
      .number()
      .int()
      .min(50)
      .max(MAX_BUDGET)
      .default(DEFAULT_BUDGET)
      .describe('Tokens all passages together may take; they are trimmed around their matched words'),
    ranker: z.enum(['fused', 'maxsim', 'bm25', 'dense']).default('fused'),
    cursor: z.string().max(20).optional().describe('next_cursor of the answer before, for the next page'),
  }),
  output: z.object({
    passages: z.array(foundPassageSchema),
    confidence: z
      .number()
      .nullable()
      .describe('How likely the answer is among the results; low when the files say nothing of it'),
    tokens: z.number().int().describe('Tokens of all passages, as estimated'),
    words: z.array(z.object({ text: z.string(), required: z.boolean() })).describe('Words of the query'),
    searchable_files: z.number().int(),
    known_files: z.number().int(),
    notices: z.array(z.string()),
    took_ms: z.number(),
    next_cursor: z.string().nullable().describe('Give it as cursor for more; null when there is no more'),
  }),
  async run(engine, input, signal) {
    const offset = offsetOf(input.cursor);
    const { passages, next, response } = await retrieveContext(
      engine,
      {
        query: queryWith(input.query, input.filters),
        k: input.k,
        passagesPerFile: input.passages_per_file,
        budget: input.budget_tokens,
        ranker: input.ranker,
        offset,
      },
      signal,
    );
    return {
      passages: passages.map((passage) => ({
        ...foundPassage(passage),
        citation: offset + passage.citation,
      })),
      confidence: response.confidence ?? null,
      tokens: passages.reduce((sum, passage) => sum + passage.tokens, 0),
      words: response.words.map(({ text, required }) => ({ text, required })),
      searchable_files: response.coverage.searchable,
      known_files: response.coverage.known,
      notices: response.notices,
      took_ms: Math.round(response.tookMs * 10) / 10,
      next_cursor: next === null ? null : String(next),
    };
  },
  text(output) {
    const parts = [
      output.passages.length === 0 ? 'Nothing found.' : passagesText(output.passages),
      ...output.notices,
    ];
    if (output.next_cursor !== null) parts.push(`More with cursor "${output.next_cursor}".`);
    return parts.join('\n\n');
  },
});

/** A cursor is where the page before ended. What is none begins at the start. */
function offsetOf(cursor: string | undefined): number {
  return cursor !== undefined && /^\d{1,4}$/.test(cursor) ? Number(cursor) : 0;
}
