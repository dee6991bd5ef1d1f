import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { soleHeading, usableTitle } from '../titles.ts';
import { readRtf } from './rtf-reader.ts';

const METADATA = {
  author: 'author',
  subject: 'subject',
  keywords: 'keywords',
  doccomm: 'description',
} as const;

/** Rich Text Format: paragraphs with headings by style, table rows, notes; no headers and footers. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const source = Buffer.from(input.bytes.buffer, input.bytes.byteOffset, input.bytes.byteLength).toString(
      'latin1',
    );
    if (!/^\s*\{\s*\\rtf/.test(source.slice(0, 200)))
      throw new ExtractProblem('corrupt', 'It is no RTF document.');
    const { paragraphs, info } = readRtf(source);
    const builder = new DocumentBuilder('rtf', 'document');
    for (const [key, name] of Object.entries(METADATA)) {
      const value = info[key]?.trim() ?? '';
      if (value !== '') builder.metadata[name] = value.slice(0, 1000);
    }
    builder.title = usableTitle(info.title) ?? soleHeading(paragraphs);
    let row = 0;
    let column = -1;
    paragraphs.forEach(({ text, level, cell, list }, index) => {
      const place: Place = { kind: 'paragraph', paragraph: index + 1 };
      if (cell !== null && cell.row === row) {
        builder.append(cell.column === column ? '\n' : ' | ');
        builder.append(text, { place });
      } else if (cell !== null) {
        builder.begin('row');
        builder.append(text, { place });
      } else if (level > 0) builder.heading(level, text, { place });
      else builder.block(list ? 'list-item' : 'paragraph', text, { place });
      row = cell?.row ?? 0;
      column = cell?.column ?? -1;
    });
    return builder.build();
  },
};
