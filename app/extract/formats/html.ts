import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { SIGNATURE_LEVEL } from '../html-collector.ts';
import { type HtmlBlock, type HtmlReading, openHtmlPage } from '../html-page.ts';
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
    const page = openHtmlPage(decoded.text, input.limits.textChars);
    const lines = new LineIndex(decoded.text);
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    Object.assign(builder.metadata, page.metadata);
    const title = pageTitle(page);
    if (title !== null) builder.title = title;
    page.forEachBlock((block) => appendBlock(builder, lines, block));
    return builder.build();
  },
};

/**
 * The page's title without the name of its site: the first main heading where the title begins with it
 * ("Harbours — Coastal guide" over "Harbours").
 */
function pageTitle({ title, heading: first }: HtmlReading): string | null {
  const words = first?.level === 1 ? first.pieces.map((piece) => piece.text).join('') : '';
  const heading = words.replace(/\s+/g, ' ').trim();
  if (title === '') return heading === '' ? null : heading;
  const rest = title.startsWith(heading) ? title.slice(heading.length) : '';
  return heading.length > 2 && /^\s+[-–—|·:•»]\s/.test(rest) ? heading : title;
}

function appendBlock(builder: DocumentBuilder, lines: LineIndex, block: HtmlBlock): void {
  // Signatures of descriptions that have ended head nothing any more.
  builder.leave(SIGNATURE_LEVEL + block.depth + 1);
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
