import type { PassageDetail } from '../../../app/contract/engine.ts';
import type { Highlight, PassageResult } from '../../../app/contract/search.ts';
import { heatRuns, heatStep, inPart } from '../../search/heat.ts';
import type { Stop } from '../stops.ts';

/** A stretch of one text item on a page, as pdf.js numbers them, that is shaded. */
export interface PdfMark {
  readonly page: number;
  readonly item: number;
  /** UTF-16 offsets in the item's string. */
  readonly start: number;
  readonly end: number;
  readonly step: number;
  readonly words: readonly number[];
  readonly exact: boolean;
  readonly passage: string;
  /** Offset in the passage's text. */
  readonly at: number;
}

/** Carries the highlights of passages over to text items by their source maps. */
export function pdfMarks(
  passages: readonly PassageResult[],
  details: ReadonlyMap<string, PassageDetail>,
): PdfMark[] {
  const marks: PdfMark[] = [];
  for (const passage of passages) {
    const detail = details.get(passage.id);
    if (detail === undefined) continue;
    const highlights: readonly Highlight[] = inPart(passage, 'text');
    for (const segment of detail.segments) {
      const { place } = segment;
      if (place.kind !== 'page' || place.item === undefined) continue;
      for (const run of heatRuns(highlights, segment.start, segment.end)) {
        if (run.step === 0 && !run.exact) continue;
        const shift = (place.itemStart ?? 0) - segment.start;
        marks.push({
          page: place.page,
          item: place.item,
          start: run.start + shift,
          end: run.end + shift,
          step: run.step,
          words: run.words,
          exact: run.exact,
          passage: passage.id,
          at: run.start,
        });
      }
    }
  }
  return marks;
}

/** Where a stop begins: its page and, where one is known, its text item. */
export function placeOfStop(
  stop: Stop,
  details: ReadonlyMap<string, PassageDetail>,
): { page: number; item: number | null } | null {
  const detail = details.get(stop.passage.id);
  const segments = detail?.segments ?? [];
  const segment = segments.find((each) => each.end > stop.start && each.place.kind === 'page') ?? segments[0];
  if (segment?.place.kind === 'page') return { page: segment.place.page, item: segment.place.item ?? null };
  const { place } = stop.passage;
  return place?.kind === 'page' ? { page: place.page, item: place.item ?? null } : null;
}

/** Whether a mark belongs to a stop. */
export const inStop = (mark: PdfMark, stop: Stop): boolean =>
  mark.passage === stop.passage.id &&
  mark.at >= stop.start &&
  mark.at < stop.end &&
  (mark.exact || heatStep(stop.heat) > 0);
