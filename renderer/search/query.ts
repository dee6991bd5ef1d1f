import { type ParsedWord, parseQuery } from '../../app/text/query.ts';

/** Filters that are chips, beside those typed in the query. */
export interface Filters {
  /** Watched folder, or a folder below one; null for all. */
  readonly folder: string | null;
  /** Family of formats, e.g. "document". */
  readonly type: string | null;
  /** Value of `modified:`. */
  readonly modified: string | null;
}

export const NO_FILTERS: Filters = { folder: null, type: null, modified: null };
export const hasFilters = (filters: Filters): boolean =>
  filters.folder !== null || filters.type !== null || filters.modified !== null;

/** An operator with its value, which may be half typed. */
const OPERATOR = /(?<!\S)[+-]?(?:path|ext|type|modified|size):\S*/gi;

/**
 * Words of a query as the engine numbers them. While an operator is half typed or wrong the words beside it stay
 * what they are.
 */
export function wordsOf(query: string): readonly ParsedWord[] {
  try {
    return parseQuery(query).words;
  } catch {
    return parseQuery(query.replace(OPERATOR, (operator) => ' '.repeat(operator.length))).words;
  }
}

/** Value in quotes where it needs them. A quotation mark can't be written inside a value; `?` of a pattern stands for it. */
function quoted(value: string): string {
  return /[\s,"]/.test(value) ? `"${value.replaceAll('"', '?')}"` : value;
}

/** The query as the engine gets it: what was typed, then the filters. They add no words, so positions stay. */
export function withFilters(query: string, filters: Filters): string {
  const parts = [query];
  if (filters.folder !== null) parts.push(`path:${quoted(filters.folder)}`);
  if (filters.type !== null) parts.push(`type:${quoted(filters.type)}`);
  if (filters.modified !== null) parts.push(`modified:${quoted(filters.modified)}`);
  return parts.join(' ');
}

/** The query limited to one file. */
export function inFile(query: string, path: string): string {
  return `${query} path:${quoted(path)}`;
}

/**
 * Weights by word and occurrence ("contract#0"), so that they stay with their words while the query is typed on.
 */
export type WordWeights = Readonly<Record<string, number>>;

type Word = Pick<ParsedWord, 'text'>;

export function weightKey(words: readonly Word[], index: number): string {
  const text = words[index]?.text.toLowerCase() ?? '';
  const before = words.slice(0, index).filter((word) => word.text.toLowerCase() === text).length;
  return `${text}#${before}`;
}

/** Weights by position, as the engine takes them; undefined when all are as usual. */
export function tokenWeights(query: string, weights: WordWeights): Record<string, number> | undefined {
  const words = wordsOf(query);
  const entries = words.flatMap((_, index) => {
    const weight = weights[weightKey(words, index)];
    return weight === undefined || weight === 1 ? [] : [[String(index), weight] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** Puts a + before a word or takes it away. A word of a phrase is required already. */
export function setRequired(query: string, index: number, required: boolean): string {
  const word = wordsOf(query)[index];
  if (word === undefined || word.phrase !== null) return query;
  // The sign stands before the whole run of letters, which punctuation may begin.
  const start = query.slice(0, word.start).search(/\S*$/);
  const signed = query[start] === '+';
  if (required === signed) return query;
  return required
    ? `${query.slice(0, start)}+${query.slice(start)}`
    : query.slice(0, start) + query.slice(start + 1);
}

/** Turns a word into one that passages must not have. */
export function excludeWord(query: string, index: number): string {
  const word = wordsOf(query)[index];
  if (word === undefined || word.phrase !== null) return query;
  const start = query.slice(0, word.start).search(/\S*$/);
  const rest = query[start] === '+' ? start + 1 : start;
  return `${query.slice(0, start)}-${query.slice(rest)}`;
}

/** Steps of a word's weight, for the keys ↑ and ↓. */
export const WEIGHT_STEPS = [-1, 0, 0.5, 1, 1.5, 2, 3] as const;

/** The heaviest weight that the window gives. */
export const HEAVIEST = 3;
/** Finer steps, for dragging. */
export const DRAG_STEPS = [-1, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5, HEAVIEST] as const;

/** The next step up (+1) or down (−1) from a weight. */
export function stepWeight(weight: number, direction: 1 | -1): number {
  const index = WEIGHT_STEPS.findIndex((step) => step >= weight);
  const at = index < 0 ? WEIGHT_STEPS.length - 1 : index;
  return WEIGHT_STEPS[Math.max(0, Math.min(WEIGHT_STEPS.length - 1, at + direction))] ?? 1;
}
