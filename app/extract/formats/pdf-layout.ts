import type { PdfLine, PdfPage } from './pdf-lines.ts';

/** Lines that belong together. */
export interface PdfParagraph {
  kind: 'paragraph' | 'list-item' | 'row' | 'code' | 'heading';
  /** For headings: depth from 1. */
  level?: number;
  readonly lines: PdfLine[];
}

const BULLET = /^(?:[•◦▪▫‣∙·●○■□–—−*➢➤►✓✔-]|\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)])\s+\S/u;
/** From this multiple of the body's size on, text is set for display. */
export const DISPLAY_SIZE = 1.12;
const SENTENCE_END = /[.!?:;。！？：]["'”’»)\]]*$/u;
/** How often a line has to come back at the top or bottom of pages to be taken for a running head or foot. */
const RUNNING_PAGES = 3;
const PAGE_NUMBER = /^(?:page|seite|p\.)?[\s\-–—|[(]*(\d{1,5})(?:\s*(?:of|von|sur|\/)\s*\d+)?[\s\-–—|\])]*$/i;
/** Lines looked at from the top and the bottom of each page. */
const RUNNING_LINES = 2;

/** Measures of a whole document: what its body text looks like. */
export interface PdfStyle {
  /** Font size of most characters. */
  readonly bodySize: number;
  /** Font of most characters of that size. */
  readonly bodyFont: string;
  /** Distance of baselines within paragraphs, as a multiple of the font size, for a font size. */
  leading(size: number): number;
}

function raise<K>(counts: Map<K, number>, key: K, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}

function follows(above: PdfLine, below: PdfLine): boolean {
  return above.page === below.page && above.turn === below.turn && above.size === below.size;
}

/** Measures font sizes and line spacing over all pages. */
export function measureStyle(pages: readonly PdfPage[]): PdfStyle {
  const sizes = new Map<number, number>();
  const spacings = new Map<number, Map<number, number>>();
  for (const { lines } of pages) {
    for (const [index, line] of lines.entries()) {
      raise(sizes, line.size, line.text.length);
      const next = lines[index + 1];
      if (next === undefined || !follows(line, next) || next.x > line.right || line.x > next.right) continue;
      const ratio = (line.y - next.y) / line.size;
      if (ratio < 0.8 || ratio > 3) continue;
      const ofSize = spacings.get(line.size) ?? new Map<number, number>();
      spacings.set(line.size, ofSize);
      raise(ofSize, Math.round(ratio * 20) / 20, 1);
    }
  }
  const leadings = new Map<number, number>();
  for (const [size, ratios] of spacings) {
    const total = [...ratios.values()].reduce((sum, count) => sum + count, 0);
    // The tightest spacing that is common: paragraphs of one line each are spaced wider and may be the majority.
    const common = [...ratios].filter(([, count]) => count >= total * 0.15).map(([ratio]) => ratio);
    leadings.set(size, Math.min(...(common.length > 0 ? common : [1.2])));
  }
  const bodySize = [...sizes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 10;
  const fonts = new Map<string, number>();
  for (const { lines } of pages)
    for (const line of lines) if (line.size === bodySize) raise(fonts, line.font, line.text.length);
  const bodyFont = [...fonts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  return { bodySize, bodyFont, leading: (size) => leadings.get(size) ?? leadings.get(bodySize) ?? 1.2 };
}

/**
 * Takes running heads and feet off the pages: lines at the top or bottom that come back at the same height on
 * several pages with the same words, numbers aside. The first of each stays unless its words are elsewhere too.
 */
export function withoutRunningLines(pages: readonly PdfPage[]): PdfPage[] {
  if (pages.length < 2) return [...pages];
  const seen = new Map<string, number>();
  const keys = pages.map((page) => {
    const ofPage = new Map<PdfLine, string>();
    for (const line of edgeLines(page)) {
      const words = line.text.replace(/\d+/g, '#').replace(/^[ivxlc]+$/i, '#');
      const number = PAGE_NUMBER.exec(line.text)?.[1];
      // Numbers that count up with the pages are page numbers wherever they stand.
      const key =
        number === undefined
          ? `${Math.round(line.y / 4)}:${words}`
          : `page number ${Number(number) - page.page}`;
      ofPage.set(line, key);
    }
    for (const key of new Set(ofPage.values())) raise(seen, key, key.startsWith('page number') ? 1.5 : 1);
    return ofPage;
  });
  const running = (index: number, line: PdfLine) =>
    (seen.get(keys[index]?.get(line) ?? '') ?? 0) >= RUNNING_PAGES;
  const kept = new Set<string>();
  const elsewhere = new Set<string>();
  for (const [index, page] of pages.entries())
    for (const line of page.lines) if (!running(index, line)) elsewhere.add(line.text);
  const cleaned = pages.map((page, index) => ({
    ...page,
    lines: page.lines.filter((line) => {
      if (!running(index, line)) return true;
      const key = keys[index]?.get(line) ?? '';
      if (kept.has(key) || elsewhere.has(line.text)) return false;
      kept.add(key);
      return /\p{L}{3}/u.test(line.text);
    }),
  }));
  // Pages that are all alike (forms, labels) are content, not frames.
  return cleaned.filter((page) => page.lines.length > 0).length * 2 >= pages.length ? cleaned : [...pages];
}

function edgeLines({ lines }: PdfPage): PdfLine[] {
  const upright = lines.filter((line) => line.turn === 0).sort((a, b) => b.y - a.y);
  return [...new Set([...upright.slice(0, RUNNING_LINES), ...upright.slice(-RUNNING_LINES)])];
}

/** A gap this wide, as a share of the font size, is no space between words, however much a line is stretched. */
const COLUMN_GAP = 1.2;

/** Whether two neighbouring lines are rows of one table: text begins again at the same place after a wide gap. */
function shareColumn(a: PdfLine | undefined, b: PdfLine | undefined): boolean {
  if (a === undefined || b === undefined || a.page !== b.page || a.turn !== b.turn) return false;
  if (a.leaders || b.leaders) return a.leaders && b.leaders;
  return a.stops.some((one) =>
    b.stops.some(
      (other) => Math.abs(one.x - other.x) < 1.5 && (one.gap > COLUMN_GAP || other.gap > COLUMN_GAP),
    ),
  );
}

/** Whether a paragraph that was cut by a column or a page goes on in another one. */
function continues(above: PdfParagraph, below: PdfParagraph): boolean {
  const last = above.lines.at(-1);
  const first = below.lines[0];
  if (last === undefined || first === undefined || below.kind !== 'paragraph') return false;
  if (above.kind !== 'paragraph' && above.kind !== 'list-item') return false;
  if (last.size !== first.size || last.turn !== first.turn || SENTENCE_END.test(last.text)) return false;
  return (
    /^\p{Ll}/u.test(first.text) || (/\p{L}[-\u00ad\u2010]$/u.test(last.text) && /^\p{L}/u.test(first.text))
  );
}

/** Groups lines into paragraphs, over columns and pages. */
export function groupParagraphs(pages: readonly PdfPage[], style: PdfStyle): PdfParagraph[] {
  const paragraphs: PdfParagraph[] = [];
  for (const { lines } of pages) {
    let current: PdfParagraph | null = null;
    for (const [index, line] of lines.entries()) {
      const previous = lines[index - 1];
      const tabular = shareColumn(previous, line) || shareColumn(line, lines[index + 1]);
      const kind = tabular
        ? 'row'
        : line.monospace
          ? 'code'
          : BULLET.test(line.text)
            ? 'list-item'
            : 'paragraph';
      const open: PdfParagraph | undefined = current ?? undefined;
      if (open !== undefined && previous !== undefined && !breaks(open, previous, line, kind, style)) {
        open.lines.push(line);
        continue;
      }
      const next: PdfParagraph = { kind, lines: [line] };
      const before = paragraphs.at(-1);
      const jumped = previous === undefined || line.y > previous.y + line.size;
      if (jumped && before !== undefined && continues(before, next)) {
        before.lines.push(line);
        current = before;
      } else {
        paragraphs.push(next);
        current = next;
      }
    }
  }
  return paragraphs;
}

/** A line or two in a font of their own above a line that has none of it: a heading without a gap below. */
function changesFont(open: PdfParagraph, line: PdfLine): boolean {
  const font = open.lines[0]?.soleFont ?? null;
  if (font === null || open.lines.length > 2 || line.soleFont === null || line.soleFont === font)
    return false;
  const last = open.lines.at(-1);
  return (
    open.lines.every((each) => each.soleFont === font) && last !== undefined && !SENTENCE_END.test(last.text)
  );
}

function breaks(
  open: PdfParagraph,
  previous: PdfLine,
  line: PdfLine,
  kind: PdfParagraph['kind'],
  style: PdfStyle,
): boolean {
  if (kind === 'row' || open.kind === 'row' || kind === 'list-item') return true;
  if ((kind === 'code') !== (open.kind === 'code')) return true;
  if (line.turn !== previous.turn || Math.abs(line.size - previous.size) > 0.5) return true;
  const fall = previous.y - line.y;
  if (fall < -line.size * 0.5 || fall > line.size * (style.leading(line.size) * 1.25 + 0.1)) return true;
  if (kind === 'code') return false;
  if (changesFont(open, line)) return true;
  // Titles are centred more often than not: where their lines begin says nothing.
  if (line.size >= style.bodySize * DISPLAY_SIZE) return false;
  const left = Math.min(...open.lines.slice(-8).map((each) => each.x));
  const right = Math.max(...open.lines.slice(-8).map((each) => each.right), line.right);
  const indented = line.x - previous.x > line.size * 0.8;
  // The lines below a bullet or the first line of a reference hang further in; that is no new paragraph.
  const hanging =
    open.lines.length === 1 && (open.kind === 'list-item' || /^\[\w+\]/.test(open.lines[0]?.text ?? ''));
  if (indented && !hanging) return true;
  const endsShort = previous.right < right - (right - left) * 0.12;
  return endsShort && SENTENCE_END.test(previous.text) && /^[\p{Lu}\d"'“‘(«]/u.test(line.text);
}
