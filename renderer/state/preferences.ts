import { type Preferences, preferencesSchema } from '../../app/contract/shell.ts';
import { api } from '../api/api.ts';
import { createStore } from './store.ts';
import { showError } from './toasts.ts';

const HISTORY_LIMIT = 50;

export const preferences = createStore<Preferences>(preferencesSchema.parse({}));

export async function loadPreferences(): Promise<void> {
  preferences.set(await api.shell('getPreferences', {}));
}

/** Changes preferences at once in the window and keeps them; what cannot be had is taken back. */
export async function setPreferences(change: Partial<Preferences>): Promise<void> {
  preferences.set((all) => ({ ...all, ...change }));
  try {
    await api.shell('setPreferences', change);
  } catch (error) {
    // What could not be put into effect, a shortcut that is taken say, was not kept.
    showError(error);
    await loadPreferences().catch(() => {});
  }
}

export function remember(query: string): void {
  const { history, keepHistory } = preferences.get();
  if (!keepHistory || history[0] === query) return;
  setPreferences({ history: [query, ...history.filter((other) => other !== query)].slice(0, HISTORY_LIMIT) });
}

export function forget(query: string): void {
  setPreferences({ history: preferences.get().history.filter((other) => other !== query) });
}
