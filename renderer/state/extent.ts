import { useEffect } from 'react';
import { tellExtent } from '../api/api.ts';
import { session } from '../search/session.ts';
import { page } from './route.ts';
import { engineTrouble, status } from './status.ts';
import { createStore } from './store.ts';
import { useStore } from './use-store.ts';

/** Pixels of the field alone, as the style sheet has it. */
const FIELD_HEIGHT = 64;

/** Height of what stands under the empty field, in pixels. */
export const underField = createStore(0);

/** Follows the height of what stands under the empty field. */
export function measureUnderField(element: HTMLElement | null): (() => void) | undefined {
  if (element === null) return undefined;
  const observer = new ResizeObserver(() =>
    underField.set(Math.ceil(element.getBoundingClientRect().height)),
  );
  observer.observe(element);
  return () => {
    observer.disconnect();
    underField.set(0);
  };
}

/**
 * Tells the desktop window how much room there has to be: the bar's while the field is empty and there is nothing to
 * be told or asked first, else all of it.
 */
export function useExtent(ready: boolean): void {
  const onSearch = useStore(page, (now) => now === 'search');
  const isEmpty = useStore(session, (now) => now.text.trim() === '');
  const hasFolders = useStore(status, (now) => now !== null && now.folders.length > 0);
  const works = useStore(engineTrouble, (now) => now === null);
  const under = useStore(underField);
  const isBar = onSearch && isEmpty && hasFolders && works;
  useEffect(() => {
    if (ready) tellExtent(isBar ? 'bar' : 'full', FIELD_HEIGHT + under);
  }, [ready, isBar, under]);
}
