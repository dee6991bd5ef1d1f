import { type Attributes, readXml, type XmlHandler } from '../xml.ts';

/** What the body of an OpenDocument file consists of, in document order. */
export type OdfEvent =
  | { readonly type: 'paragraph'; readonly paragraph: OdfParagraph }
  | { readonly type: 'slide' }
  | { readonly type: 'sheet'; readonly name: string }
  | {
      readonly type: 'row';
      /** Number of the row, from 1, and how often it repeats. */
      readonly number: number;
      readonly repeated: number;
      readonly cells: readonly OdfCell[];
    };

export interface OdfParagraph {
  readonly text: string;
  /** Outline level of a heading, 0 for body text. */
  readonly level: number;
  readonly style: string;
  readonly list: boolean;
  /** Identity of the table row it stands in and its column from 0; null outside tables. */
  readonly cell: { readonly row: number; readonly column: number } | null;
  /** Class of the placeholder on a slide, e.g. "title"; "" elsewhere. */
  readonly placeholder: string;
  readonly inNotes: boolean;
  /** Notes and remarks anchored in it. */
  readonly notes: readonly string[];
}

export interface OdfCell {
  readonly column: number;
  readonly text: string;
  /** office:value-type, e.g. "string", "float", "date". */
  readonly type: string;
  readonly remark: string;
}

interface OpenParagraph {
  pieces: string[];
  level: number;
  style: string;
  notes: string[];
}

/** Elements whose text is not the document's: deleted text, generated indexes, what fields would show. */
const SKIPPED = new Set([
  'text:tracked-changes',
  'text:table-of-content',
  'text:illustration-index',
  'text:table-index',
  'text:object-index',
  'text:user-index',
  'text:alphabetical-index',
  'text:bibliography',
  'text:note-citation',
  'text:sequence-decls',
  'text:variable-decls',
  'office:forms',
  'office:scripts',
  'office:font-face-decls',
  'office:styles',
  'office:master-styles',
  'table:tracked-changes',
  'table:content-validations',
  'presentation:header',
  'presentation:footer',
  'presentation:date-time',
  'presentation:footer-decl',
  'presentation:header-decl',
  'presentation:date-time-decl',
  'text:page-number',
  'text:ruby-text',
  'svg:title',
]);

/** Rows and columns that are repeated for their looks are not counted out. */
const MAX_REPEATS = 1000;

function repeats(value: string | undefined): number {
  const count = Number(value ?? 1);
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

/** Reads content.xml of an OpenDocument file (OpenDocument 1.3 part 3). */
class OdfReader implements XmlHandler {
  readonly #emit: (event: OdfEvent) => void;
  readonly #spreadsheet: boolean;
  /** Paragraphs nest by frames and notes; the second kind gives its text to the first. */
  readonly #open: OpenParagraph[] = [];
  /** Paragraphs inside a note or a remark, gathered until it ends. */
  readonly #aside: { depth: number; label: string; lines: string[] }[] = [];
  /** Paragraphs of frames, told after the paragraph that anchors them. */
  readonly #framed: OdfParagraph[] = [];
  readonly #tables: { row: number; column: number }[] = [];
  readonly #placeholders: string[] = [];
  #skipping = 0;
  #lists = 0;
  #notes = 0;
  #rows = 0;
  #row: { number: number; repeated: number; column: number; cells: OdfCell[] } | null = null;
  #cell: { type: string; value: string; repeated: number; lines: string[]; remark: string[] } | null = null;

  constructor(emit: (event: OdfEvent) => void, spreadsheet: boolean) {
    this.#emit = emit;
    this.#spreadsheet = spreadsheet;
  }

  open(name: string, attributes: Attributes): void {
    if (this.#skipping > 0 || SKIPPED.has(name)) {
      this.#skipping += 1;
      return;
    }
    if (name === 'text:p' || name === 'text:h') {
      const level = name === 'text:h' ? repeats(attributes['text:outline-level']) : 0;
      this.#open.push({ pieces: [], level, style: attributes['text:style-name'] ?? '', notes: [] });
    } else if (this.#openInline(name, attributes)) return;
    else if (name === 'text:list') this.#lists += 1;
    else if (name === 'draw:page') this.#emit({ type: 'slide' });
    else if (name === 'presentation:notes') this.#notes += 1;
    else if (name.startsWith('draw:')) this.#placeholders.push(attributes['presentation:class'] ?? '');
    else this.#openTable(name, attributes);
  }

  #openInline(name: string, attributes: Attributes): boolean {
    const pieces = this.#open.at(-1)?.pieces;
    if (name === 'text:s') pieces?.push(' '.repeat(Math.min(repeats(attributes['text:c']), 100)));
    else if (name === 'text:tab') pieces?.push('\t');
    else if (name === 'text:line-break') pieces?.push('\n');
    else if (name === 'text:note' || name === 'office:annotation') {
      const label =
        name === 'office:annotation'
          ? 'Comment: '
          : attributes['text:note-class'] === 'endnote'
            ? 'Endnote: '
            : 'Footnote: ';
      this.#aside.push({ depth: this.#open.length, label, lines: [] });
    } else return false;
    return true;
  }

  #openTable(name: string, attributes: Attributes): void {
    if (name === 'table:table') {
      if (this.#spreadsheet && this.#tables.length === 0) {
        this.#rows = 0;
        this.#emit({ type: 'sheet', name: attributes['table:name'] ?? '' });
      }
      this.#tables.push({ row: 0, column: -1 });
    } else if (name === 'table:table-row') {
      const table = this.#tables.at(-1);
      this.#rows += 1;
      if (table !== undefined) {
        table.row = this.#rows;
        table.column = -1;
      }
      if (this.#spreadsheet && this.#tables.length === 1) {
        const repeated = repeats(attributes['table:number-rows-repeated']);
        this.#row = { number: this.#rows, repeated, column: 0, cells: [] };
        this.#rows += repeated - 1;
      }
    } else if (name === 'table:table-cell' || name === 'table:covered-table-cell') {
      const table = this.#tables.at(-1);
      if (table !== undefined) table.column += 1;
      if (this.#row !== null && this.#tables.length === 1) {
        this.#cell = {
          type: attributes['office:value-type'] ?? '',
          value: attributes['office:date-value'] ?? attributes['office:value'] ?? '',
          repeated: repeats(attributes['table:number-columns-repeated']),
          lines: [],
          remark: [],
        };
      }
    }
  }

  text(data: string): void {
    if (this.#skipping > 0) return;
    // Between a remark and its paragraphs stand its author, initials and date.
    if (this.#open.length <= (this.#aside.at(-1)?.depth ?? -1)) return;
    // White space collapses as in HTML; text:s stands for what must not (OpenDocument 1.3 part 3 §6.1.2).
    const paragraph = this.#open.at(-1);
    if (paragraph === undefined) return;
    const last = paragraph.pieces.at(-1);
    const collapsed = data.replace(/[ \t\r\n]+/g, ' ');
    paragraph.pieces.push(
      collapsed.startsWith(' ') && (last === undefined || /\s$/.test(last)) ? collapsed.slice(1) : collapsed,
    );
  }

  close(name: string): void {
    if (this.#skipping > 0) {
      this.#skipping -= 1;
      return;
    }
    if (name === 'text:p' || name === 'text:h') this.#closeParagraph();
    else if (name === 'text:note' || name === 'office:annotation') this.#closeAside();
    else if (name === 'text:list') this.#lists -= 1;
    else if (name === 'presentation:notes') this.#notes -= 1;
    else if (name.startsWith('draw:') && name !== 'draw:page') this.#placeholders.pop();
    else if (name === 'table:table') this.#tables.pop();
    else if (name === 'table:table-cell' || name === 'table:covered-table-cell') this.#closeCell();
    else if (name === 'table:table-row') this.#closeRow();
  }

  #closeParagraph(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    const text = done.pieces.join('').replace(/ +$/gm, '').trimEnd();
    const aside = this.#aside.at(-1);
    if (aside !== undefined) {
      if (text.trim() !== '') aside.lines.push(text.trim());
      return;
    }
    if (this.#cell !== null && this.#tables.length === 1) {
      this.#cell.lines.push(text);
      return;
    }
    const table = this.#tables.at(-1);
    const paragraph: OdfParagraph = {
      text,
      level: done.level,
      style: done.style,
      list: this.#lists > 0 && done.level === 0,
      cell: table === undefined ? null : { row: table.row, column: table.column },
      placeholder: this.#placeholders.findLast((entry) => entry !== '') ?? '',
      inNotes: this.#notes > 0,
      notes: done.notes,
    };
    if (this.#open.length > 0) this.#framed.push(paragraph);
    else {
      this.#emit({ type: 'paragraph', paragraph });
      for (const framed of this.#framed.splice(0)) this.#emit({ type: 'paragraph', paragraph: framed });
    }
  }

  #closeAside(): void {
    const aside = this.#aside.pop();
    if (aside === undefined || aside.lines.length === 0) return;
    const text = `${aside.label}${aside.lines.join('\n')}`;
    const anchor = this.#open.at(-1);
    if (anchor !== undefined) anchor.notes.push(text);
    else this.#cell?.remark.push(aside.lines.join('\n'));
  }

  #closeCell(): void {
    const cell = this.#cell;
    const row = this.#row;
    if (cell === null || row === null || this.#tables.length !== 1) return;
    this.#cell = null;
    const text = cell.lines.join('\n').trim() || cell.value;
    const remark = cell.remark.join('\n').trim();
    if (text !== '' || remark !== '') {
      const count = Math.min(cell.repeated, MAX_REPEATS);
      for (let i = 0; i < count; i += 1) {
        row.cells.push({ column: row.column + i, text, type: cell.type, remark: i === 0 ? remark : '' });
      }
    }
    row.column += cell.repeated;
  }

  #closeRow(): void {
    const row = this.#row;
    if (row === null || this.#tables.length !== 1) return;
    this.#row = null;
    if (row.cells.length > 0) {
      const { number, repeated, cells } = row;
      this.#emit({ type: 'row', number, repeated: Math.min(repeated, MAX_REPEATS), cells });
    }
  }
}

/** @param spreadsheet whether the outermost tables are sheets */
export function readOdf(xml: string, spreadsheet: boolean, emit: (event: OdfEvent) => void): void {
  readXml(xml, new OdfReader(emit, spreadsheet));
}
