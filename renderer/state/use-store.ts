import { useSyncExternalStore } from 'react';
import type { Store } from './store.ts';

/**
 * The store's value, or a part of it; renders again when that changes. A part must be the same value while nothing of
 * it changes: a field, or something counted or compared, never a new object.
 */
export function useStore<T>(store: Store<T>): T;
export function useStore<T, P>(store: Store<T>, part: (value: T) => P): P;
export function useStore<T, P>(store: Store<T>, part?: (value: T) => P): T | P {
  return useSyncExternalStore(store.subscribe, () => (part === undefined ? store.get() : part(store.get())));
}
