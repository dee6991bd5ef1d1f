import type { Status } from '../../app/contract/engine.ts';
import type { PassimError } from '../../app/contract/errors.ts';
import type { ShellInfo } from '../../app/contract/shell.ts';
import { api, connected } from '../api/api.ts';
import { createStore } from './store.ts';
import { tell } from './toasts.ts';

/** What the engine knows; null until it has answered once. */
export const status = createStore<Status | null>(null);
export const shellInfo = createStore<ShellInfo | null>(null);
/** Counts rounds of indexing that ended, for what wants to search again. */
export const indexedRounds = createStore(0);

/** Why the engine does not answer while its server does; null while it answers. */
export const engineTrouble = createStore<string | null>(null);
/** Milliseconds after which an engine that did not answer is asked again. */
const ASK_AGAIN_MS = 2000;

let asking: Promise<void> | null = null;
let again = false;

/** Asks for the status; calls that come while it is asked for are answered by one more question. */
export function refreshStatus(): Promise<void> {
  if (asking !== null) {
    again = true;
    return asking;
  }
  asking = api
    .call('status', { problems: 200 })
    .then(
      (value) => {
        status.set(value);
        engineTrouble.set(null);
      },
      ({ code, message }: PassimError) => {
        // A server that is gone is told by the connection.
        if (!connected.get() || code === 'cancelled') return;
        engineTrouble.set(message);
        setTimeout(() => void refreshStatus(), ASK_AGAIN_MS);
      },
    )
    .finally(() => {
      asking = null;
      if (again) {
        again = false;
        void refreshStatus();
      }
    });
  return asking;
}

let lastState: Status['progress']['state'] | undefined;
// An answer may tell that a round has ended before its event does.
status.subscribe(() => {
  const state = status.get()?.progress.state;
  if (state === 'idle' && lastState !== undefined && lastState !== 'idle')
    indexedRounds.set((count) => count + 1);
  lastState = state;
});

/** Follows the engine's events. Counts are asked for at most every second while files come in. */
export function followEngine(): () => void {
  let waiting: ReturnType<typeof setTimeout> | null = null;
  const soon = () => {
    if (waiting !== null) return;
    waiting = setTimeout(() => {
      waiting = null;
      void refreshStatus();
    }, 1000);
  };
  return api.onEvent((event) => {
    switch (event.type) {
      case 'progress': {
        const before = status.get()?.progress.state;
        status.set((value) => (value === null ? value : { ...value, progress: event.progress }));
        if (before !== event.progress.state) void refreshStatus();
        else soon();
        break;
      }
      case 'folders':
        status.set((value) => (value === null ? value : { ...value, folders: [...event.folders] }));
        soon();
        break;
      case 'file':
        soon();
        break;
      case 'notice':
        tell(event.message, event.level === 'error' ? 'error' : 'notice');
        if (event.level !== 'info') soon();
        break;
    }
  });
}
