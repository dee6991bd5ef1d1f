import type { PassimError } from '../../app/contract/errors.ts';
import type { SearchInput, SearchResponse } from '../../app/contract/search.ts';
import type { PassimApi } from '../../app/contract/shell.ts';
import type { Store } from '../state/store.ts';
import { createStore } from '../state/store.ts';

export interface SearchFailure {
  readonly code: string;
  readonly message: string;
}

export interface SearchState {
  /** The newest answer; stays while a newer one is waited for, so that nothing jumps. */
  readonly response: SearchResponse | null;
  /** The request that `response` answers. */
  readonly request: SearchInput | null;
  readonly searching: boolean;
  /** False while only the first files of the answer are there. */
  readonly complete: boolean;
  readonly error: SearchFailure | null;
}

export interface SearchControllerOptions {
  readonly api: Pick<PassimApi, 'call'>;
  /** Milliseconds that a running search is given to answer when more is typed. */
  readonly patienceMs?: number;
  /** Files that a first answer has; the others come when the words have stayed for `settleMs`. */
  readonly firstFiles?: number;
  readonly settleMs?: number;
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
    complete: true,
    error: null,
  });
  readonly #api: Pick<PassimApi, 'call'>;
  readonly #patienceMs: number;
  readonly #after: (ms: number, task: () => void) => () => void;
  readonly #firstFiles: number;
  readonly #settleMs: number;
  #sequence = 0;
  #running: AbortController | null = null;
  /** What is to be searched when the running search ends or has been too slow. */
  #waiting: { readonly input: SearchInput; readonly cancel: () => void } | null = null;
  #cancelCompletion: (() => void) | null = null;
  /** True while the running search is for the rest of an answer. */
  #completing = false;

  constructor(options: SearchControllerOptions) {
    this.#api = options.api;
    this.#patienceMs = options.patienceMs ?? 25;
    this.#firstFiles = options.firstFiles ?? 8;
    this.#settleMs = options.settleMs ?? 250;
    this.#after = options.after ?? systemAfter;
  }

  /**
   * Searches. Nothing is waited for while no search runs; while one does, typing gives it a moment to answer before
   * it is cancelled, so that fast keys do not each start a search. 'whole' asks for all files at once, where a shorter
   * list on the way would take away what is already shown. An empty query clears.
   */
  request(input: SearchInput, when: 'typing' | 'now' | 'whole' = 'typing'): void {
    this.#stopWaiting();
    if (input.query.trim() === '') {
      this.clear();
      return;
    }
    // The rest of an answer is not worth waiting for.
    if (when !== 'typing' || this.#running === null || this.#completing) {
      void this.#run(input, when === 'whole');
      return;
    }
    this.#waiting = {
      input,
      cancel: this.#after(this.#patienceMs, () => this.#runWaiting()),
    };
  }

  clear(): void {
    this.#stopWaiting();
    this.#sequence += 1;
    this.#running?.abort();
    this.#running = null;
    this.state.set({ response: null, request: null, searching: false, complete: true, error: null });
  }

  #stopWaiting(): void {
    this.#waiting?.cancel();
    this.#waiting = null;
    this.#cancelCompletion?.();
    this.#cancelCompletion = null;
  }

  #runWaiting(): void {
    const next = this.#waiting;
    this.#stopWaiting();
    if (next !== null) void this.#run(next.input);
  }

  async #run(input: SearchInput, whole = false): Promise<void> {
    this.#completing = false;
    this.state.set((state) => (state.searching ? state : { ...state, searching: true }));
    const wanted = input.k ?? this.#firstFiles;
    const files = whole ? wanted : Math.min(wanted, this.#firstFiles);
    const outcome = await this.#ask({ ...input, k: files });
    if (outcome === 'overtaken') return;
    const searching = this.#waiting !== null;
    if (outcome === 'cancelled') this.state.set((state) => ({ ...state, searching }));
    else if ('code' in outcome) this.state.set((state) => ({ ...state, searching, error: outcome }));
    else {
      // Files that stand under their twins are left out, so fewer than asked for does not mean that there are no more.
      const complete = files === wanted || outcome.results.length === 0;
      this.state.set({ response: outcome, request: input, searching, complete, error: null });
      if (!complete && !searching) {
        this.#cancelCompletion = this.#after(this.#settleMs, () => void this.#complete(input));
        return;
      }
    }
    this.#runWaiting();
  }

  /** The same search with all files that were asked for; the first ones stay where they are. */
  async #complete(input: SearchInput): Promise<void> {
    this.#completing = true;
    const outcome = await this.#ask(input);
    if (outcome === 'overtaken') return;
    this.#completing = false;
    if (outcome === 'cancelled') return;
    this.state.set((state) => ({
      ...state,
      complete: true,
      ...('code' in outcome ? {} : { response: outcome }),
    }));
  }

  async #ask(input: SearchInput): Promise<SearchResponse | SearchFailure | 'cancelled' | 'overtaken'> {
    this.#sequence += 1;
    const number = this.#sequence;
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    let outcome: SearchResponse | SearchFailure | 'cancelled';
    try {
      outcome = await this.#api.call('search', input, controller.signal);
    } catch (error) {
      const { code, message } = error as PassimError;
      outcome = code === 'cancelled' ? 'cancelled' : { code: code ?? 'internal', message };
    }
    if (number !== this.#sequence) return 'overtaken';
    this.#running = null;
    return outcome;
  }
}
