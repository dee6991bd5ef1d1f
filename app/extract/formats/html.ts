import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { type HtmlBlock, readHtmlPage } from '../html-page.ts';
import { appendSource, LineIndex, linePlace } from '../lines.ts';

/** Where a page may name its encoding (HTML standard, prescan of the first 1,024 bytes; some tools need more). */
const PRESCAN_BYTES = 4096;

/** HTML and XHTML pages. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, {
      declared: declaredEncoding(input.bytes),
      // Markup is left out of the text, so more of it may be read than text is wanted.
      maxChars: input.limits.textChars * 4,
    });
    const page = readHtmlPage(decoded.text);
    const lines = new LineIndex(decoded.text);
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    Object.assign(builder.metadata, page.metadata);
    if (page.title !== '') builder.title = page.title;
    else {
      const heading = page.blocks.find((block) => block.kind === 'heading');
      if (heading?.level === 1) builder.title = heading.pieces.map((piece) => piece.text).join('');
    }
    for (const block of page.blocks) appendBlock(builder, lines, block);
    return builder.build();
  },
};

function appendBlock(builder: DocumentBuilder, lines: LineIndex, block: HtmlBlock): void {
  builder.begin(block.kind, block.level);
  for (const { text, at, exact } of block.pieces) {
    if (exact) appendSource(builder, lines, at, at + text.length);
    else if (text.trim() === '' || text === ' | ') builder.append(text);
    else builder.append(text, { place: linePlace(lines, at, at) });
  }
  builder.end();
}

/** Encoding named by `meta charset`, `meta http-equiv` or an XML declaration. */
function declaredEncoding(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, PRESCAN_BYTES)).toString('latin1');
  const xml = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w:.-]+)["']/i.exec(head)?.[1];
  return xml ?? /<meta\b[^>]*\bcharset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1];
}
