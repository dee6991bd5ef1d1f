import { useEffect, useState } from 'react';
import type { PassageDetail } from '../../app/contract/engine.ts';
import { api } from '../api/api.ts';
import { showError } from '../state/toasts.ts';

const PAGE = 500;
/** Passages that a preview holds at most. */
const LIMIT = 5000;

/** All passages of a file in order, as far as they have come in. */
export function useFilePassages(path: string, key: number): readonly PassageDetail[] {
  const [state, setState] = useState<{ path: string; passages: readonly PassageDetail[] }>({
    path,
    passages: [],
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: a file that changed has other passages
  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const all: PassageDetail[] = [];
      for (let total = 1; all.length < total && all.length < LIMIT; ) {
        const answer = await api.call(
          'getFilePassages',
          { path, from: all.length, count: PAGE },
          stop.signal,
        );
        if (stop.signal.aborted || answer.passages.length === 0) break;
        all.push(...answer.passages);
        total = answer.total;
        setState({ path, passages: [...all] });
      }
    };
    load().catch(showError);
    return () => stop.abort();
  }, [path, key]);
  return state.path === path ? state.passages : [];
}
