import { useEffect, useState } from 'react';
import type { PassageDetail } from '../../app/contract/engine.ts';
import type { PassageResult } from '../../app/contract/search.ts';
import { api } from '../api/api.ts';
import { isFileHit } from '../search/rows.ts';
import { controller, matchesInFile } from '../search/session.ts';
import type { Hit } from '../search/use-search-keys.ts';
import { useStore } from '../state/use-store.ts';
import { isMatch } from './stops.ts';

/** Passages whose source maps are asked for at once. */
const DETAILS_LIMIT = 200;

export interface FileMatches {
  readonly path: string;
  /** Matching passages in the order of the file. */
  readonly passages: readonly PassageResult[];
  readonly details: ReadonlyMap<string, PassageDetail>;
}

/** Matching passages of the file in view with their source maps; follows the search. */
export function useMatches(hit: Hit | null, similar: boolean): FileMatches | null {
  const request = useStore(controller.state, (now) => now.request);
  const [matches, setMatches] = useState<FileMatches | null>(null);
  const path = hit?.file.path ?? null;
  const id = hit?.passage.id ?? null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search means other matches
  useEffect(() => {
    if (hit === null || path === null) {
      setMatches(null);
      return;
    }
    const stop = new AbortController();
    const load = async () => {
      const found = similar ? [] : await matchesInFile(path, stop.signal).catch(() => []);
      // Inside one file every passage is a candidate; those that say nothing about the query are no matches.
      const passages = found.filter(isMatch);
      for (const passage of hit.file.passages) {
        if (!passages.some((other) => other.id === passage.id)) passages.push(passage);
      }
      if (!passages.some((other) => other.id === hit.passage.id)) passages.push(hit.passage);
      passages.sort((a, b) => a.start - b.start);
      const ids = passages.filter((passage) => !isFileHit(passage)).map((passage) => passage.id);
      const details = await api
        .call('getPassages', { ids: ids.slice(0, DETAILS_LIMIT) }, stop.signal)
        .then((answer) => answer.passages)
        .catch(() => []);
      if (stop.signal.aborted) return;
      setMatches({
        path,
        passages,
        details: new Map(details.map((detail) => [detail.id, detail])),
      });
    };
    // While typing goes on, only the answer that stays is worth the questions.
    const timer = setTimeout(() => void load(), 60);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [path, request, similar, similar ? id : null]);
  return matches?.path === path ? matches : null;
}
