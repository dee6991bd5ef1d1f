import { z } from 'zod';
import { placeSchema } from '../contract/document.ts';
import type { FileResult, PassageResult } from '../contract/search.ts';

/** A passage that was chosen for export. Offsets are UTF-16 code units. */
export const exportItemSchema = z.object({
  id: z.string(),
  /** Searches that found it. */
  queries: z.array(z.string()),
  path: z.string(),
  name: z.string(),
  title: z.string(),
  headings: z.array(z.string()),
  /** As a person is told, e.g. "page 12". */
  placeLabel: z.string(),
  place: placeSchema.nullable(),
  text: z.string(),
  /** Offsets of `text` in the document's text. */
  start: z.number().int().min(0),
  end: z.number().int().min(0),
  score: z.number(),
  /** Matched stretches of `text`, `heat` 0 … 1. */
  highlights: z.array(z.object({ start: z.number().int(), end: z.number().int(), heat: z.number() })),
  /** Other files that hold the same text. */
  alsoIn: z.array(z.object({ path: z.string(), placeLabel: z.string() })),
});
export type ExportItem = z.infer<typeof exportItemSchema>;

/** A passage as it is written out: perhaps trimmed. */
export interface ExportPassage extends ExportItem {
  /** Number of its citation, from 1. */
  readonly citation: number;
  readonly trimmed: boolean;
  /** Tokens of `text`, as estimated. */
  readonly tokens: number;
}

export type ExportFormat = 'text' | 'markdown' | 'prompt' | 'json' | 'jsonl' | 'langchain' | 'llamaindex';
export type ExportOrder = 'document' | 'score';

/** "lease.pdf, page 7" */
export function citationOf(item: Pick<ExportItem, 'name' | 'placeLabel'>): string {
  return item.placeLabel === '' ? item.name : `${item.name}, ${item.placeLabel}`;
}

/** An export item of a search's result. Words that match letter for letter count where the heat says little. */
export function exportItemOf(
  file: Pick<FileResult, 'path' | 'name'>,
  passage: PassageResult,
  query: string,
): ExportItem {
  return {
    id: passage.id,
    queries: query === '' ? [] : [query],
    path: file.path,
    name: file.name,
    title: passage.title,
    headings: passage.headings,
    placeLabel: passage.placeLabel,
    place: passage.place,
    text: passage.text,
    start: passage.start,
    end: passage.end,
    score: passage.score,
    highlights: passage.highlights
      .filter((highlight) => highlight.part === 'text')
      .map(({ start, end, heat, exact }) => ({ start, end, heat: exact ? Math.max(heat, 0.2) : heat })),
    alsoIn: passage.duplicates.map(({ path, placeLabel }) => ({ path, placeLabel })),
  };
}
