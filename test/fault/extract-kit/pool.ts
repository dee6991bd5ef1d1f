import { onTestFinished } from 'vitest';
import { systemScheduler } from '../../../app/contract/ports.ts';
import type { ExtractLimits } from '../../../app/extract/limits.ts';
import { readRss } from '../../../app/extract/memory.ts';
import { createNodeSpawner } from '../../../app/extract/node-spawner.ts';
import { ExtractPool, type ExtractPoolOptions } from '../../../app/extract/pool.ts';

export const MIB = 1024 * 1024;

export const LIMITS: ExtractLimits = {
  fileBytes: 200 * MIB,
  seconds: 60,
  memoryBytes: 512 * MIB,
  textChars: 20_000_000,
};

/** A pool of real processes that remembers which it started and how much memory they were seen to take. */
export function realPool(options: Partial<ExtractPoolOptions> = {}) {
  const spawner = createNodeSpawner();
  const pids: number[] = [];
  const seen = { peak: 0 };
  const pool = new ExtractPool({
    spawner: {
      spawn(module, spawnOptions) {
        const child = spawner.spawn(module, spawnOptions);
        if (child.pid !== undefined) pids.push(child.pid);
        return child;
      },
    },
    scheduler: systemScheduler,
    limits: LIMITS,
    workers: 2,
    readRss: async (pid) => {
      const rss = await readRss(pid);
      seen.peak = Math.max(seen.peak, rss ?? 0);
      return rss;
    },
    ...options,
  });
  onTestFinished(() => pool.close());
  return { pool, pids, seen };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits until something has come about; the test's own time limit ends a vain wait. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
