import type { FileResult, PassageResult, SearchInput, SearchResponse } from '../../app/contract/search.ts';
import { api } from '../api/api.ts';
import { preferences, remember } from '../state/preferences.ts';
import { createStore } from '../state/store.ts';
import { SearchController } from './controller.ts';
import { type Filters, inFile, NO_FILTERS, tokenWeights, type WordWeights, withFilters } from './query.ts';

export type SortOrder = 'relevance' | 'newest' | 'name';

/** What the person asked for. */
export interface Session {
  readonly text: string;
  readonly filters: Filters;
  readonly weights: WordWeights;
  readonly sort: SortOrder;
}

/** Passages similar to one, shown in place of the results. */
export interface SimilarSearch {
  readonly file: FileResult;
  readonly passage: PassageResult;
  readonly response: SearchResponse | null;
}

export const session = createStore<Session>({
  text: '',
  filters: NO_FILTERS,
  weights: {},
  sort: 'relevance',
});
export const controller = new SearchController({ api });
export const similar = createStore<SimilarSearch | null>(null);
/** Passages of files that were asked to show more, by path. */
export const expanded = createStore<Readonly<Record<string, readonly PassageResult[]>>>({});
/** Files that a search shows at first, and more with each wish for more. */
const FILES_STEP = 20;
const wantedFiles = createStore(FILES_STEP);
/** Id of the passage that keys act on. */
export const activeId = createStore<string | null>(null);
/** True once the person has gone to a passage: newer answers to the same words leave it there. */
let chosen = false;

/** Goes to a passage because the person asked for it. */
export function choose(id: string | null): void {
  chosen = id !== null;
  activeId.set(id);
}

/** The passage to show for a list: the chosen one while it is there, else the first. */
export function activeAmong(ids: readonly string[]): string | null {
  const now = activeId.get();
  return chosen && now !== null && ids.includes(now) ? now : (ids[0] ?? null);
}

/** The request for what the person asked for. */
export function requestOf({ text, filters, weights }: Session): SearchInput {
  const weighed = tokenWeights(text, weights);
  return {
    query: withFilters(text, filters),
    k: wantedFiles.get(),
    passagesPerFile: preferences.get().passagesPerFile,
    ...(weighed === undefined ? {} : { tokenWeights: weighed }),
  };
}

/** Changes what is asked for and searches. */
export function change(part: Partial<Session>, when: 'typing' | 'now' = 'now'): void {
  const before = session.get();
  const next = { ...before, ...part };
  session.set(next);
  similar.set(null);
  const searchChanged =
    next.text !== before.text || next.filters !== before.filters || next.weights !== before.weights;
  if (!searchChanged) return;
  if (next.text !== before.text) chosen = false;
  wantedFiles.set(FILES_STEP);
  expanded.set({});
  if (next.text.trim() === '') {
    activeId.set(null);
    if (Object.keys(next.weights).length > 0) session.set({ ...next, weights: {} });
    controller.clear();
    return;
  }
  controller.request(requestOf(next), when);
}

/** Searches again, e.g. when more files have become searchable. */
export function refresh(): void {
  const now = session.get();
  if (now.text.trim() !== '') controller.request(requestOf(now), 'whole');
}

/** Milliseconds between two searches for what has been read meanwhile. */
const GROWN_MS = 4000;
let grown: ReturnType<typeof setTimeout> | null = null;

/** Files have become searchable while reading goes on: they take part soon, unless the person is at a result already. */
export function takeInGrown(): void {
  if (grown !== null || session.get().text.trim() === '') return;
  grown = setTimeout(() => {
    grown = null;
    if (!chosen && !controller.state.get().searching) refresh();
  }, GROWN_MS);
}

/** Searches for more files than are shown. */
export function wantMoreFiles(): void {
  wantedFiles.set((files) => files + 2 * FILES_STEP);
  refresh();
}

/** Puts the query into the history: a search counts once something was done with it. */
export function rememberSearch(): void {
  const text = session.get().text.trim();
  if (text !== '') remember(text);
}

/** All passages of one file that match, best first, with their highlights. */
export async function matchesInFile(path: string, signal?: AbortSignal): Promise<readonly PassageResult[]> {
  const now = session.get();
  const weighed = tokenWeights(now.text, now.weights);
  const response = await api.call(
    'search',
    {
      query: inFile(withFilters(now.text, now.filters), path),
      k: 5,
      passagesPerFile: 50,
      ...(weighed === undefined ? {} : { tokenWeights: weighed }),
    },
    signal,
  );
  return response.results.find((file) => file.path === path)?.passages ?? [];
}

/** Shows more passages of a file, or only the first again. */
export async function toggleMore(path: string): Promise<void> {
  if (expanded.get()[path] !== undefined) {
    expanded.set(({ [path]: _, ...rest }) => rest);
    return;
  }
  const passages = await matchesInFile(path);
  expanded.set((all) => ({ ...all, [path]: passages }));
}

/** Searches for passages similar to one. */
export async function findSimilar(file: FileResult, passage: PassageResult): Promise<void> {
  similar.set({ file, passage, response: null });
  const response = await api.call('similar', { id: passage.id, k: 20 });
  if (similar.get()?.passage.id === passage.id) similar.set({ file, passage, response });
}
