import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Block, ExtractedDocument } from '../../../app/contract/document.ts';
import { decodeText } from '../../../app/extract/encoding.ts';
import { extractBytes } from '../../../app/extract/extract-file.ts';

export const FIXTURES = join(import.meta.dirname, '../../fixtures/files');
const TEXT_CHARS = 20_000_000;

export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(FIXTURES, name)));
}

/** Extracts a committed file as the worker would. */
export function extractFixture(name: string): Promise<ExtractedDocument> {
  return extractBytes(fixtureBytes(name), name, { textChars: TEXT_CHARS });
}

/** Extracts text written in a test as if it were a file. */
export function extractText(text: string, name: string, textChars = TEXT_CHARS): Promise<ExtractedDocument> {
  return extractBytes(new TextEncoder().encode(text), name, { textChars });
}

export function decodedFixture(name: string): string {
  return decodeText(fixtureBytes(name)).text;
}

/** The block's kind, heading path and text on one line, for comparing structure at a glance. */
export function outline(document: ExtractedDocument): string[] {
  return document.blocks.map((block) => {
    const path = block.headings.length > 0 ? `${block.headings.join(' > ')}: ` : '';
    return `${block.kind}${block.level ?? ''} ${path}${textOf(document, block)}`;
  });
}

export function textOf(document: ExtractedDocument, block: Block): string {
  return document.text.slice(block.start, block.end);
}
