import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

const module = new URL('../../../app/engine/heap-growth.ts', import.meta.url).href;

/** Runs code in a process of its own, since V8's flags hold for all of it, and gives the number that it prints. */
function numberFrom(code: string): number {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code],
    { encoding: 'utf8' },
  );
  // V8 says there which flags it does not know.
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return Number(stdout);
}

/** Megabytes of the young generation at most, while a million objects at a time are in use for a moment. */
const youngest = (before: string): number =>
  numberFrom(`
    import { getHeapSpaceStatistics } from 'node:v8';
    import { setImmediate } from 'node:timers/promises';
    import * as heap from ${JSON.stringify(module)};
    ${before}
    let most = 0;
    const kept = [];
    for (let i = 0; i < 400; i += 1) {
      kept[i % 40] = Array.from({ length: 25_000 }, (_, at) => ({ at }));
      await setImmediate();
      const space = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
      most = Math.max(most, space.space_size);
    }
    process.stdout.write(String(most / 2 ** 20));`);

it('keeps the young generation from growing on', () => {
  expect(youngest('heap.boundYoungGeneration();')).toBeLessThan(youngest('') * 0.75);
});

it('has the old generation collected more often while it is asked to, and no longer', () => {
  const collections = (before: string): number =>
    numberFrom(`
      import { PerformanceObserver, constants } from 'node:perf_hooks';
      import { setImmediate } from 'node:timers/promises';
      import * as heap from ${JSON.stringify(module)};
      let major = 0;
      new PerformanceObserver((list) => {
        for (const { detail } of list.getEntries())
          if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR) major += 1;
      }).observe({ entryTypes: ['gc'] });
      ${before}
      const kept = [];
      for (let i = 0; i < 600; i += 1) {
        kept[i % 150] = Array.from({ length: 10_000 }, (_, at) => ({ at }));
        await setImmediate();
      }
      process.stdout.write(String(major));`);
  const usual = collections('');
  expect(collections('heap.keepOldGenerationSmall(true);')).toBeGreaterThan(usual);
  expect(
    collections('heap.keepOldGenerationSmall(true); heap.keepOldGenerationSmall(false);'),
  ).toBeLessThanOrEqual(2 * usual);
});
