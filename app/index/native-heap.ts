import { availableParallelism } from 'node:os';
import { loadAddon } from './addon.ts';

/*
 * glibc gives threads heaps of their own, up to eight a core, and keeps in each what was freed there: after indexing
 * 100,000 passages two thirds of half a gigabyte were free and belonged to nobody. Two heaps cost no time that could
 * be measured. Elsewhere, and without the addon, nothing is done: other C libraries do not do this.
 */

/** Heaps that threads share: more let more threads allocate side by side and keep more. */
const MOST_ARENAS = Math.min(4, Math.max(2, Math.floor(availableParallelism() / 4)));
/**
 * For processes that are to index, to be started with. Once Node has started, eight heaps are there, and a limit set
 * then only keeps more from being made. Other C libraries pass it over.
 */
export const HEAP_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: String(MOST_ARENAS) };
/** Blocks from here on are mapped. Tensors of the encoder are smaller, and mapping each anew would cost as much as it saves. */
const MAP_FROM_BYTES = 8 * 2 ** 20;
const KEEP_FREE_BYTES = 32 * 2 ** 20;

/** Bounds the memory that native code keeps; to be called before its threads start. @returns whether anything was changed */
export function limitNativeHeap(): boolean {
  const { addon } = loadAddon();
  return addon?.limitHeap(MOST_ARENAS, MAP_FROM_BYTES, KEEP_FREE_BYTES) ?? false;
}

/** Gives back what native code has freed, after work that took much for a while. */
export async function releaseNativeHeap(): Promise<void> {
  await loadAddon().addon?.releaseHeap();
}
