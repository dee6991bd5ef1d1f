import type { JudgementKind } from '../../app/contract/quality.ts';
import { api } from '../api/api.ts';
import { controller, expanded, session, similar } from '../search/session.ts';
import { createStore } from '../state/store.ts';
import { placeOfPassage } from './figures.ts';

/** Whether the person agreed to keep which results they use. */
export const keeping = createStore(false);

export async function loadKeeping(): Promise<void> {
  keeping.set((await api.shell('getSettings', {})).settings.judgements);
}

/**
 * Notes down what the person did with a result of their query, where they agreed to that.
 * @returns whether it was noted
 */
export async function judge(kind: JudgementKind, passageId: string): Promise<boolean> {
  const query = session.get().text.trim();
  const { response } = controller.state.get();
  // Results that stand in for the query's own are no answers to it.
  if (!keeping.get() || query === '' || response === null || similar.get() !== null) return false;
  const place = placeOfPassage(response.results, expanded.get(), passageId);
  if (place === null) return false;
  try {
    return (await api.call('judge', { query, ...place, kind })).kept;
  } catch {
    // What was done matters more than that it was noted.
    return false;
  }
}
