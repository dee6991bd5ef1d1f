/** Checks that what a document says of its places is true, by going back to the source. */
import type { ExtractedDocument } from '../../../app/contract/document.ts';
import { PDF_TEXT_OPTIONS } from '../../../app/contract/pdf.ts';
import { openPdf } from '../../../app/extract/formats/pdf-open.ts';
import { documentFault } from '../../../app/extract/limits.ts';

/** Number of the line (from 1) that a UTF-16 offset lies in; \n, \r\n and a lone \r end lines. */
export function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split(/\r\n|\r(?!\n)|\n/).length;
}

/** What is untrue in the source map of a document that was made of a decoded text; [] when all is well. */
export function sourceMapFaults(document: ExtractedDocument, source: string): string[] {
  const faults: string[] = [];
  const fault = documentFault(document);
  if (fault !== null) faults.push(fault);
  // Line starts once, for large sources.
  const starts = [0];
  for (const match of source.matchAll(/\r\n|\r|\n/g)) starts.push(match.index + match[0].length);
  const line = (offset: number) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
  for (const { start, end, place, sourceStart } of document.segments) {
    const text = document.text.slice(start, end);
    const at = JSON.stringify(text.slice(0, 40));
    if (place.kind !== 'line') {
      faults.push(`${at} has a place of kind ${place.kind}`);
      continue;
    }
    const newlines = text.match(/\n/g)?.length ?? 0;
    // A segment may end with its line end, whose line is the one it ends.
    const spanned = text.endsWith('\n') ? newlines - 1 : newlines;
    if ((place.endLine ?? place.line) - place.line !== Math.max(0, spanned))
      faults.push(`${at} spans ${newlines} line ends but says ${place.line}–${place.endLine ?? place.line}`);
    if (sourceStart === undefined) continue;
    const there = source.slice(sourceStart, sourceStart + text.length);
    if (there !== text)
      faults.push(`${at} is not what stands at ${sourceStart}: ${JSON.stringify(there.slice(0, 40))}`);
    if (line(sourceStart) !== place.line)
      faults.push(`${at} stands on line ${line(sourceStart)}, not ${place.line}`);
  }
  return faults;
}

/** What is untrue in the source map of a document made of a PDF, by opening the PDF again; [] when all is well. */
export async function pdfMapFaults(document: ExtractedDocument, bytes: Uint8Array): Promise<string[]> {
  const faults: string[] = [];
  const fault = documentFault(document);
  if (fault !== null) faults.push(fault);
  const { document: pdf, close } = await openPdf(bytes.slice());
  const pages = new Map<number, readonly string[]>();
  try {
    for (const { start, end, place } of document.segments) {
      const text = document.text.slice(start, end);
      const at = JSON.stringify(text.slice(0, 40));
      if (place.kind !== 'page' || place.item === undefined || place.itemStart === undefined) {
        faults.push(`${at} has no item`);
        continue;
      }
      let items = pages.get(place.page);
      if (items === undefined) {
        const content = await (await pdf.getPage(place.page)).getTextContent(PDF_TEXT_OPTIONS);
        items = content.items.map((item) => ('str' in item ? item.str : ''));
        pages.set(place.page, items);
      }
      const there = items[place.item]?.slice(place.itemStart, place.itemStart + text.length);
      if (there !== text)
        faults.push(`${at} is not in item ${place.item} of page ${place.page}: ${JSON.stringify(there)}`);
    }
  } finally {
    await close();
  }
  return faults;
}
