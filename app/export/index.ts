import { type WriteOptions, writePassages } from './formats.ts';
import type { ExportFormat, ExportItem, ExportOrder, ExportPassage } from './item.ts';
import { mergeDuplicates, orderItems } from './merge.ts';
import { estimateTokens, shareBudget, trimAround } from './trim.ts';

export {
  DEFAULT_PROMPT_TEMPLATE,
  EXPORT_FILES,
  fillTemplate,
  type WriteOptions,
  writePassages,
} from './formats.ts';
export {
  citationOf,
  type ExportFormat,
  type ExportItem,
  type ExportOrder,
  type ExportPassage,
  exportItemOf,
} from './item.ts';
export { mergeDuplicates, orderItems } from './merge.ts';
export { estimateTokens, shareBudget, trimAround } from './trim.ts';

export interface PrepareOptions {
  readonly order: ExportOrder;
  /** Tokens all passages together may take; 0 for no limit. */
  readonly budget: number;
}

/**
 * Makes chosen passages ready to be written: duplicates merged, in order, trimmed around their matched words to
 * the token budget. A passage that the budget leaves no room for is dropped.
 */
export function preparePassages(items: readonly ExportItem[], options: PrepareOptions): ExportPassage[] {
  const ordered = orderItems(mergeDuplicates(items), options.order);
  const needs = ordered.map((item) => estimateTokens(item.text));
  const grants = options.budget > 0 ? shareBudget(needs, options.budget) : needs;
  const passages: ExportPassage[] = [];
  ordered.forEach((item, index) => {
    const cut = trimAround(item.text, item.highlights, options.budget > 0 ? (grants[index] ?? 0) : Infinity);
    if (cut.text.trim() === '') return;
    passages.push({
      ...item,
      text: cut.text,
      start: item.start + cut.start,
      end: item.start + cut.end,
      highlights: item.highlights
        .filter((highlight) => highlight.start < cut.end && highlight.end > cut.start)
        .map((highlight) => ({
          start: Math.max(0, highlight.start - cut.start),
          end: Math.min(cut.end, highlight.end) - cut.start,
          heat: highlight.heat,
        })),
      citation: passages.length + 1,
      trimmed: cut.trimmed,
      tokens: estimateTokens(cut.text),
    });
  });
  return passages;
}

/** Prepares and writes in one step. */
export function exportPassages(
  items: readonly ExportItem[],
  format: ExportFormat,
  options: PrepareOptions & WriteOptions,
): string {
  return writePassages(preparePassages(items, options), format, options);
}
