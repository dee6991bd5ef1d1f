import type { ExportItem } from '../../app/export/index.ts';
import { createStore } from '../state/store.ts';

/** Passages selected over several searches, in the order in which they were put in. */
export const tray = createStore<readonly ExportItem[]>([]);

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
