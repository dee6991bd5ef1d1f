import { PassimError } from '../contract/errors.ts';

/** Throws when the program has cancelled. */
export function refuseAborted(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw new PassimError('cancelled', `${what} was cancelled.`);
}

/** Cuts any sequence, awaited or not, into lists of at most `size`. */
export async function* slices<T>(
  items: Iterable<T> | AsyncIterable<T>,
  size: number,
): AsyncGenerator<T[], void, undefined> {
  let slice: T[] = [];
  for await (const item of items) {
    slice.push(item);
    if (slice.length < size) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/**
 * Runs `work` for each item, at most `width` at a time, and gives the results in the order of the items. Items are
 * taken as they are needed, so an endless sequence is fine. When the receiver stops, what runs is left to end.
 */
export async function* inOrder<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  width: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const started = work(item);
    // Whoever awaits it in its turn learns of the failure.
    started.catch(() => {});
    running.push(started);
    if (running.length < width) continue;
    const first = running.shift();
    if (first !== undefined) yield await first;
  }
  for (const each of running) yield await each;
}
