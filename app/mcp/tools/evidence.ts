import { z } from 'zod';
import { exportItemOf, preparePassages } from '../../export/index.ts';
import { parseQuery } from '../../text/query.ts';
import { defineTool } from '../define.ts';
import { DEFAULT_BUDGET, MAX_BUDGET } from '../limits.ts';
import { foundPassage, foundPassageSchema, passagesText } from '../passages.ts';

const id = z.string().min(1).max(1_000).describe('id of a passage that search gave');
const round = (value: number) => Math.round(value * 1e4) / 1e4;

/** Why a passage matches: for each query token the passage token it found (MaxSim's evidence). */
export const explainTool = defineTool({
  name: 'explain',
  title: 'Explain a match',
  description:
    'Says why a passage matches a query: for each token of the query the passage token it found, their similarity, what ' +
    'it finds by chance, and its share of the score. Also tells which words the passage does not speak of.',
  input: z.object({ query: z.string().min(1).max(10_000), id }),
  output: z.object({
    id: z.string(),
    score: z.number(),
    maxsim: z.number(),
    bm25: z.number().nullable(),
    words: z.array(z.object({ text: z.string(), share: z.number(), heat: z.number(), found: z.boolean() })),
    tokens: z.array(
      z.object({
        token: z.string(),
        kind: z.string(),
        matched: z.string(),
        part: z.string(),
        similarity: z.number(),
        chance: z.number(),
        weight: z.number(),
        share: z.number(),
        heat: z.number(),
      }),
    ),
  }),
  async run(engine, input, signal) {
    const passage = await engine.call('explain', { query: input.query, id: input.id }, signal);
    const tokens = passage.tokens ?? [];
    const { words } = parseQuery(input.query);
    return {
      id: passage.id,
      score: round(passage.score),
      maxsim: round(passage.scores.maxsim),
      bm25: passage.scores.bm25 === null ? null : round(passage.scores.bm25),
      words: passage.coverage.map((word) => ({
        text: words[word.word]?.text ?? '',
        share: round(word.share),
        heat: round(word.heat),
        found: word.found,
      })),
      tokens: tokens.map((token) => ({
        token: token.token,
        kind: token.kind,
        matched: token.matched,
        part: token.part,
        similarity: round(token.similarity),
        chance: round(token.chance),
        weight: token.weight,
        share: round(token.share),
        heat: round(token.heat),
      })),
    };
  },
  text(output) {
    const rows = output.tokens.map(
      (token) =>
        `${token.token} → ${token.matched.replaceAll(/\s+/g, ' ') || '(no word)'} [${token.part}] similarity ${token.similarity.toFixed(3)}, by chance ${token.chance.toFixed(3)}, share ${(token.share * 100).toFixed(1)} %`,
    );
    const missing = output.words.filter((word) => !word.found).map((word) => word.text);
    return [
      `MaxSim ${output.maxsim.toFixed(3)}, BM25 ${output.bm25 === null ? 'none' : output.bm25.toFixed(3)}`,
      ...rows,
      ...(missing.length > 0 ? [`Not found here: ${missing.join(', ')}`] : []),
    ].join('\n');
  },
});

/** Passages of other files about the same. */
export const similarTool = defineTool({
  name: 'similar',
  title: 'Find similar passages',
  description: 'Finds passages of other files that are about the same as a passage.',
  input: z.object({
    id,
    k: z.number().int().min(1).max(50).default(8).describe('Files at most'),
    budget_tokens: z.number().int().min(50).max(MAX_BUDGET).default(DEFAULT_BUDGET),
  }),
  output: z.object({ passages: z.array(foundPassageSchema), tokens: z.number().int() }),
  async run(engine, input, signal) {
    const response = await engine.call('similar', { id: input.id, k: input.k }, signal);
    const items = response.results.flatMap((file) =>
      file.passages.map((passage) => exportItemOf(file, passage, '')),
    );
    const passages = preparePassages(items, { order: 'score', budget: input.budget_tokens });
    return {
      passages: passages.map((passage) =>
        foundPassage({ ...passage, strength: Math.max(0, passage.score), confidence: null }),
      ),
      tokens: passages.reduce((sum, passage) => sum + passage.tokens, 0),
    };
  },
  text: (output) => (output.passages.length === 0 ? 'Nothing similar found.' : passagesText(output.passages)),
});
