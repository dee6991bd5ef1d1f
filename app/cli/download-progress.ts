import { SingleBar } from 'cli-progress';
import type { DownloadProgress } from '../encode/fetch-file.ts';
import { bytes, type Terminal } from './output.ts';

/** Shows how far a download is: a bar where a person watches, else a line for each file. */
export function downloadProgress(terminal: Terminal): {
  update(progress: DownloadProgress): void;
  stop(): void;
} {
  if (!terminal.live) {
    let last = '';
    return {
      update: ({ file, total }) => {
        if (file === last) return;
        last = file;
        terminal.err(`fetching ${file}${total === null ? '' : ` (${bytes(total)})`}\n`);
      },
      stop: () => {},
    };
  }
  let bar: SingleBar | null = null;
  let name = '';
  return {
    update: ({ file, bytes: done, total }) => {
      if (file !== name) {
        bar?.stop();
        bar = new SingleBar({
          format: `${file} {bar} {percentage} %  {eta_formatted} left`,
          hideCursor: true,
          gracefulExit: false,
          barsize: 24,
          stream: process.stderr,
        });
        bar.start(total ?? 0, done);
        name = file;
      }
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}
