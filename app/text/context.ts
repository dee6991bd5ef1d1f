import { trimRange } from './split.ts';

/** Between two headings of a path, in the context and where a heading path is shown. */
export const HEADING_SEPARATOR = ' › ';

/** White space as single spaces, trimmed. */
export function squeeze(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/**
 * What the model reads before a passage: the title on a line of its own, then the heading path on another. Above
 * `limit` tokens the outermost headings go first, then the title is shortened, then the innermost heading.
 *
 * @param headings path as encoded: without headings that are in the passage's own text
 * @returns "" or text that ends in a newline
 */
export function composeContext(
  title: string,
  headings: readonly string[],
  measure: (text: string) => number,
  limit: number,
): string {
  const join = (titleLine: string, path: readonly string[]): string =>
    [titleLine, path.join(HEADING_SEPARATOR)]
      .filter((line) => line !== '')
      .map((line) => `${line}\n`)
      .join('');
  const fits = (context: string): boolean => measure(context) <= limit;
  const titleLine = squeeze(title);
  const path = headings.map(squeeze).filter((heading) => heading !== '');
  for (let dropped = 0; dropped < Math.max(1, path.length); dropped += 1) {
    const context = join(titleLine, path.slice(dropped));
    if (fits(context)) return context;
  }
  const last = path.at(-1);
  const half = last === undefined ? limit : Math.floor(limit / 2);
  const shortTitle = shorten(titleLine, measure, half);
  const rest = limit - (shortTitle === '' ? 0 : measure(`${shortTitle}\n`));
  const context = join(shortTitle, last === undefined ? [] : [shorten(last, measure, rest - 1)]);
  return fits(context) ? context : '';
}

/** The longest run of whole words at the start of `text` within `limit` tokens. */
function shorten(text: string, measure: (text: string) => number, limit: number): string {
  if (limit <= 0) return '';
  if (text.length <= limit * 20 && measure(text) <= limit) return text;
  const ends: number[] = [];
  for (const match of text.slice(0, limit * 20).matchAll(/\S+/g)) {
    const end = match.index + match[0].length;
    if (end < limit * 20 || end === text.length) ends.push(end);
  }
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure(text.slice(0, ends[middle - 1])) <= limit) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : text.slice(0, ends[low - 1]);
}

/** A stretch of `context + text` and the part of the result that it is. */
export interface ContextPart {
  readonly part: 'text' | 'title' | 'heading';
  /** UTF-16 offsets in `context + text`. */
  readonly start: number;
  readonly end: number;
  /** Offset in the part's string (text, title, headings joined by " › ") at which `start` lies. */
  readonly offset: number;
}

/**
 * Tells title, headings and text apart in what the model read, so that a token span there can be shown in the
 * title, in the heading path or in the passage. White space between the lines belongs to none.
 */
export function contextParts(passage: {
  readonly context: string;
  readonly title: string;
  readonly headings: readonly string[];
  readonly text: string;
}): ContextPart[] {
  const parts: ContextPart[] = [];
  const path = passage.headings.join(HEADING_SEPARATOR);
  let at = 0;
  for (const line of passage.context.split('\n')) {
    const [start, end] = trimRange(line, 0, line.length);
    const content = line.slice(start, end);
    if (content !== '') {
      const inTitle = at === 0 ? passage.title.indexOf(content) : -1;
      const inPath = inTitle >= 0 ? -1 : path.lastIndexOf(content);
      if (inTitle >= 0) parts.push({ part: 'title', start: at + start, end: at + end, offset: inTitle });
      else if (inPath >= 0) parts.push({ part: 'heading', start: at + start, end: at + end, offset: inPath });
    }
    at += line.length + 1;
  }
  const textStart = passage.context.length;
  parts.push({ part: 'text', start: textStart, end: textStart + passage.text.length, offset: 0 });
  return parts;
}
