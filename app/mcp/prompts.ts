import type { McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { retrieveContext } from '../rag/context.ts';
import { promptOf } from '../rag/prompt.ts';
import type { EngineSource } from './define.ts';
import { DEFAULT_BUDGET, MAX_BUDGET } from './limits.ts';

const RESEARCH = `Answer the question below from my own files, using the Passim tools.

1. Search with the question itself, then with other words for what is still open. Passages of low confidence or strength are off the point.
2. Read what stands around a passage (get_passage, get_file_range) before you rely on it.
3. Say only what the passages say. Cite each statement as [file, place], as the tools give them. If the files do not hold the answer, say so.

Question: `;

/** Prompts for answering questions from the person's files, with citations. */
export function registerPrompts(server: McpServer, engine: EngineSource): void {
  server.registerPrompt(
    'answer_from_files',
    {
      title: 'Answer from my files',
      description:
        'Puts the passages found for a question into a prompt that asks for an answer with citations.',
      argsSchema: z.object({
        question: z.string().min(1).max(8_000).describe('The question'),
        budget_tokens: z
          .string()
          .regex(/^\d{1,6}$/)
          .optional()
          .describe(`Tokens of context, ${DEFAULT_BUDGET} unless told`),
      }),
    },
    async ({ question, budget_tokens }, context) => {
      const budget = Math.min(MAX_BUDGET, Math.max(50, Number(budget_tokens ?? DEFAULT_BUDGET)));
      const { passages } = await retrieveContext(
        await engine(),
        { query: question, k: 10, passagesPerFile: 3, budget },
        context.mcpReq.signal,
      );
      return {
        description: `Answer with citations from ${passages.length} passages`,
        messages: [{ role: 'user', content: { type: 'text', text: promptOf(question, passages) } }],
      };
    },
  );
  server.registerPrompt(
    'research_in_files',
    {
      title: 'Research in my files',
      description: 'Asks the model to search and read by itself until it can answer with citations.',
      argsSchema: z.object({ question: z.string().min(1).max(8_000).describe('The question') }),
    },
    ({ question }) => ({
      messages: [{ role: 'user', content: { type: 'text', text: `${RESEARCH}${question}` } }],
    }),
  );
}
