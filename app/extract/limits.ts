import type { Block, ExtractedDocument, Segment } from '../contract/document.ts';
import { ExtractProblem } from './format.ts';

/** What one file may cost. The first four are the settings' `limits`. */
export interface ExtractLimits {
  /** Largest file that is read, in bytes. */
  readonly fileBytes: number;
  /** Seconds one file may take to be read. */
  readonly seconds: number;
  /** Resident memory one reader may take, in bytes. */
  readonly memoryBytes: number;
  /** UTF-16 units of text one file may give; the rest is cut off with a warning. */
  readonly textChars: number;
}

/** Text that any file may give, whatever its size; above it the ratio counts (Apache Tika's rule for bombs). */
const FREE_CHARS = 1_000_000;
const CHARS_PER_BYTE = 100;

/**
 * UTF-16 units (or bytes, while unpacking) that a file of this size may unpack to before it counts as a bomb.
 * Extractors that unpack use it as the bound of what they inflate.
 */
export function outputBound(fileBytes: number): number {
  return Math.max(FREE_CHARS, fileBytes * CHARS_PER_BYTE);
}

/** @throws ExtractProblem 'too-much-text' when the text is out of all proportion to the file */
export function refuseBomb(textChars: number, fileBytes: number): void {
  if (textChars > outputBound(fileBytes))
    throw new ExtractProblem(
      'too-much-text',
      `${fileBytes} bytes unpack to ${textChars} characters of text.`,
    );
}

/** The document with its text cut to `textChars`, at a block's end where one is near, and a warning that says so. */
export function fitDocument(document: ExtractedDocument, textChars: number): ExtractedDocument {
  if (document.text.length <= textChars) return document;
  const whole = document.blocks.findLast((block) => block.end <= textChars)?.end ?? 0;
  let cut = whole >= textChars * 0.9 ? whole : textChars;
  if (/[\ud800-\udbff]/.test(document.text[cut - 1] ?? '')) cut -= 1;
  const trim = <T extends Block | Segment>(items: readonly T[]): T[] =>
    items.filter((item) => item.start < cut).map((item) => (item.end > cut ? { ...item, end: cut } : item));
  return {
    ...document,
    text: document.text.slice(0, cut),
    blocks: trim(document.blocks),
    segments: trim(document.segments),
    warnings: [
      ...document.warnings,
      `Only the first ${cut.toLocaleString('en')} of ${document.text.length.toLocaleString('en')} characters are searchable.`,
    ],
  };
}

/** What is wrong with a document's offsets, or null: a fault of an extractor, caught before it spreads. */
export function documentFault(document: ExtractedDocument): string | null {
  const length = document.text.length;
  let reached = 0;
  for (const [index, segment] of document.segments.entries()) {
    if (segment.start < reached || segment.end < segment.start || segment.end > length)
      return `segment ${index} [${segment.start}, ${segment.end}) after ${reached} of ${length}`;
    reached = segment.end;
  }
  reached = 0;
  for (const [index, block] of document.blocks.entries()) {
    if (block.start < reached || block.end <= block.start || block.end > length)
      return `block ${index} [${block.start}, ${block.end}) after ${reached} of ${length}`;
    reached = block.end;
  }
  return null;
}
