import type { FileResult, PassageResult } from '../../app/contract/search.ts';
import type { ExportItem } from '../../app/export/index.ts';
import { createStore } from '../state/store.ts';

/** Passages selected over several searches, in the order in which they were put in. */
export const tray = createStore<readonly ExportItem[]>([]);

/** An export item of a result. */
export function exportItem(file: FileResult, passage: PassageResult, query: string): ExportItem {
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

export const inTray = (items: readonly ExportItem[], id: string): boolean =>
  items.some((item) => item.id === id);

export function toggleTray(item: ExportItem): void {
  tray.set((items) =>
    inTray(items, item.id) ? items.filter((other) => other.id !== item.id) : [...items, item],
  );
}

export function removeFromTray(id: string): void {
  tray.set((items) => items.filter((item) => item.id !== id));
}
