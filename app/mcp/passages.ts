import { z } from 'zod';
import { citationOf } from '../export/index.ts';
import type { ContextPassage } from '../rag/context.ts';

/** A passage as tools give it. Offsets are UTF-16 code units. */
export const foundPassageSchema = z.object({
  citation: z.number().int().describe('Number to cite it by, from 1'),
  id: z.string().describe('Names the passage for explain, get_passage and similar, until its file changes'),
  path: z.string(),
  place: z.string().describe('Where in the file, e.g. "page 12" or "line 340"'),
  title: z.string(),
  headings: z.array(z.string()),
  text: z.string(),
  start: z.number().int().describe("Offset of text in the file's indexed text, as get_file_range takes it"),
  end: z.number().int(),
  trimmed: z.boolean().describe('True when the budget cut the passage around its matched words'),
  tokens: z.number().int().describe('Tokens of text, as estimated'),
  score: z.number(),
  strength: z
    .number()
    .describe(
      "How much of the query the file's best passage covers, 0 … 1; below 0.3 it is probably off the point",
    ),
  confidence: z
    .number()
    .nullable()
    .describe(
      'Calibrated likelihood that the passage is what the query looks for; null when it cannot be told',
    ),
  matched: z
    .array(z.object({ text: z.string(), start: z.number().int(), end: z.number().int(), heat: z.number() }))
    .describe('Stretches of text that matched the query, heat 0 … 1'),
  also_in: z
    .array(z.object({ path: z.string(), place: z.string() }))
    .describe('Other files with the same text'),
});
export type FoundPassage = z.infer<typeof foundPassageSchema>;

const round = (value: number) => Math.round(value * 1e4) / 1e4;

export function foundPassage(passage: ContextPassage): FoundPassage {
  return {
    citation: passage.citation,
    id: passage.id,
    path: passage.path,
    place: passage.placeLabel,
    title: passage.title,
    headings: [...passage.headings],
    text: passage.text,
    start: passage.start,
    end: passage.end,
    trimmed: passage.trimmed,
    tokens: passage.tokens,
    score: round(passage.score),
    strength: round(passage.strength),
    confidence: passage.confidence === null ? null : round(passage.confidence),
    matched: passage.highlights
      .filter((highlight) => highlight.heat > 0)
      .map(({ start, end, heat }) => ({
        text: passage.text.slice(start, end),
        start,
        end,
        heat: round(heat),
      })),
    also_in: passage.alsoIn.map(({ path, placeLabel }) => ({ path, place: placeLabel })),
  };
}

/** How sure Passim is, in two words. */
function sureness({ confidence, strength }: FoundPassage): string {
  return confidence === null ? `strength ${strength.toFixed(2)}` : `confidence ${confidence.toFixed(2)}`;
}

/** Passages as a model reads them, each with its citation, parted by lines of dashes. */
export function passagesText(passages: readonly FoundPassage[]): string {
  return passages
    .map((passage) => {
      const heading = [passage.title, ...passage.headings].filter((part) => part !== '').join(' › ');
      const head = `[${passage.citation}] ${citationOf({ name: passage.path, placeLabel: passage.place })} (id ${passage.id}, ${sureness(passage)})`;
      return `${head}${heading === '' ? '' : `\n${heading}`}\n${passage.text.trim()}`;
    })
    .join('\n---\n');
}
