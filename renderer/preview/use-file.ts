import { useEffect, useState } from 'react';
import { api } from '../api/api.ts';

export type FileState =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly message: string }
  | { readonly state: 'ready'; readonly bytes: Uint8Array<ArrayBuffer> };

const KEPT = 4;
/** Bytes of the files shown last, by path and time of change. */
const cache = new Map<string, Uint8Array<ArrayBuffer>>();

/** Bytes of the file that a passage comes from. */
export function useFile(key: string, passageId: string, wanted: boolean): FileState {
  const [file, setFile] = useState<FileState & { key?: string }>({ state: 'loading' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: every passage of the file leads to the same bytes
  useEffect(() => {
    if (!wanted) return;
    const known = cache.get(key);
    if (known !== undefined) {
      setFile({ state: 'ready', bytes: known, key });
      return;
    }
    const stop = new AbortController();
    setFile({ state: 'loading', key });
    api.readFile(passageId, stop.signal).then(
      ({ bytes }) => {
        if (stop.signal.aborted) return;
        cache.set(key, bytes);
        for (const old of cache.keys()) {
          if (cache.size <= KEPT) break;
          cache.delete(old);
        }
        setFile({ state: 'ready', bytes, key });
      },
      (error: Error) => {
        if (!stop.signal.aborted) setFile({ state: 'failed', message: error.message, key });
      },
    );
    return () => stop.abort();
  }, [key, wanted]);
  return file.key === key ? file : { state: 'loading' };
}
