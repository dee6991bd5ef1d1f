import type { PassimBridge } from '../../app/contract/ipc.ts';
import type { PassimApi } from '../../app/contract/shell.ts';
import { createStore } from '../state/store.ts';
import { createLoopbackApi } from './client.ts';
import { createDesktopApi } from './desktop.ts';
import { takeToken } from './token.ts';

declare global {
  interface Window {
    /** Put there by the preload script of the desktop window. */
    readonly passim?: PassimBridge;
  }
}

/** False while the server of this page does not answer. */
export const connected = createStore(true);

/** True when the page was opened without the address that Passim printed. */
export let tokenMissing = false;

function connect(): PassimApi {
  if (window.passim) return createDesktopApi(window.passim);
  const token = takeToken(window.location, window.sessionStorage, window.history);
  tokenMissing = token === null;
  return createLoopbackApi({ origin: '', token: token ?? '', onConnection: (state) => connected.set(state) });
}

/** The engine and the shell, whichever way they are reached. */
export const api: PassimApi = connect();

/** Tells when the desktop window is called up; never in a browser. */
export const onShown = (listener: () => void): (() => void) => window.passim?.onShown(listener) ?? (() => {});

/** Tells the desktop window how much room the page wants, in pixels; nothing in a browser. */
export const tellExtent = (state: 'bar' | 'full', height: number): void =>
  window.passim?.setExtent(state, Math.round(height));
