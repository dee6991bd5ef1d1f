import type { PassimError } from '../../app/contract/errors.ts';
import { createStore } from './store.ts';

export interface Toast {
  readonly id: number;
  readonly kind: 'done' | 'error' | 'notice';
  readonly message: string;
}

const SHOWN_MS = 4000;
const ERROR_SHOWN_MS = 12_000;
export const toasts = createStore<readonly Toast[]>([]);
let nextId = 1;

export function dismiss(id: number): void {
  toasts.set((all) => all.filter((toast) => toast.id !== id));
}

/** Tells a short message at the window's foot; an equal one that is still there is not told twice. */
export function tell(message: string, kind: Toast['kind'] = 'done'): void {
  const id = nextId;
  nextId += 1;
  toasts.set((all) => [...all.filter((toast) => toast.message !== message), { id, kind, message }].slice(-3));
  setTimeout(() => dismiss(id), kind === 'error' ? ERROR_SHOWN_MS : SHOWN_MS);
}

/** Tells an error that a call ended with; a cancelled call is none. */
export function showError(error: unknown): void {
  const { code, message } = error as PassimError;
  if (code !== 'cancelled') tell(message, 'error');
}
