import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';
import { MarkupSource } from '../markup.ts';

/** Links, cross references, images, anchors, and the constrained and unconstrained quotes. */
const INLINE =
  /(?:link:|xref:|mailto:)([^\s[\]]+)\[\]|(https?:\/\/[^\s[\]]+)\[\]|(?:link:|xref:|mailto:)[^\s[\]]+\[([^\]]*?)[,^]*\]|https?:\/\/[^\s[\]]+\[([^\]]+?)\^?\]|<<[^,<>]+,\s*([^<>]+)>>|<<([^<>]+)>>|image:[^\s[\]]+\[([^\],]*)[^\]]*\]|(?:footnote|kbd|btn|menu|indexterm2?|pass|stem|latexmath|asciimath|term|xref):\w*\[([^\]]*)\]|\[\[[^\]]+\]\]|\(\(\(([^)]*)\)\)\)|\[[.#][^\]\n]*\](?=[#*_`])|`\+([^+\n]+)\+`|(?<![\p{L}\p{N}_])\*(?=\S)([^*\n]*?[^*\s])\*(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}_])_(?=\S)([^_\n]*?[^_\s])_(?![\p{L}\p{N}_])|(?<![\p{L}\p{N}_])`(?=\S)([^`\n]*?[^`\s])`(?![\p{L}\p{N}_])|\*\*([^*\n]+)\*\*|__([^_\n]+)__|``([^`\n]+)``|##([^#\n]+)##|(?<![\p{L}\p{N}_&])#(?=\S)([^#\n]*?[^#\s])#(?![\p{L}\p{N}_])|\+\+\+([^+\n]+)\+\+\+|\s\+$/dgmu;

const SECTION = /^(={1,6}|#{1,6})\s+(?=\S)/;
const ATTRIBUTE = /^:!?([\w-]+)!?:(?:\s+(.*))?$/;
const ITEM = /^(?:\*{1,5}|-|\.{1,5}|\d+\.|[a-zA-Z]\.|<\.>|<\d+>)\s+(?:\[[ xX*]\]\s+)?(?=\S)/;
const TERM = /^(\S.{0,200}?)(?::{2,4}|;;)(?:\s+|$)/;
const SETEXT: Readonly<Record<string, number>> = { '=': 1, '-': 2, '~': 3, '^': 4, '+': 5 };
/** Delimiters of blocks whose content is taken as it is. */
const CODE_FENCE = /^(?:-{4,}|\.{4,}|`{3,}.*)$/;
const SILENT_FENCE = /^(?:\/{4,}|\+{4,})$/;
/** Delimiters of blocks whose content is read like the rest. */
const OPEN_FENCE = /^(?:={4,}|\*{4,}|_{4,}|--|"{2})$/;
const METADATA = new Set(['author', 'email', 'revdate', 'description', 'keywords', 'lang']);

/** AsciiDoc, read by its structure: sections, delimited blocks, lists, tables. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    new AsciiDocReader(new MarkupSource(builder, new LineIndex(decoded.text), INLINE)).read();
    return builder.build();
  },
};

class AsciiDocReader {
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
    if (text === '' || text === '+') return line + 1;
    const section = this.#section(line, raw);
    if (section !== null) return section;
    if (SILENT_FENCE.test(text)) return this.#until(line, text) + 1;
    if (CODE_FENCE.test(text)) {
      const end = this.#until(line, text.replace(/^(`{3,}).*$/, '$1'));
      source.code(line + 1, end - 1);
      return end + 1;
    }
    if (OPEN_FENCE.test(text)) return line + 1;
    if (/^[|,:!]={3,}$/.test(text)) return this.#table(line, text);
    if (text.startsWith('//')) return line + 1;
    const attribute = ATTRIBUTE.exec(text);
    if (attribute !== null) return this.#attribute(line, attribute[1] ?? '', attribute[2] ?? '');
    if (
      /^\[(?!\[?\s).*\]$/.test(text) ||
      /^(?:include|ifdef|ifndef|ifeval|endif|toc|video|audio)::/.test(text)
    )
      return line + 1;
    const image = /^image::[^\s[]*\[([^\],]*)/.exec(text);
    if (image !== null) {
      const from = source.contentStart(line) + image[0].length - (image[1]?.length ?? 0);
      source.block('caption', from, from + (image[1]?.length ?? 0));
      return line + 1;
    }
    if (/^'{3,}$|^<{3}$|^-{3}$|^\*{3}$/.test(text)) return line + 1;
    if (/^\.[^\s.]/.test(text)) {
      source.block('caption', source.contentStart(line) + 1, source.lines.endOf(line));
      return line + 1;
    }
    return this.#flow(line, raw, text);
  }

  /** List items, terms, literal paragraphs and plain ones. */
  #flow(line: number, raw: string, text: string): number {
    const source = this.#source;
    const item = ITEM.exec(text);
    if (item !== null) return this.#prose('list-item', line, source.contentStart(line) + item[0].length);
    const term = TERM.exec(text);
    if (term !== null) {
      const from = source.contentStart(line);
      source.block('list-item', from, from + (term[1]?.length ?? 0));
      const rest = from + term[0].length;
      return rest < source.lines.endOf(line) ? this.#prose('list-item', line, rest) : line + 1;
    }
    if (/^\s/.test(raw)) {
      let end = line;
      while (end < source.last && /^\s+\S/.test(source.text(end + 1))) end += 1;
      source.code(line, end);
      return end + 1;
    }
    return this.#prose('paragraph', line, source.contentStart(line));
  }

  #section(line: number, raw: string): number | null {
    const source = this.#source;
    const match = SECTION.exec(raw);
    if (match !== null) {
      const from = source.lines.startOf(line) + match[0].length;
      const closing = /\s+(?:={1,6}|#{1,6})\s*$/.exec(raw)?.[0].length ?? 0;
      return this.#heading(line, from, source.lines.endOf(line) - closing, match[1]?.length ?? 1) + 1;
    }
    const below = source.text(line + 1).trimEnd();
    const level = SETEXT[below[0] ?? ''];
    const same = below.length >= 3 && below === below[0]?.repeat(below.length);
    if (level === undefined || !same || Math.abs(below.length - raw.trimEnd().length) > 1) return null;
    if (!/^[\p{L}\p{N}]/u.test(raw) || (line > 1 && !/^\s*$|^\[/.test(source.text(line - 1)))) return null;
    return this.#heading(line, source.lines.startOf(line), source.lines.endOf(line), level) + 2;
  }

  /** Adds a heading; under the document's title, author and revision lines become metadata. Gives back its last line. */
  #heading(line: number, from: number, to: number, level: number): number {
    const source = this.#source;
    const isTitle = source.builder.length === 0;
    if (isTitle) source.builder.title ??= source.plain(from, to);
    source.block('heading', from, to, level);
    if (!isTitle || !SECTION.test(source.text(line))) return line;
    const author = source.text(line + 1).trim();
    if (!/^[\p{L}][\p{L}.' -]+(?:<[^>]+>)?(?:;.*)?$/u.test(author) || author.length > 120) return line;
    if (!/<[^>]+>/.test(author) && !source.isBlank(line + 2) && !ATTRIBUTE.test(source.text(line + 2).trim()))
      return line;
    source.builder.metadata.author = author.replace(/\s*<.*$/, '');
    const revision = source.text(line + 2).trim();
    if (!/^v?\d[\w.]*\b/.test(revision)) return line + 1;
    source.builder.metadata.revision = revision;
    return line + 2;
  }

  #attribute(line: number, name: string, value: string): number {
    const key = name.toLowerCase();
    if (METADATA.has(key) && value !== '') this.#source.builder.metadata[key] = value.trim();
    if (key === 'doctitle' && value !== '') this.#source.builder.title = value.trim();
    return line + 1;
  }

  /** The line that closes a delimited block, or the line after the last. */
  #until(line: number, fence: string): number {
    const source = this.#source;
    let end = line + 1;
    while (end <= source.last && source.text(end).trim() !== fence) end += 1;
    return end;
  }

  /** A table: one row per line that has several cells; lines with one cell each add up to rows at blank lines. */
  #table(line: number, fence: string): number {
    const source = this.#source;
    const end = this.#until(line, fence);
    const bar = fence[0] === ',' ? ',' : fence[0] === ':' ? ':' : '|';
    let row: (readonly [number, number])[] = [];
    const flush = () => {
      source.joined('row', row, ' | ');
      row = [];
    };
    for (let each = line + 1; each < end; each++) {
      if (source.isBlank(each)) {
        flush();
        continue;
      }
      const cells = source.cells(this.#cellStart(each), source.lines.endOf(each), bar);
      if (cells.length > 1) flush();
      row.push(...cells);
      if (cells.length > 1) flush();
    }
    flush();
    return end + 1;
  }

  /** Skips what may stand before the first bar of a row: spans, alignment, style ("2+^.>s|"). */
  #cellStart(line: number): number {
    const spec =
      /^(?:\d+[*+]|\.\d+\+)*[<^>.]*[aehlmsv]?\|/.exec(this.#source.text(line).trim())?.[0].length ?? 0;
    return this.#source.contentStart(line) + spec;
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
      text === '+' ||
      ITEM.test(text) ||
      TERM.test(text) ||
      text.startsWith('//') ||
      CODE_FENCE.test(text) ||
      OPEN_FENCE.test(text) ||
      SILENT_FENCE.test(text) ||
      /^\|={3,}$|^\[[^\]]*\]$|^(?:include|ifdef|ifndef|endif|image)::/.test(text)
    );
  }
}
