import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Bytes of the young generation that are enough. V8 lets it grow to 134 MB, all of it resident, when much is allocated
 * in little time, as while folders are indexed; a quarter of that made indexing no slower.
 */
const ENOUGH_BYTES = 32 * 2 ** 20;

let watching = false;

/**
 * Keeps V8 from letting the young generation of this process grow further once it is large enough. The limit itself can
 * only be set at the start of a process, which may be anybody's; how fast it grows can be set at any time.
 */
export function boundYoungGeneration(): void {
  if (watching) return;
  watching = true;
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    if ((young?.space_size ?? 0) < ENOUGH_BYTES) return;
    setFlagsFromString('--semi-space-growth-factor=1');
    observer.disconnect();
  });
  observer.observe({ entryTypes: ['gc'] });
}
