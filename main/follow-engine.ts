import type { Progress } from '../app/contract/engine.ts';
import type { Scheduler } from '../app/contract/ports.ts';
import type { AppEngine } from './app-engine.ts';

/** Milliseconds between two changes of the tray while files are indexed. */
const PAUSE_MS = 1000;

/** What main knows of the engine. */
export interface Known {
  progress: Progress | null;
  folders: number;
  /** Why the engine could not be started. */
  down: string | null;
  onChange: () => void;
}

/** Follows what main has to know of the engine: what it is at, whether it is there, and whether there are folders. */
export function followEngine(engine: AppEngine): Known {
  const known: Known = { progress: null, folders: 0, down: null, onChange: () => {} };
  engine.onEvent((event) => {
    if (event.type === 'progress') {
      known.progress = event.progress;
      known.down = null;
    } else if (event.type === 'folders') known.folders = event.folders.length;
    else if (event.type === 'notice' && event.level === 'error') ask();
    known.onChange();
  });
  const ask = (): void => {
    engine
      .call('status', { problems: 0 })
      .then((status) => {
        known.progress = status.progress;
        known.folders = status.folders.length;
        known.down = null;
      })
      .catch((error: Error) => {
        known.down = error.message;
      })
      .finally(() => known.onChange());
  };
  ask();
  return known;
}

/** At once, and then at most once in a while with what is newest. */
export function throttled(scheduler: Scheduler, work: () => void): () => void {
  let resting = false;
  let again = false;
  const run = (): void => {
    if (resting) {
      again = true;
      return;
    }
    resting = true;
    work();
    scheduler.after(PAUSE_MS, () => {
      resting = false;
      if (again) {
        again = false;
        run();
      }
    });
  };
  return run;
}
