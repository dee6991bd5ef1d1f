import type { PassimApi } from '../../app/contract/shell.ts';
import { createStore } from '../state/store.ts';
import { createLoopbackApi } from './client.ts';
import { takeToken } from './token.ts';

declare global {
  interface Window {
    /** Put there by the preload script of the desktop window. */
    readonly passim?: PassimApi;
  }
}

/** False while the server of this page does not answer. */
export const connected = createStore(true);

/** True when the page was opened without the address that Passim printed. */
export let tokenMissing = false;

function connect(): PassimApi {
  if (window.passim) return window.passim;
  const token = takeToken(window.location, window.sessionStorage, window.history);
  tokenMissing = token === null;
  return createLoopbackApi({ origin: '', token: token ?? '', onConnection: (state) => connected.set(state) });
}

/** The engine and the shell, whichever way they are reached. */
export const api: PassimApi = connect();
