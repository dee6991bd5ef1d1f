import type { PassimError } from '../../app/contract/errors.ts';
import type { SearchInput, SearchResponse } from '../../app/contract/search.ts';
import type { PassimApi } from '../../app/contract/shell.ts';
import type { Store } from '../state/store.ts';
import { createStore } from '../state/store.ts';

export interface SearchState {
  /** The newest answer; stays while a newer one is waited for, so that nothing jumps. */
  readonly response: SearchResponse | null;
  /** The request that `response` answers. */
  readonly request: SearchInput | null;
  readonly searching: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface SearchControllerOptions {
  readonly api: Pick<PassimApi, 'call'>;
  /** Milliseconds of quiet before a search is sent while typing. */
  readonly debounceMs?: number;
  /** Starts a timer and gives the function that cancels it. */
  readonly after?: (ms: number, task: () => void) => () => void;
}

const systemAfter = (ms: number, task: () => void) => {
  const handle = setTimeout(task, ms);
  return () => clearTimeout(handle);
};

/**
 * Search as you type. At most one search is waited for; a newer one cancels it, and each has a number, so that an
 * older answer never takes the place of a newer one, in whatever order they come.
 */
export class SearchController {
  readonly state: Store<SearchState> = createStore<SearchState>({
    response: null,
    request: null,
    searching: false,
    error: null,
  });
  readonly #api: Pick<PassimApi, 'call'>;
  readonly #debounceMs: number;
  readonly #after: (ms: number, task: () => void) => () => void;
  #sequence = 0;
  #cancelTimer: (() => void) | null = null;
  #running: AbortController | null = null;

  constructor(options: SearchControllerOptions) {
    this.#api = options.api;
    this.#debounceMs = options.debounceMs ?? 40;
    this.#after = options.after ?? systemAfter;
  }

  /** Searches after a moment of quiet, or at once. An empty query clears. */
  request(input: SearchInput, when: 'typing' | 'now' = 'typing'): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    if (input.query.trim() === '') {
      this.clear();
      return;
    }
    if (when === 'now') {
      void this.#run(input);
      return;
    }
    this.state.set((state) => ({ ...state, searching: true }));
    this.#cancelTimer = this.#after(this.#debounceMs, () => void this.#run(input));
  }

  clear(): void {
    this.#cancelTimer?.();
    this.#sequence += 1;
    this.#running?.abort();
    this.#running = null;
    this.state.set({ response: null, request: null, searching: false, error: null });
  }

  async #run(input: SearchInput): Promise<void> {
    this.#sequence += 1;
    const number = this.#sequence;
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    this.state.set((state) => ({ ...state, searching: true }));
    try {
      const response = await this.#api.call('search', input, controller.signal);
      if (number !== this.#sequence) return;
      this.state.set({ response, request: input, searching: false, error: null });
    } catch (error) {
      if (number !== this.#sequence) return;
      const { code, message } = error as PassimError;
      if (code === 'cancelled') return;
      this.state.set((state) => ({
        ...state,
        searching: false,
        error: { code: code ?? 'internal', message },
      }));
    }
  }
}
