import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';

/**
 * Bytes of the young generation that are enough. V8 lets it grow to 134 MB, all of it resident, when much is allocated
 * in little time, as while folders are indexed; a quarter of that made indexing no slower.
 */
const ENOUGH_BYTES = 32 * 2 ** 20;
/** What V8 multiplies it by when it grows it. */
const GROWTH = 2;
/**
 * How far the old generation may grow beyond what was in use, in percent, before it is collected. Left alone V8 lets it
 * double and more, and what is in it holds as much again of native memory.
 */
const TIGHT_PERCENT = 25;

let watching = false;
let tight = false;

/**
 * Keeps V8 from letting the young generation of this process grow further while it is large enough. The limit itself can
 * only be set at the start of a process, which may be anybody's; how fast it grows can be set at any time. What V8 has
 * shrunk may grow again: with a small one, half of what is garbage soon would be taken for old.
 */
export function boundYoungGeneration(): void {
  if (watching) return;
  watching = true;
  let growth = GROWTH;
  const observer = new PerformanceObserver(() => {
    const young = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
    const bytes = young?.space_size ?? 0;
    const wanted = bytes >= ENOUGH_BYTES ? 1 : GROWTH;
    if (wanted === growth || (wanted === GROWTH && bytes > ENOUGH_BYTES / 2)) return;
    growth = wanted;
    setFlagsFromString(`--semi-space-growth-factor=${growth}`);
  });
  observer.observe({ entryTypes: ['gc'] });
}

/** Lets V8 collect the old generation of this process often, for as long as much is allocated; or as it thinks best. */
export function keepOldGenerationSmall(small: boolean): void {
  if (small === tight) return;
  tight = small;
  setFlagsFromString(`--heap-growing-percent=${small ? TIGHT_PERCENT : 0}`);
}
