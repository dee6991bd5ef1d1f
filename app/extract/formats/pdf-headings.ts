import type { PDFDocumentProxy } from 'pdfjs-dist';
import { DISPLAY_SIZE, type PdfParagraph, type PdfStyle } from './pdf-layout.ts';

const MAX_OUTLINE = 3000;
const MAX_LEVELS = 4;
const MAX_HEADING_CHARS = 200;
const MAX_HEADING_LINES = 3;

/** An entry of the document's outline (bookmarks): its words, its depth from 1, its page from 1. */
export interface OutlineEntry {
  readonly title: string;
  readonly level: number;
  readonly page: number;
}

type OutlineNode = Awaited<ReturnType<PDFDocumentProxy['getOutline']>>[number];

async function pageOf(document: PDFDocumentProxy, dest: OutlineNode['dest']): Promise<number | null> {
  try {
    const target = typeof dest === 'string' ? await document.getDestination(dest) : dest;
    const reference: unknown = target?.[0];
    if (typeof reference === 'number') return reference + 1;
    if (typeof reference !== 'object' || reference === null || !('num' in reference)) return null;
    return (await document.getPageIndex(reference as Parameters<PDFDocumentProxy['getPageIndex']>[0])) + 1;
  } catch {
    return null;
  }
}

/** Reads the outline flat; a damaged one counts as none. */
export async function readOutline(document: PDFDocumentProxy): Promise<OutlineEntry[]> {
  const entries: OutlineEntry[] = [];
  const pending: { nodes: readonly OutlineNode[]; level: number }[] = [];
  try {
    pending.push({ nodes: (await document.getOutline()) ?? [], level: 1 });
  } catch {
    return [];
  }
  for (let group = pending.shift(); group !== undefined; group = pending.shift()) {
    for (const node of group.nodes) {
      if (entries.length >= MAX_OUTLINE) return entries;
      const page = await pageOf(document, node.dest);
      if (page !== null) entries.push({ title: node.title, level: group.level, page });
      if (node.items.length > 0) pending.push({ nodes: node.items, level: group.level + 1 });
    }
  }
  return entries;
}

function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}

/** Without the numbering that stands before a title: "2.1", "Chapter 3", "A.", "IV". */
function unnumbered(text: string): string {
  return text.replace(
    /^\s*(?:(?:chapter|section|appendix|part|kapitel|chapitre)\s+)?(?:\d+(?:\.\d+)*|[A-Z]|[IVX]+)[.:)]?\s+/i,
    '',
  );
}

function textOf(paragraph: PdfParagraph): string {
  return paragraph.lines.map((line) => line.text).join(' ');
}

function mayBeHeading(paragraph: PdfParagraph): boolean {
  if (paragraph.kind === 'row' || paragraph.kind === 'code' || paragraph.lines.length > MAX_HEADING_LINES)
    return false;
  const text = textOf(paragraph);
  return text.length <= MAX_HEADING_CHARS && /\p{L}/u.test(text) && (paragraph.lines[0]?.turn ?? 0) === 0;
}

/**
 * Marks the paragraphs that an outline names, each at its page.
 * @returns how many were found
 */
function markByOutline(paragraphs: readonly PdfParagraph[], outline: readonly OutlineEntry[]): number {
  const byPage = new Map<number, OutlineEntry[]>();
  for (const entry of outline) {
    const entries = byPage.get(entry.page);
    if (entries === undefined) byPage.set(entry.page, [entry]);
    else entries.push(entry);
  }
  let found = 0;
  for (const paragraph of paragraphs) {
    const page = paragraph.lines[0]?.page ?? 0;
    const entries = byPage.get(page);
    if (entries === undefined || !mayBeHeading(paragraph)) continue;
    const text = textOf(paragraph);
    const forms = new Set([letters(text), letters(unnumbered(text))]);
    const at = entries.findIndex(
      ({ title }) =>
        letters(title) !== '' && (forms.has(letters(title)) || forms.has(letters(unnumbered(title)))),
    );
    const entry = entries[at];
    if (entry === undefined) continue;
    entries.splice(at, 1);
    paragraph.kind = 'heading';
    paragraph.level = entry.level;
    found += 1;
  }
  return found;
}

const NUMBERED = /^\s*(\d{1,3}(?:\.\d{1,3})*)\.?\s+\p{L}/u;

/** Whether a paragraph of the body's size stands out by its font alone: all of it in one that is not the body's. */
function standsOut(paragraph: PdfParagraph, next: PdfParagraph | undefined, style: PdfStyle): boolean {
  const first = paragraph.lines[0];
  if (first === undefined || first.size < style.bodySize * 0.95 || first.soleFont === style.bodyFont)
    return false;
  if (first.soleFont === null || !paragraph.lines.every((line) => line.soleFont === first.soleFont))
    return false;
  const text = textOf(paragraph);
  if (paragraph.lines.length > 2 || text.length > 120 || /[.,;]$/.test(text)) return false;
  if (!/^[\p{Lu}\p{N}§]/u.test(text) || !/\p{L}{2}/u.test(text)) return false;
  return next?.lines[0]?.font === style.bodyFont && next.lines[0].size === style.bodySize;
}

/** Depth of a decimal number at the start: 2 for "3.1 Weather"; 0 without one. */
function numberDepth(paragraph: PdfParagraph): number {
  return NUMBERED.exec(textOf(paragraph))?.[1]?.split('.').length ?? 0;
}

/**
 * Marks short paragraphs that are set larger than the body, or in another font. The rank of their size is their
 * level; among those of one size, decimal numbers tell.
 */
function markByLook(paragraphs: readonly PdfParagraph[], style: PdfStyle): void {
  const candidates = paragraphs.filter((paragraph, index) => {
    if (!mayBeHeading(paragraph)) return false;
    const size = paragraph.lines[0]?.size ?? 0;
    return size >= style.bodySize * DISPLAY_SIZE || standsOut(paragraph, paragraphs[index + 1], style);
  });
  const total = paragraphs.reduce((sum, paragraph) => sum + textOf(paragraph).length, 0);
  const marked = candidates.reduce((sum, paragraph) => sum + textOf(paragraph).length, 0);
  // Where much of the text is larger than "the body" (slides, posters), the look says nothing.
  if (candidates.length === 0 || marked > total * 0.35) return;
  const sizes = [...new Set(candidates.map((paragraph) => paragraph.lines[0]?.size ?? 0))].sort(
    (a, b) => b - a,
  );
  for (const paragraph of candidates) {
    const rank = Math.min(sizes.indexOf(paragraph.lines[0]?.size ?? 0) + 1, MAX_LEVELS);
    paragraph.kind = 'heading';
    paragraph.level = rank + Math.max(0, numberDepth(paragraph) - 1);
  }
}

/** Marks headings: by the document's outline where it fits the pages, else by size and font; and the title's own line. */
export function markHeadings(
  paragraphs: readonly PdfParagraph[],
  outline: readonly OutlineEntry[],
  style: PdfStyle,
  title: string | null,
): void {
  if (markByOutline(paragraphs, outline) < 3) markByLook(paragraphs, style);
  if (title === null) return;
  const own = paragraphs
    .slice(0, 20)
    .find((paragraph) => mayBeHeading(paragraph) && letters(textOf(paragraph)) === letters(title));
  if (own === undefined || own.kind === 'heading') return;
  own.kind = 'heading';
  own.level = 1;
}

const NO_TITLE = /^(?:table of )?contents$|^(?:index|abstract|preface|glossary|inhalt(?:sverzeichnis)?)$/i;

/** The words set largest on the first page, when they are clearly larger than the body; else null. */
export function titleOnFirstPage(paragraphs: readonly PdfParagraph[], style: PdfStyle): string | null {
  let best: PdfParagraph | null = null;
  for (const [index, paragraph] of paragraphs.entries()) {
    const first = paragraph.lines[0];
    if (first === undefined || first.page !== 1) break;
    // What heads the page needs to stand out less than what stands further down.
    const larger = index < 3 ? DISPLAY_SIZE : 1.25;
    if (
      first.turn !== 0 ||
      first.size < style.bodySize * larger ||
      textOf(paragraph).length > MAX_HEADING_CHARS
    )
      continue;
    if (!/\p{L}{2}/u.test(textOf(paragraph)) || NO_TITLE.test(textOf(paragraph))) continue;
    if (best === null || first.size > (best.lines[0]?.size ?? 0)) best = paragraph;
  }
  // Marks that lead to a footnote about the author or the edition.
  return best === null ? null : textOf(best).replace(/[\s*∗†‡§¶]+$/u, '');
}
