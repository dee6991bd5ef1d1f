import type { ExtractedDocument } from '../contract/document.ts';
import type { RetrieverDocument } from './types.ts';

/** A document as the chunker takes it: paragraphs are parted by blank lines. */
export function asExtracted(document: RetrieverDocument): ExtractedDocument {
  const text = document.content;
  const blocks: ExtractedDocument['blocks'] = [];
  for (const match of text.matchAll(/\S(?:[^\n]|\n(?![^\S\n]*\n))*/g)) {
    blocks.push({ start: match.index, end: match.index + match[0].length, kind: 'paragraph', headings: [] });
  }
  return {
    format: 'document',
    family: 'document',
    ...(document.title === undefined || document.title === '' ? {} : { title: document.title }),
    text,
    blocks,
    segments: [],
    metadata: {},
    warnings: [],
  };
}
