import type { PassageResult } from '../../app/contract/search.ts';
import { heatStep, inPart } from '../search/heat.ts';

/** Characters between two matched stretches that are still one stop. */
const JOIN_CHARS = 120;

/** A place that "next match" goes to. Offsets are UTF-16 units in the passage's text. */
export interface Stop {
  readonly index: number;
  readonly passage: PassageResult;
  readonly start: number;
  readonly end: number;
  readonly heat: number;
}

/** Heat from which on a word is a match that is worth going to. */
const STOP_STEP = 2;

/** Whether a passage says anything about the query: some word of it, or of its heading, is clearly warm. */
export const isMatch = (passage: Pick<PassageResult, 'highlights'>): boolean =>
  passage.highlights.some((highlight) => highlight.part !== 'title' && heatStep(highlight.heat) >= STOP_STEP);

/**
 * Matches of a file in the order of its text. Neighbouring matched words are one stop; a passage without a warm word
 * has one at the first word that is shown, or at its beginning (found by its title, say).
 */
export function stopsOf(passages: readonly PassageResult[]): Stop[] {
  const stops: Stop[] = [];
  const add = (stop: Omit<Stop, 'index'>) => stops.push({ ...stop, index: stops.length });
  for (const passage of [...passages].sort((a, b) => a.start - b.start)) {
    const shown = inPart(passage, 'text').sort((a, b) => a.start - b.start);
    const warm = shown.filter((highlight) => heatStep(highlight.heat) >= STOP_STEP);
    const hot = warm.length > 0 ? warm : shown.slice(0, 1);
    let open: { start: number; end: number; heat: number } | null = null;
    for (const { start, end, heat } of hot) {
      if (open !== null && start <= open.end + JOIN_CHARS) {
        open = { start: open.start, end: Math.max(open.end, end), heat: Math.max(open.heat, heat) };
      } else {
        if (open !== null) add({ passage, ...open });
        open = { start, end, heat };
      }
    }
    add({ passage, ...(open ?? { start: 0, end: 0, heat: 0 }) });
  }
  return stops;
}

/** The stop at which a passage is opened: its hottest. */
export function stopOfPassage(stops: readonly Stop[], id: string): number {
  let best = -1;
  for (const stop of stops) {
    if (stop.passage.id !== id) continue;
    if (best < 0 || stop.heat > (stops[best]?.heat ?? 0)) best = stop.index;
  }
  return best;
}
