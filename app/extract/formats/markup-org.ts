import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';
import { MarkupSource } from '../markup.ts';

/** Links, verbatim and code, emphasis (Org manual §12.2: it stands between blanks or punctuation), footnote marks. */
const INLINE =
  /\[\[(?:[^\][]+)\]\[([^\]]+)\]\]|\[\[(?:file:|id:)?([^\][]+)\]\]|(?<![^\s\-({'"])=([^=\s]|[^=\s][^=\n]*?[^=\s])=(?![^\s\-.,;:!?'")}[])|(?<![^\s\-({'"])~([^~\s]|[^~\s][^~\n]*?[^~\s])~(?![^\s\-.,;:!?'")}[])|(?<![^\s\-({'"])\*([^*\s]|[^*\s][^*]*?[^*\s])\*(?![^\s\-.,;:!?'")}[])|(?<![^\s\-({'"])\/([^/\s]|[^/\s][^/]*?[^/\s])\/(?![^\s\-.,;:!?'")}[])|(?<![^\s\-({'"])_([^_\s]|[^_\s][^_]*?[^_\s])_(?![^\s\-.,;:!?'")}[])|(?<![^\s\-({'"])\+([^+\s]|[^+\s][^+]*?[^+\s])\+(?![^\s\-.,;:!?'")}[])|\[fn:[\w-]+\]|<<([^<>\n]+)>>|\\\\$/dgmu;

const HEADLINE =
  /^(\*+)\s+(?:(?:TODO|DONE|NEXT|WAITING|CANCELLED|CANCELED|STARTED|HOLD)\s+)?(?:\[#[A-Z\d]\]\s+)?(?:COMMENT\s+)?/;
const TAGS = /\s+:[\w@#%:]+:\s*$/;
const KEYWORD = /^#\+([\w-]+):\s*(.*)$/;
const BEGIN = /^#\+begin_(\w+)/i;
const ITEM = /^(?:[-+]|\d+[.)]|[a-zA-Z][.)])\s+(?:\[@\d+\]\s+)?(?:\[[ xX-]\]\s+)?/;
const CODE_BLOCKS = new Set(['src', 'example', 'verse']);
const SILENT_BLOCKS = new Set(['comment', 'export']);
const METADATA = new Set([
  'author',
  'date',
  'email',
  'language',
  'description',
  'keywords',
  'filetags',
  'subtitle',
]);

/** Org mode files, read by their structure: headlines, blocks, drawers, lists, tables. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    new OrgReader(new MarkupSource(builder, new LineIndex(decoded.text), INLINE)).read();
    return builder.build();
  },
};

class OrgReader {
  readonly #source: MarkupSource;

  constructor(source: MarkupSource) {
    this.#source = source;
  }

  read(): void {
    let line = 1;
    while (line <= this.#source.last) line = this.#element(line);
  }

  #element(line: number): number {
    const source = this.#source;
    const raw = source.text(line);
    const text = raw.trim();
    if (text === '') return line + 1;
    const headline = HEADLINE.exec(raw);
    if (headline !== null) return this.#headline(line, raw, headline);
    const begin = BEGIN.exec(text);
    if (begin !== null) return this.#block(line, begin[1]?.toLowerCase() ?? '');
    const keyword = KEYWORD.exec(text);
    if (keyword !== null) return this.#keyword(line, keyword[1]?.toLowerCase() ?? '', keyword[2] ?? '');
    if (/^#\+end_\w+/i.test(text) || /^#(?:\s|$)/.test(text) || /^-{5,}$/.test(text)) return line + 1;
    if (/^:(?!end:)[\w-]+:$/i.test(text)) return this.#drawer(line);
    if (/^:(?:\s|$)/.test(text)) return this.#fixedWidth(line);
    if (text.startsWith('|')) return this.#tableRow(line, text);
    const item = ITEM.exec(text);
    if (item !== null) return this.#prose('list-item', line, source.contentStart(line) + item[0].length);
    const note = /^\[fn:[\w-]+\]\s+/.exec(raw);
    return this.#prose('paragraph', line, source.contentStart(line) + (note?.[0].length ?? 0));
  }

  #headline(line: number, raw: string, match: RegExpExecArray): number {
    const source = this.#source;
    const from = source.lines.startOf(line) + match[0].length;
    const tags = TAGS.exec(raw.slice(match[0].length))?.[0].length ?? 0;
    source.block('heading', from, source.lines.endOf(line) - tags, match[1]?.length ?? 1);
    return line + 1;
  }

  #keyword(line: number, name: string, value: string): number {
    const source = this.#source;
    if (name === 'title' && value !== '') {
      const title = value.trim();
      source.builder.title = source.builder.title === undefined ? title : `${source.builder.title} ${title}`;
    } else if (name === 'caption' && value !== '') {
      const from = source.lines.endOf(line) - source.text(line).trimEnd().length;
      source.block('caption', from + source.text(line).indexOf(value), source.lines.endOf(line));
    } else if (METADATA.has(name) && value !== '') source.builder.metadata[name] = value.trim();
    return line + 1;
  }

  #block(line: number, name: string): number {
    const source = this.#source;
    let end = line + 1;
    const close = new RegExp(`^\\s*#\\+end_${name}\\b`, 'i');
    if (!CODE_BLOCKS.has(name) && !SILENT_BLOCKS.has(name)) return line + 1;
    while (end <= source.last && !close.test(source.text(end))) end += 1;
    // Without its end the line is no block (a headline would end it in any case).
    if (end > source.last) return line + 1;
    if (CODE_BLOCKS.has(name)) source.code(line + 1, end - 1);
    return end + 1;
  }

  #drawer(line: number): number {
    const source = this.#source;
    for (let end = line + 1; end <= Math.min(source.last, line + 500); end++) {
      if (/^\s*:end:\s*$/i.test(source.text(end))) return end + 1;
      if (HEADLINE.test(source.text(end))) break;
    }
    return line + 1;
  }

  #fixedWidth(line: number): number {
    const source = this.#source;
    let end = line;
    while (end < source.last && /^\s*:(?:\s|$)/.test(source.text(end + 1))) end += 1;
    const stretches: [number, number][] = [];
    for (let each = line; each <= end; each++)
      stretches.push([
        Math.min(source.contentStart(each) + 2, source.lines.endOf(each)),
        source.lines.endOf(each),
      ]);
    source.joined('code', stretches, '\n');
    return end + 1;
  }

  #tableRow(line: number, text: string): number {
    const source = this.#source;
    if (!/^\|[-+:|]+$/.test(text)) {
      const cells = source.cells(source.contentStart(line), source.lines.endOf(line));
      source.joined('row', cells, ' | ');
    }
    return line + 1;
  }

  #prose(kind: 'paragraph' | 'list-item', line: number, from: number): number {
    const source = this.#source;
    let end = line;
    while (end < source.last && !this.#interrupts(end + 1)) end += 1;
    source.block(kind, from, source.lines.endOf(end));
    return end + 1;
  }

  #interrupts(line: number): boolean {
    const raw = this.#source.text(line);
    const text = raw.trim();
    return (
      text === '' ||
      HEADLINE.test(raw) ||
      ITEM.test(text) ||
      /^(?:#(?:\+|\s|$)|\||:(?:\s|$)|:[\w-]+:$|\[fn:[\w-]+\]\s|-{5,}$)/.test(text)
    );
  }
}
