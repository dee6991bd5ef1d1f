import { createStore } from './store.ts';

export const PAGES = ['search', 'folders', 'tray', 'programs', 'quality', 'settings'] as const;
export type Page = (typeof PAGES)[number];

/** The page that an address's fragment names. */
export function pageOf(hash: string): Page {
  const name = hash.replace(/^#\/?/, '');
  return PAGES.find((page) => page === name) ?? 'search';
}

export const page = createStore<Page>('search');

export function followAddress(): void {
  page.set(pageOf(window.location.hash));
  window.addEventListener('hashchange', () => page.set(pageOf(window.location.hash)));
}

export function go(to: Page): void {
  window.location.hash = to === 'search' ? '#/' : `#/${to}`;
}
