import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { compoundHas, isCompoundFile } from '../ooxml.ts';

interface WordDocument {
  getBody(): string;
  getFootnotes(): string;
  getEndnotes(): string;
  getAnnotations(): string;
}

interface WordExtractor {
  extract(source: Buffer): Promise<WordDocument>;
}

async function load(): Promise<new () => WordExtractor> {
  // @ts-expect-error the library has no types
  const module = (await import('word-extractor')) as { default: new () => WordExtractor };
  return module.default;
}

/** fEncrypted of the file information block (MS-DOC 2.5.2), which begins with its identifier 0xA5EC. */
function isEncrypted(bytes: Uint8Array): boolean {
  // The WordDocument stream starts at a sector's boundary.
  for (let at = 512; at + 12 <= bytes.length; at += 512) {
    if (bytes[at] === 0xec && bytes[at + 1] === 0xa5) return ((bytes[at + 11] ?? 0) & 1) !== 0;
  }
  return false;
}

/** Documents of Word 97–2003: body, notes and comments as paragraphs. Their styles are not read. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    if (!isCompoundFile(input.bytes)) throw new ExtractProblem('corrupt', 'It is no Word document.');
    if (compoundHas(input.bytes, 'EncryptedPackage') || isEncrypted(input.bytes)) {
      throw new ExtractProblem('encrypted', 'It is protected by a password.');
    }
    const Extractor = await load();
    let document: WordDocument;
    try {
      document = await new Extractor().extract(Buffer.from(input.bytes));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new ExtractProblem(
        'corrupt',
        `It could not be read as a Word document: ${message.slice(0, 200)}`,
      );
    }
    const builder = new DocumentBuilder('doc', 'document');
    let number = 0;
    for (const [label, text] of [
      ['', document.getBody()],
      ['Footnote: ', document.getFootnotes()],
      ['Endnote: ', document.getEndnotes()],
      ['Comment: ', document.getAnnotations()],
    ] as const) {
      for (const line of text.split(/\r\n?|\n/)) {
        const clean = line.replace(/\t/g, ' | ').replace(/^[\s|]+|[\s|]+$/g, '');
        if (clean === '') continue;
        number += 1;
        builder.block(line.includes('\t') ? 'row' : 'paragraph', `${label}${clean}`, {
          place: { kind: 'paragraph', paragraph: number },
        });
      }
    }
    return builder.build();
  },
};
