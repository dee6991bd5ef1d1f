import { watch } from 'chokidar';

/** What a backend is asked to watch. */
export interface WatchRequest {
  /** Absolute, without symbolic links. */
  readonly folder: string;
  /** Whether a path is of no interest; `isDirectory` is undefined while that is not known. */
  readonly ignores: (path: string, isDirectory: boolean | undefined) => boolean;
  /** Something about a path changed: it was made, written or removed. Which of these is looked up later. */
  readonly onEvent: (path: string) => void;
  /** From now on every change is told. */
  readonly onReady: () => void;
  readonly onError: (error: Error) => void;
}

/** A running watch; the seam behind which tests put a source of events of their own. */
export interface WatchBackend {
  /** Ends the watch; nothing is told afterwards. */
  close(): Promise<void>;
}

export type WatchFactory = (request: WatchRequest) => WatchBackend;

/**
 * Watches with chokidar. Its own handling of atomic saves and unfinished writes is off: the batching here looks at
 * every path before it tells of it, and settles both for all backends alike.
 */
export const chokidarFactory: WatchFactory = (request) => {
  const watcher = watch(request.folder, {
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    atomic: false,
    persistent: true,
    ignored: (path, stats) => request.ignores(path, stats?.isDirectory()),
  });
  watcher.on('all', (_event, path) => request.onEvent(path));
  watcher.on('ready', request.onReady);
  watcher.on('error', (error) => request.onError(error instanceof Error ? error : new Error(String(error))));
  return { close: () => watcher.close() };
};
