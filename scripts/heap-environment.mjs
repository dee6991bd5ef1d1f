import { availableParallelism } from 'node:os';

/** Heaps of the C library that threads share, as in app/index/native-heap.ts. Each keeps what was freed in it. */
const HEAPS = Math.min(4, Math.max(2, Math.floor(availableParallelism() / 4)));

/**
 * What a process that indexes is started with: glibc gives each of the threads that Node starts with a heap of its own
 * before any code of ours can bound their number, and eight heaps keep half as much again as two. Other C libraries
 * pass it over.
 * @param {NodeJS.ProcessEnv} environment of this process
 * @returns {NodeJS.ProcessEnv} with the number of heaps, unless the person has set one; the same object when it was there
 */
export function heapEnvironment(environment) {
  if (process.platform !== 'linux' || environment.MALLOC_ARENA_MAX !== undefined) return environment;
  return { ...environment, MALLOC_ARENA_MAX: String(HEAPS) };
}
