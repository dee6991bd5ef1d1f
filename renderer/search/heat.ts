import type { Highlight, Part, PassageResult } from '../../app/contract/search.ts';

/** Below this share of heat a word is not shaded: noise shaded everywhere says nothing. */
export const HEAT_FLOOR = 0.12;

/** Step of the five-step scale, 0 for none. */
export function heatStep(heat: number): 0 | 1 | 2 | 3 | 4 | 5 {
  if (heat < HEAT_FLOOR) return 0;
  return Math.min(5, Math.max(1, Math.ceil(((heat - HEAT_FLOOR) / (1 - HEAT_FLOOR)) * 5))) as
    | 1
    | 2
    | 3
    | 4
    | 5;
}

/** A stretch of text that is drawn in one way. */
export interface HeatRun {
  readonly start: number;
  readonly end: number;
  readonly step: 0 | 1 | 2 | 3 | 4 | 5;
  readonly words: readonly number[];
  readonly exact: boolean;
}

/**
 * Cuts [from, to) of a string into runs. Where highlights overlap the hottest one gives the step and the words of
 * all are kept. Offsets are UTF-16 units of the string that the highlights refer to.
 */
export function heatRuns(
  highlights: readonly Pick<Highlight, 'start' | 'end' | 'heat' | 'words' | 'exact'>[],
  from: number,
  to: number,
): HeatRun[] {
  const inside = highlights.filter(
    (highlight) =>
      highlight.end > from && highlight.start < to && (highlight.exact || heatStep(highlight.heat) > 0),
  );
  const cuts = new Set([from, to]);
  for (const { start, end } of inside) {
    cuts.add(Math.max(from, start));
    cuts.add(Math.min(to, end));
  }
  const sorted = [...cuts].sort((a, b) => a - b);
  const runs: HeatRun[] = [];
  for (let index = 0; index + 1 < sorted.length; index += 1) {
    const start = sorted[index] as number;
    const end = sorted[index + 1] as number;
    if (start >= end) continue;
    const over = inside.filter((highlight) => highlight.start < end && highlight.end > start);
    const heat = Math.max(0, ...over.map((highlight) => highlight.heat));
    runs.push({
      start,
      end,
      step: heatStep(heat),
      words: [...new Set(over.flatMap((highlight) => highlight.words))].sort((a, b) => a - b),
      exact: over.some((highlight) => highlight.exact),
    });
  }
  return runs;
}

/** Heat that a short word must reach somewhere in the passage for its other exact occurrences to be shown. */
const EXACT_WORD_HEAT = 0.35;
/** Letters below which a word is short. */
const SHORT_WORD = 4;
/** Words that say nothing by standing there. */
const SMALL_WORDS = new Set(
  (
    'a about an and are as at be but by can do does for from had has have how i if in into is it its me my no not of ' +
    'on or so than that the their them then there these they this to us was we what when where which who why will ' +
    'with you your'
  ).split(' '),
);
/** What a word that stands there letter for letter counts at least when a stretch to show is chosen. */
const EXACT_COUNTS = 0.15;

type PartText = Pick<PassageResult, 'highlights' | 'coverage' | 'text' | 'title' | 'headings'>;

/**
 * Highlights of one part of a passage. Words that also stand elsewhere letter for letter are shown there too, but for
 * small ones ("the" would be underlined everywhere) and for short ones that say nothing about this passage.
 */
export function inPart(passage: PartText, part: Exclude<Part, 'context'>): Highlight[] {
  const telling = new Set(
    passage.coverage.filter((entry) => entry.heat >= EXACT_WORD_HEAT).map((entry) => entry.word),
  );
  const string = part === 'heading' ? passage.headings.join(' › ') : passage[part];
  const says = ({ start, end, words }: Highlight) =>
    !SMALL_WORDS.has(string.slice(start, end).toLowerCase()) &&
    (end - start >= SHORT_WORD || words.some((word) => telling.has(word)));
  return passage.highlights.filter(
    (highlight) =>
      highlight.part === part && (heatStep(highlight.heat) > 0 || (highlight.exact && says(highlight))),
  );
}

const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;

/** How many letters of Latin script a letter of this text is as wide as, on average: 1 … 2. */
export function letterWidth(text: string): number {
  return text === '' ? 1 : 1 + (text.match(WIDE)?.length ?? 0) / text.length;
}

/**
 * The stretch of about `length` characters that holds the most heat, begun at a word and, where one is near, at a
 * sentence. What a result's two lines show.
 */
export function snippetRange(
  text: string,
  highlights: readonly Pick<Highlight, 'start' | 'end' | 'heat' | 'exact'>[],
  length: number,
): { start: number; end: number } {
  if (text.length <= length) return { start: 0, end: text.length };
  const hot = highlights
    .filter((highlight) => highlight.exact || heatStep(highlight.heat) > 0)
    .sort((a, b) => a.start - b.start);
  let best = { first: 0, last: 0, heat: -1 };
  for (const first of hot) {
    let heat = 0;
    let last = first.end;
    for (const other of hot) {
      if (other.start < first.start || other.end > first.start + length * 0.85) continue;
      heat += other.exact ? Math.max(other.heat, EXACT_COUNTS) : other.heat;
      last = Math.max(last, other.end);
    }
    if (heat > best.heat) best = { first: first.start, last, heat };
  }
  const spare = Math.max(0, length - (best.last - best.first));
  const earliest = Math.max(0, Math.min(best.first - Math.floor(spare / 2), text.length - length));
  const start = Math.min(wordStart(text, earliest, best.first), best.heat < 0 ? 0 : best.first);
  return { start, end: Math.min(text.length, start + length) };
}

function wordStart(text: string, from: number, limit: number): number {
  if (from === 0) return 0;
  const window = text.slice(from, limit);
  const sentence = /[.!?]["')\]]*\s+|[。！？]["')\]」』]*\s*|\n\s*/.exec(window);
  if (sentence && sentence.index < window.length * 0.6) return from + sentence.index + sentence[0].length;
  const space = /\s+/.exec(window);
  return space ? from + space.index + space[0].length : from;
}
