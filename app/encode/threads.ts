import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Sessions that encode passages side by side, and threads within each. */
export interface ThreadPlan {
  readonly lanes: number;
  readonly threadsPerLane: number;
}

/** Each lane holds the model's weights once more (about 50 MB for the default model), so there is an end to them. */
const MAX_LANES = 6;

/**
 * Cores that do arithmetic: two threads of one core share its multipliers, so that encoding gains nothing from the
 * second. Where the system does not tell, x64 processors are taken to have two threads a core from four threads on.
 */
export function physicalCores(): number {
  const logical = availableParallelism();
  if (process.platform === 'linux') {
    try {
      const cores = new Set<string>();
      for (const name of readdirSync('/sys/devices/system/cpu')) {
        if (!/^cpu\d+$/.test(name)) continue;
        cores.add(
          readFileSync(`/sys/devices/system/cpu/${name}/topology/thread_siblings_list`, 'utf8').trim(),
        );
      }
      if (cores.size > 0) return Math.min(cores.size, logical);
    } catch {
      // No such files, as in some containers: the estimate below serves.
    }
  }
  return process.arch === 'x64' && logical >= 4 ? Math.floor(logical / 2) : logical;
}

/**
 * How many threads encode when the person set none: one core stays free for the person's own work. A machine of two
 * cores uses both, since half the machine would double the time that indexing takes; the threads then give way to
 * everything else (see the worker's priority).
 */
export function defaultThreads(cores: number): number {
  return cores <= 2 ? Math.max(1, cores) : cores - 1;
}

/**
 * Passages are encoded one to a run, so lanes of one thread each lose nothing to threads that wait for one another;
 * beyond {@link MAX_LANES} each lane gets more threads.
 */
export function planThreads(threads: number): ThreadPlan {
  const lanes = Math.min(threads, MAX_LANES);
  return { lanes, threadsPerLane: Math.floor(threads / lanes) };
}
