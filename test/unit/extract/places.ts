import type { ExtractedDocument, Place } from '../../../app/contract/document.ts';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { ExtractProblem } from '../../../app/extract/format.ts';
import { placeAt, placeLabel } from '../../../app/text/place.ts';
import { fixtureBytes } from './fixture.ts';

/** Place of the first character of `text`, which must stand in the document exactly once. */
export function placeOfText(document: ExtractedDocument, text: string): Place | null {
  const at = document.text.indexOf(text);
  if (at === -1) throw new Error(`${JSON.stringify(text)} is not in the document`);
  if (document.text.indexOf(text, at + 1) !== -1) throw new Error(`${JSON.stringify(text)} is in it twice`);
  return placeAt(document.segments, at, document.text);
}

/** The same as a person is told. */
export function labelOfText(document: ExtractedDocument, text: string): string {
  return placeLabel(placeOfText(document, text));
}

/** Segments with a source offset whose text is not what stands there. */
export function untrueOffsets(document: ExtractedDocument, source: string): string[] {
  return document.segments
    .filter(({ start, end, sourceStart }) => {
      const text = document.text.slice(start, end);
      return sourceStart !== undefined && source.slice(sourceStart, sourceStart + text.length) !== text;
    })
    .map(({ start, end }) => document.text.slice(start, end));
}

/** Why a file gives no text: "corrupt", "encrypted", … */
export async function problemOf(bytes: Uint8Array, name: string): Promise<string> {
  try {
    const document = await extractBytes(bytes, name, { textChars: 20_000_000 });
    return `text of ${document.text.length} characters`;
  } catch (error) {
    if (error instanceof ExtractProblem) return error.problem;
    throw error;
  }
}

export function problemOfFixture(name: string): Promise<string> {
  return problemOf(fixtureBytes(name), name);
}
