import { isAbsolute } from 'node:path';
import type { EngineApi, PassageDetail } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import { estimateTokens } from '../export/index.ts';

/** A stretch of a file's text as it is indexed. Offsets are UTF-16 code units in the document's text. */
export interface FileRange {
  readonly path: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** Where the stretch begins, as a person is told, e.g. "page 12". */
  readonly placeLabel: string;
  /** Offset at which the text goes on, null at its end. */
  readonly next: number | null;
}

const PAGE = 50;

/**
 * Reads a stretch of an indexed file from the index, never from the disk: what is not indexed, or lies outside the
 * watched folders, is not there.
 * @param range.start where to begin
 * @param range.tokens tokens at most, as estimated
 * @throws PassimError 'not-found' for a file that is not indexed or no longer in a watched folder
 */
export async function readFileRange(
  engine: EngineApi,
  range: { readonly path: string; readonly start: number; readonly tokens: number },
  signal?: AbortSignal,
): Promise<FileRange> {
  const { path, start } = range;
  await refuseUnwatched(engine, path);
  const passages = (from: number, count: number) =>
    engine.call('getFilePassages', { path, from, count }, signal);
  const { total } = await passages(0, 1);
  const first = await firstEndingAfter(start, total, async (i) => (await passages(i, 1)).passages[0]);

  const parts: string[] = [];
  let place = '';
  let begin: number | null = null;
  let at = start;
  let left = range.tokens;
  let more = false;
  reading: for (let from = first; from < total; from += PAGE) {
    for (const passage of (await passages(from, PAGE)).passages) {
      if (begin === null) {
        begin = Math.max(start, passage.start);
        place = passage.placeLabel;
        at = begin;
      }
      if (passage.end <= at) continue;
      if (left <= 0) {
        more = true;
        break reading;
      }
      if (passage.start > at) parts.push(passage.start - at > 1 ? '\n\n' : '\n');
      const begins = Math.max(at, passage.start);
      const piece = passage.text.slice(begins - passage.start);
      const kept = cutToTokens(piece, left);
      parts.push(kept);
      left -= estimateTokens(kept);
      at = begins + kept.length;
      if (kept.length < piece.length) {
        more = true;
        break reading;
      }
    }
  }
  return {
    path,
    text: parts.join(''),
    start: begin ?? at,
    end: at,
    placeLabel: place,
    next: more ? at : null,
  };
}

/** The index may still hold files of a folder that was taken off the list while nothing was running. */
async function refuseUnwatched(engine: EngineApi, path: string): Promise<void> {
  if (!isAbsolute(path) || path.includes('\0'))
    throw new PassimError('bad-request', `"${path}" is not a full path.`, { subject: 'path' });
  const { folders } = await engine.call('status', { problems: 0 });
  const inside = folders.some(
    ({ path: folder }) =>
      path.startsWith(folder) && (/[\\/]$/.test(folder) || /[\\/]/.test(path[folder.length] ?? '')),
  );
  if (!inside) throw new PassimError('not-found', `${path} is not in a watched folder.`, { subject: path });
}

/** Ordinal of the first passage that ends after an offset; passages of a file lie in order. */
async function firstEndingAfter(
  offset: number,
  total: number,
  passageAt: (ordinal: number) => Promise<PassageDetail | undefined>,
): Promise<number> {
  let low = 0;
  let high = total;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (((await passageAt(middle))?.end ?? Number.POSITIVE_INFINITY) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The beginning of a text that takes at most so many tokens, cut after a word; never empty, so that reading goes on. */
function cutToTokens(text: string, tokens: number): string {
  if (estimateTokens(text) <= tokens) return text;
  let used = 0;
  let end = 0;
  for (const match of text.matchAll(/\S+\s*|\s+/g)) {
    used += estimateTokens(match[0]);
    if (used > tokens && end > 0) break;
    end = match.index + match[0].length;
    if (used > tokens) break;
  }
  return text.slice(0, end);
}
