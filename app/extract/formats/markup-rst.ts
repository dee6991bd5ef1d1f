import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';
import { MarkupSource } from '../markup.ts';

/**
 * Inline markup (docutils' reference: literals, roles, links, strong, emphasis, substitutions, footnote marks,
 * targets, references, escapes).
 */
const INLINE =
  /``(.+?)``|:[\w.+:-]+:`[~!]?([^`<]+?)(?:\s*<[^`>]*>)?`|_?`([^`<]+?)(?:\s*<[^`>]+>)?`(?:__?|:[\w:.-]+:)?|\*\*(?=\S)([^*]+?)\*\*|(?<![\w*])\*(?=[^\s*])([^*]*?[^\s*])\*(?![\w*])|\|(?=[^\s|])([^|\n]{0,80}?[^\s|])\|_{0,2}|\s?\[(?:#[\w-]*|\*|\d+)\]_|(?<=[\p{L}\p{N}])__?(?![\p{L}\p{N}_])|\\(\S)/dgsu;

const ADORNMENT = /^([!-/:-@[-`{-~])\1{2,}\s*$/;
const DIRECTIVE = /^\.\.\s+(?:\|[^|]+\|\s+)?([\w:+.-]+)::(?:\s+(.*))?$/;
const BULLET = /^([-*+•‣⁃])(\s+)(?=\S)/;
const ENUMERATOR = /^(?:\(?(?:\d{1,4}|[a-zA-Z]|[ivxlcIVXLC]{1,6}|#)[.)])(\s+)(?=\S)/;
const FIELD = /^:((?:[^:\\\n]|\\.){1,80}):(?:\s+|$)/;
const CODE_DIRECTIVES = new Set([
  'code-block',
  'sourcecode',
  'code',
  'highlight',
  'parsed-literal',
  'math',
  'productionlist',
  'doctest',
  'testcode',
  'testoutput',
  'prompt',
]);
const SILENT_DIRECTIVES =
  /^(?:toctree|contents|index|meta|raw|include|literalinclude|image|highlight|module|currentmodule|moduleauthor|sectionauthor|tabularcolumns|only|default-role|role|replace|unicode|date|testsetup|testcleanup|automodule|autoclass|autofunction|autosummary|graphviz|plot|py:module|py:currentmodule|sectnum|header|footer|target-notes|ifconfig|audit-event|audit-event-table|impl-detail-table|availability)$/;
/** Directives that describe an object by its signature: "function:: open(file)", "py:class:: Path". */
const OBJECT_DIRECTIVES =
  /^(?:[a-z]+:)?(?:function|class|method|attribute|data|exception|module|classmethod|staticmethod|decorator|decoratormethod|property|macro|type|member|var|struct|enum|enumerator|option|cmdoption|envvar|describe|object|opcode|pdbcommand|setting|confval|glossary|describe)$/;
const OBJECT_LEVEL = 50;
const MAX_DEPTH = 60;

/** reStructuredText, read by its structure: sections, lists, directives, literal blocks, tables. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    const source = new MarkupSource(builder, new LineIndex(decoded.text), INLINE);
    new RstReader(source).body(1, source.last, 0, 'paragraph', 0);
    return builder.build();
  },
};

type Prose = 'paragraph' | 'list-item';

class RstReader {
  readonly #source: MarkupSource;
  readonly #styles: string[] = [];
  #sections = 0;

  constructor(source: MarkupSource) {
    this.#source = source;
  }

  /** Reads the lines first … last, whose text stands at column `base` or further in. */
  body(first: number, last: number, base: number, kind: Prose, depth: number): void {
    let line = first;
    while (line <= last) {
      if (this.#source.isBlank(line)) {
        line += 1;
        continue;
      }
      const indent = this.#source.indent(line);
      if (depth > MAX_DEPTH) {
        let end = line;
        while (end < last && !this.#source.isBlank(end + 1)) end += 1;
        this.#source.block(kind, this.#source.contentStart(line), this.#source.lines.endOf(end));
        line = end + 1;
        continue;
      }
      if (indent > base) {
        const end = this.#indented(line, last, base);
        this.body(line, end, this.#least(line, end), kind, depth + 1);
        line = end + 1;
        continue;
      }
      line = this.#element(line, last, indent, kind, depth);
    }
  }

  /** Reads one element and gives back the line after it. */
  #element(line: number, last: number, indent: number, kind: Prose, depth: number): number {
    const source = this.#source;
    const text = source.text(line).trim();
    const section = this.#section(line, last);
    if (section !== null) return section;
    if (ADORNMENT.test(text) && source.isBlank(line + 1)) return line + 1;
    if (/^\.\.(?:\s|$)/.test(text)) return this.#explicit(line, last, indent, kind, depth);
    if (/^__\s/.test(text)) return line + 1;
    if (/^\+[-=+]{3,}\+$/.test(text)) return this.#gridTable(line, last);
    if (/^=+(?:\s+=+)+$/.test(text)) return this.#simpleTable(line, last);
    if (text.startsWith('>>> ')) return this.#doctest(line, last);
    if (FIELD.test(text)) return this.#field(line, last, indent, depth);
    const marker = BULLET.exec(text) ?? ENUMERATOR.exec(text);
    if (marker !== null) return this.#item(line, last, indent, marker[0].length, depth);
    if (/^\|\s/.test(text)) return this.#lineBlock(line, last);
    if (!source.isBlank(line + 1) && line < last && source.indent(line + 1) > indent) {
      source.block('list-item', source.contentStart(line), source.lines.endOf(line));
      const end = this.#indented(line + 1, last, indent);
      if (/::\s*$/.test(text)) source.code(line + 1, end);
      else this.body(line + 1, end, this.#least(line + 1, end), 'list-item', depth + 1);
      return end + 1;
    }
    return this.#paragraph(line, last, indent, source.contentStart(line), kind);
  }

  #section(line: number, last: number): number | null {
    const source = this.#source;
    const text = source.text(line);
    const over = ADORNMENT.exec(text);
    if (over !== null) {
      const title = source.text(line + 1).trim();
      if (line + 2 > last || title === '' || ADORNMENT.exec(source.text(line + 2))?.[1] !== over[1])
        return null;
      this.#heading(line + 1, `${over[1]} over`);
      return line + 3;
    }
    if (line >= last || /^\s/.test(text)) return null;
    const under = ADORNMENT.exec(source.text(line + 1));
    if (under === null || under[0].trim().length < Math.min(text.trim().length, 4)) return null;
    if (under[0].trim().length < text.trim().length * 0.7) return null;
    this.#heading(line, under[1] ?? '');
    return line + 2;
  }

  #heading(line: number, style: string): void {
    const source = this.#source;
    if (!this.#styles.includes(style)) this.#styles.push(style);
    const from = source.contentStart(line);
    const to = source.lines.endOf(line);
    if (this.#sections === 0) source.builder.title ??= source.plain(from, to);
    this.#sections += 1;
    source.block('heading', from, to, this.#styles.indexOf(style) + 1);
  }

  /** Directives, comments, targets, footnotes: what begins with two dots. */
  #explicit(line: number, last: number, indent: number, kind: Prose, depth: number): number {
    const source = this.#source;
    const text = source.text(line).trim();
    const end = this.#indented(line + 1, last, indent);
    const note = /^\.\.\s+\[[^\]]+\]\s+/.exec(text);
    if (note !== null) {
      source.block(
        kind,
        source.contentStart(line) + note[0].length,
        source.lines.endOf(this.#paragraphEnd(line, end)),
      );
      return end + 1;
    }
    const directive = DIRECTIVE.exec(text);
    if (directive === null) return end + 1;
    const name = directive[1] ?? '';
    const body = this.#afterOptions(line + 1, end);
    const argument = directive[2] ?? '';
    if (SILENT_DIRECTIVES.test(name) && !CODE_DIRECTIVES.has(name)) return end + 1;
    if (CODE_DIRECTIVES.has(name)) {
      if (name === 'math' && argument !== '') this.#argument('code', line, argument);
      if (body <= end) source.code(body, end);
      return end + 1;
    }
    const isObject = OBJECT_DIRECTIVES.test(name);
    // "versionadded:: 3.8" says nothing by itself; what was added may stand behind the number.
    if (argument !== '' && name !== 'figure' && !/^[\d.]+$/.test(argument)) {
      if (isObject) this.#argument('heading', line, argument);
      else this.#argument(kind, line, argument);
    }
    if (body <= end)
      this.body(body, end, this.#least(body, end), name === 'figure' ? 'paragraph' : kind, depth + 1);
    if (isObject) source.builder.leave(OBJECT_LEVEL + indent);
    return end + 1;
  }

  #argument(kind: 'heading' | 'code' | Prose, line: number, argument: string): void {
    const source = this.#source;
    const from = source.lines.startOf(line) + source.text(line).lastIndexOf(argument.trim());
    const level = kind === 'heading' ? OBJECT_LEVEL + source.indent(line) : undefined;
    source.block(kind, from, from + argument.trim().length, level);
  }

  /** First line of a directive's content: after its options and the blank line. */
  #afterOptions(first: number, last: number): number {
    let line = first;
    while (line <= last && FIELD.test(this.#source.text(line).trim())) line += 1;
    return line;
  }

  #field(line: number, last: number, indent: number, depth: number): number {
    const source = this.#source;
    const text = source.text(line).trim();
    const match = FIELD.exec(text);
    const name = match?.[1] ?? '';
    const end = this.#indented(line + 1, last, indent);
    const value = text.slice(match?.[0].length ?? 0);
    if (
      this.#sections <= 1 &&
      depth === 0 &&
      /^(?:author|date|version|copyright|contact|organization|status)s?$/i.test(name)
    ) {
      if (value !== '') source.builder.metadata[name.toLowerCase()] = value;
      return end + 1;
    }
    const from = source.contentStart(line);
    source.joined(
      'list-item',
      [
        [from + 1, from + 1 + name.length],
        [from + (match?.[0].length ?? 0), source.lines.endOf(this.#paragraphEnd(line, end))],
      ],
      ': ',
    );
    const rest = this.#paragraphEnd(line, end) + 1;
    if (rest <= end) this.body(rest, end, this.#least(rest, end), 'list-item', depth + 1);
    return end + 1;
  }

  #item(line: number, last: number, indent: number, marker: number, depth: number): number {
    const source = this.#source;
    const end = this.#indented(line + 1, last, indent);
    const from = source.contentStart(line) + marker;
    const firstEnd = this.#paragraphEnd(line, end);
    this.#prose('list-item', from, firstEnd);
    let next = firstEnd + 1;
    if (/::\s*$/.test(source.text(firstEnd))) next = this.#literal(next, end, indent + marker);
    if (next <= end) this.body(next, end, this.#least(next, end), 'list-item', depth + 1);
    return end + 1;
  }

  #paragraph(line: number, last: number, indent: number, from: number, kind: Prose): number {
    const source = this.#source;
    let end = line;
    while (end < last && !source.isBlank(end + 1) && source.indent(end + 1) === indent) end += 1;
    this.#prose(kind, from, end);
    return /::\s*$/.test(source.text(end)) ? this.#literal(end + 1, last, indent) : end + 1;
  }

  /** Adds a paragraph; a double colon at its end announces a literal block and is no part of it. */
  #prose(kind: Prose, from: number, lastLine: number): void {
    const source = this.#source;
    const to = source.lines.endOf(lastLine);
    const colons = /\s*::\s*$/.exec(source.lines.source.slice(from, to));
    source.block(kind, from, colons === null ? to : to - colons[0].length + (/^\s/.test(colons[0]) ? 0 : 1));
  }

  /** The indented (or quoted) block after a double colon. */
  #literal(first: number, last: number, indent: number): number {
    const source = this.#source;
    let line = first;
    while (line <= last && source.isBlank(line)) line += 1;
    if (line > last) return line;
    if (source.indent(line) > indent) {
      const end = this.#indented(line, last, indent);
      source.code(line, end);
      return end + 1;
    }
    return line;
  }

  #doctest(first: number, last: number): number {
    let end = first;
    while (end < last && !this.#source.isBlank(end + 1)) end += 1;
    this.#source.code(first, end);
    return end + 1;
  }

  #lineBlock(first: number, last: number): number {
    const source = this.#source;
    let line = first;
    const stretches: [number, number][] = [];
    while (line <= last && /^\s*(?:\|(?:\s|$)|\S)/.test(source.text(line)) && !source.isBlank(line)) {
      const from = source.contentStart(line);
      const bar = source.text(line).trim().startsWith('|') ? 1 : 0;
      stretches.push([
        from + bar + (source.lines.source[from + bar] === ' ' ? 1 : 0),
        source.lines.endOf(line),
      ]);
      line += 1;
    }
    source.joined('paragraph', stretches, '\n');
    return line;
  }

  #gridTable(first: number, last: number): number {
    const source = this.#source;
    let line = first;
    let row: [number, number][][] = [];
    const flush = () => {
      source.joined('row', row.flat(), ' | ');
      row = [];
    };
    while (line <= last && /^\s*[+|]/.test(source.text(line))) {
      if (/^\s*\+[-=+]+\+\s*$/.test(source.text(line))) flush();
      else {
        const cells = source.cells(source.contentStart(line), source.lines.endOf(line));
        row.push(cells.map(([from, to]) => [from, to]));
      }
      line += 1;
    }
    flush();
    return line;
  }

  #simpleTable(first: number, last: number): number {
    const source = this.#source;
    const columns = [...source.text(first).matchAll(/=+/g)].map((match) => match.index);
    let line = first + 1;
    let borders = 1;
    while (line <= last) {
      const text = source.text(line);
      if (/^\s*=+(?:\s+=+)*\s*$/.test(text)) {
        borders += 1;
        if (source.isBlank(line + 1) || line === last) return line + 1;
      } else if (!/^\s*-+(?:\s+-+)*\s*$/.test(text)) this.#simpleRow(line, columns);
      if (borders > 3) return line;
      line += 1;
    }
    return line;
  }

  #simpleRow(line: number, columns: readonly number[]): void {
    const source = this.#source;
    const start = source.lines.startOf(line);
    const end = source.lines.endOf(line);
    const cells = columns.map((column, index): [number, number] => {
      const next = columns[index + 1];
      const from = Math.min(end, start + column);
      const to = next === undefined ? end : Math.min(end, start + next);
      const cell = source.lines.source.slice(from, to);
      const lead = cell.length - cell.trimStart().length;
      return [from + lead, from + lead + cell.trim().length];
    });
    source.joined('row', cells, ' | ');
  }

  /** Last line of the run of lines from `first` on that stand further in than `base`, blank ones between included. */
  #indented(first: number, last: number, base: number): number {
    let end = first - 1;
    for (let line = first; line <= last; line++) {
      if (this.#source.isBlank(line)) continue;
      if (this.#source.indent(line) <= base) break;
      end = line;
    }
    return end;
  }

  #least(first: number, last: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (let line = first; line <= last; line++) {
      if (!this.#source.isBlank(line)) least = Math.min(least, this.#source.indent(line));
    }
    return Number.isFinite(least) ? least : 0;
  }

  /** Last line of the paragraph that begins on `line`. */
  #paragraphEnd(line: number, last: number): number {
    let end = line;
    while (end < last && !this.#source.isBlank(end + 1)) {
      const text = this.#source.text(end + 1).trim();
      if (BULLET.test(text) || /^\.\.\s/.test(text)) break;
      end += 1;
    }
    return end;
  }
}
