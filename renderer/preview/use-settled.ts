import { useEffect, useState } from 'react';
import type { Hit } from '../search/use-search-keys.ts';

/** Milliseconds for which another file has to stay chosen before its preview is opened. */
const SETTLE_MS = 90;

/**
 * The hit to preview. Another passage of the same file is shown at once; another file only when it stays chosen, so
 * that typing and walking through the list open no file on the way.
 */
export function useSettled(hit: Hit | null): Hit | null {
  const [settled, setSettled] = useState(hit);
  const isSameFile = settled !== null && hit?.file.path === settled.file.path;
  useEffect(() => {
    if (isSameFile || hit === null) {
      setSettled(hit);
      return;
    }
    const timer = setTimeout(() => setSettled(hit), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [hit, isSameFile]);
  return isSameFile ? hit : settled;
}
