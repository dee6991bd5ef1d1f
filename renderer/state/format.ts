import { strings } from '../strings.ts';

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'];

/** "12 KB" */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`;
}

/** "40 seconds", "3 minutes", "1.5 hours" */
export function formatDuration(seconds: number): string {
  if (seconds < 50) return strings.unit.seconds(seconds < 10 ? seconds : Math.round(seconds / 10) * 10);
  if (seconds < 5400) return strings.unit.minutes(Math.max(1, seconds / 60));
  return strings.unit.hours(seconds / 3600);
}

/** Folder of a path, with the person's home as ~. */
export function folderOf(path: string, home: string): string {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
  return shorten(cut <= 0 ? path : path.slice(0, cut), home);
}

export function shorten(path: string, home: string): string {
  if (home !== '' && (path === home || path.startsWith(`${home}/`) || path.startsWith(`${home}\\`))) {
    return `~${path.slice(home.length)}`;
  }
  return path;
}

export const baseName = (path: string): string =>
  path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1) || path;
