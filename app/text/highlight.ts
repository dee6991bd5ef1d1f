import type { Highlight, Part } from '../contract/search.ts';
import { WordFinder } from './find-words.ts';
import { Segmentation } from './segment.ts';

/**
 * How far above its chance level a similarity must lie to count as found, in standard deviations of what the same
 * query token finds in passages drawn at random.
 */
const FOUND_DEVIATIONS = 1.5;
/** Share of the way from the found level to a perfect match at which heat is full. */
const FULL_AT = 0.75;
/** Deviation assumed at least: a token that finds the same everywhere must not glow at the slightest difference. */
const LEAST_DEVIATION = 0.02;
/** Least way from the found level to full heat, for tokens that find near-perfect matches everywhere. */
const LEAST_WAY = 0.05;

/** Heat below which a word counts as not found. */
export const FOUND_HEAT = 0.08;

/**
 * Heat of one query token's best similarity. Every token matches something fairly well, so the raw similarity
 * says little; what counts is how far it lies above what the token finds by chance:
 * with floor = mean + 1.5 × max(deviation, 0.02), heat = (similarity − floor) / max(0.05, 0.75 × (1 − floor)),
 * kept within 0 … 1.
 *
 * @param mean of the token's best similarity over passages drawn at random from this index
 * @param deviation standard deviation over the same passages
 */
export function heatOf(similarity: number, mean: number, deviation: number): number {
  const floor = mean + FOUND_DEVIATIONS * Math.max(deviation, LEAST_DEVIATION);
  const heat = (similarity - floor) / Math.max(LEAST_WAY, (1 - floor) * FULL_AT);
  return Math.min(1, Math.max(0, heat));
}

/** A stretch of one part of a passage; offsets in that part's string. */
export interface PartSpan {
  readonly part: Part;
  readonly start: number;
  readonly end: number;
}

/** What one query token matched. */
export interface MatchedSpans {
  /** Position of the query word it belongs to; null for special and expansion tokens. */
  readonly word: number | null;
  readonly weight: number;
  readonly heat: number;
  /** Everything that the matched vector stands for. */
  readonly located: readonly PartSpan[];
}

interface QueryFinder {
  /** Positions in the query of the words looked for. */
  readonly wanted: readonly number[];
  readonly finder: WordFinder;
}

/** The same words are looked for in every passage of a search. */
const finders = new WeakMap<object, QueryFinder>();

function finderOf(
  words: readonly { readonly index: number; readonly text: string; readonly weight: number }[],
): QueryFinder {
  let known = finders.get(words);
  if (known === undefined) {
    const wanted = words.filter((word) => word.weight > 0);
    known = {
      wanted: wanted.map((word) => word.index),
      finder: new WordFinder(wanted.map((word) => word.text)),
    };
    finders.set(words, known);
  }
  return known;
}

/**
 * What to light in a passage: the words that query tokens matched above chance, whole and each once with its
 * strongest heat, and the words that match letter for letter (heat 0 where the model saw nothing in them).
 *
 * @param strings what the offsets of each part count in
 * @param words words of the query; those with weight 0 or less light nothing, nor do their tokens
 * @returns in order of part and place, without overlaps
 */
export function toHighlights(
  matches: readonly MatchedSpans[],
  strings: Readonly<Record<Part, string>>,
  words: readonly { readonly index: number; readonly text: string; readonly weight: number }[],
): Highlight[] {
  const marks: Highlight[] = [];
  const segmented: Partial<Record<Part, Segmentation>> = {};
  const segmentationOf = (part: Part): Segmentation => {
    const segmentation = segmented[part] ?? new Segmentation(strings[part]);
    segmented[part] = segmentation;
    return segmentation;
  };
  for (const { word, weight, heat, located } of matches) {
    // Negative and muted words find things too, but they are no reason for the result.
    if (word === null || weight <= 0 || heat < FOUND_HEAT) continue;
    for (const span of located) {
      const grown = segmentationOf(span.part).grow(span.start, span.end);
      marks.push({ part: span.part, ...grown, heat, words: [word], exact: false });
    }
  }
  const { wanted, finder } = finderOf(words);
  for (const part of ['title', 'heading', 'text'] as const) {
    for (const hit of finder.find(segmentationOf(part))) {
      const index = wanted[hit.word] ?? hit.word;
      marks.push({ part, start: hit.start, end: hit.end, heat: 0, words: [index], exact: true });
    }
  }
  return mergeMarks(marks);
}

/** One mark for what overlaps: the strongest heat, all query words that found it. */
function mergeMarks(marks: readonly Highlight[]): Highlight[] {
  const merged: Highlight[] = [];
  const ordered = marks.toSorted((a, b) =>
    a.part < b.part ? -1 : a.part > b.part ? 1 : a.start - b.start || a.end - b.end,
  );
  for (const mark of ordered) {
    const last = merged.at(-1);
    if (last === undefined || last.part !== mark.part || mark.start >= last.end) {
      merged.push({ ...mark });
      continue;
    }
    merged[merged.length - 1] = {
      part: last.part,
      start: last.start,
      end: Math.max(last.end, mark.end),
      heat: Math.max(last.heat, mark.heat),
      words: bothWords(last.words, mark.words),
      exact: last.exact || mark.exact,
    };
  }
  return merged;
}

/** The words of both, ascending; `a` is so. */
function bothWords(a: number[], b: readonly number[]): number[] {
  if (b.every((word) => a.includes(word))) return a;
  return [...new Set([...a, ...b])].sort((x, y) => x - y);
}
