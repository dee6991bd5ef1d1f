import type { Place } from '../../contract/document.ts';
import type { DocumentBuilder } from '../builder.ts';
import { type Attributes, readXml, type XmlHandler } from '../xml.ts';
import { BODY, type ParagraphRole } from './docx-styles.ts';

/** A paragraph of a story (the body, a note), in document order. */
export interface StoryParagraph {
  readonly text: string;
  readonly role: ParagraphRole;
  /** Cell it stands in: an identity per table row, and the column from 0; null outside tables. */
  readonly cell: { readonly row: number; readonly column: number } | null;
  readonly footnotes: readonly string[];
  readonly endnotes: readonly string[];
  readonly comments: readonly string[];
}

interface OpenParagraph {
  pieces: string[];
  role: ParagraphRole;
  list: boolean | null;
  outline: number | null;
  footnotes: string[];
  endnotes: string[];
  comments: string[];
}

/** Elements whose content is not text of the document as it stands. */
const SKIPPED = new Set([
  'w:del',
  'w:moveFrom',
  'w:instrText',
  'w:delText',
  'w:delInstrText',
  'mc:Fallback',
  'w:rPrChange',
  'w:pPrChange',
  'w:sectPr',
]);

/** Elements that hold text themselves. */
const TEXT = new Set(['w:t', 'm:t']);

/** Text of elements that stand for a character. */
const CHARACTERS: Readonly<Record<string, string>> = {
  'w:tab': '\t',
  'w:ptab': '\t',
  'w:br': '\n',
  'w:cr': '\n',
  'w:noBreakHyphen': '\u2011',
};

/** Reads a WordprocessingML part (ISO/IEC 29500-1 §17) paragraph by paragraph. */
class StoryReader implements XmlHandler {
  readonly #styles: ReadonlyMap<string, ParagraphRole>;
  readonly #emit: (paragraph: StoryParagraph) => void;
  readonly #observer: XmlHandler;
  /** Paragraphs nest by text boxes. */
  readonly #open: OpenParagraph[] = [];
  /** Paragraphs of text boxes, told after the paragraph that anchors them. */
  readonly #boxed: StoryParagraph[] = [];
  readonly #tables: { row: number; column: number }[] = [];
  #rows = 0;
  #skipping = 0;
  #inText = false;
  #inRun = 0;

  constructor(
    styles: ReadonlyMap<string, ParagraphRole>,
    emit: (paragraph: StoryParagraph) => void,
    observer: XmlHandler,
  ) {
    this.#styles = styles;
    this.#emit = emit;
    this.#observer = observer;
  }

  open(name: string, attributes: Attributes): void {
    if (this.#skipping > 0 || SKIPPED.has(name)) {
      this.#skipping += 1;
      return;
    }
    this.#observer.open?.(name, attributes);
    if (name === 'w:p') {
      this.#open.push({
        pieces: [],
        role: BODY,
        list: null,
        outline: null,
        footnotes: [],
        endnotes: [],
        comments: [],
      });
      return;
    }
    if (this.#openTable(name)) return;
    const paragraph = this.#open.at(-1);
    if (paragraph === undefined) return;
    if (name === 'w:r' || name === 'm:r') this.#inRun += 1;
    else if (TEXT.has(name)) this.#inText = true;
    else if (this.#inRun > 0 && CHARACTERS[name] !== undefined) paragraph.pieces.push(CHARACTERS[name]);
    else this.#property(paragraph, name, attributes);
  }

  #openTable(name: string): boolean {
    if (name === 'w:tbl') this.#tables.push({ row: 0, column: -1 });
    else if (name === 'w:tr') {
      this.#rows += 1;
      const table = this.#tables.at(-1);
      if (table !== undefined) {
        table.row = this.#rows;
        table.column = -1;
      }
    } else if (name === 'w:tc') {
      const table = this.#tables.at(-1);
      if (table !== undefined) table.column += 1;
    } else return false;
    return true;
  }

  #property(paragraph: OpenParagraph, name: string, attributes: Attributes): void {
    const value = attributes['w:val'];
    const id = attributes['w:id'];
    if (name === 'w:pStyle' && value !== undefined) paragraph.role = this.#styles.get(value) ?? BODY;
    else if (name === 'w:numId' && value !== undefined) paragraph.list = value !== '0';
    else if (name === 'w:outlineLvl' && value !== undefined) paragraph.outline = Number(value);
    else if (name === 'w:footnoteReference' && id !== undefined) paragraph.footnotes.push(id);
    else if (name === 'w:endnoteReference' && id !== undefined) paragraph.endnotes.push(id);
    else if (name === 'w:commentReference' && id !== undefined) paragraph.comments.push(id);
  }

  text(data: string): void {
    if (this.#skipping === 0 && this.#inText) this.#open.at(-1)?.pieces.push(data);
  }

  close(name: string): void {
    if (this.#skipping > 0) {
      this.#skipping -= 1;
      return;
    }
    this.#observer.close?.(name);
    if (TEXT.has(name)) this.#inText = false;
    else if (name === 'w:r' || name === 'm:r') this.#inRun = Math.max(0, this.#inRun - 1);
    else if (name === 'w:tbl') this.#tables.pop();
    else if (name === 'w:p') this.#closeParagraph();
  }

  #closeParagraph(): void {
    const done = this.#open.pop();
    if (done === undefined) return;
    const table = this.#tables.at(-1);
    const outlined = done.outline !== null && done.outline >= 0 && done.outline < 9;
    const paragraph: StoryParagraph = {
      text: done.pieces.join(''),
      role: {
        ...done.role,
        level: outlined && !done.role.title ? (done.outline ?? 0) + 1 : done.role.level,
        list: (done.list ?? done.role.list) && done.role.level === 0 && !outlined,
      },
      cell: table === undefined ? null : { row: table.row, column: table.column },
      footnotes: done.footnotes,
      endnotes: done.endnotes,
      comments: done.comments,
    };
    if (this.#open.length > 0) this.#boxed.push(paragraph);
    else {
      this.#emit(paragraph);
      for (const boxed of this.#boxed.splice(0)) this.#emit(boxed);
    }
  }
}

/**
 * Reads the paragraphs of a part.
 * @param observer sees every element that is not skipped, before the reader does
 */
export function readStory(
  xml: string,
  styles: ReadonlyMap<string, ParagraphRole>,
  emit: (paragraph: StoryParagraph) => void,
  observer: XmlHandler = {},
): void {
  readXml(xml, new StoryReader(styles, emit, observer));
}

export interface StoryNotes {
  readonly footnotes: ReadonlyMap<string, string>;
  readonly endnotes: ReadonlyMap<string, string>;
  readonly comments: ReadonlyMap<string, string>;
}

function writeNotes(
  builder: DocumentBuilder,
  paragraph: StoryParagraph,
  notes: StoryNotes,
  place: Place,
): void {
  for (const [ids, texts, label] of [
    [paragraph.footnotes, notes.footnotes, 'Footnote: '],
    [paragraph.endnotes, notes.endnotes, 'Endnote: '],
    [paragraph.comments, notes.comments, 'Comment by '],
  ] as const) {
    for (const id of ids) {
      const text = texts.get(id);
      if (text === undefined || text.trim() === '') continue;
      builder.begin('paragraph');
      builder.append(`${label}${text}`, { place });
      builder.end();
    }
  }
}

function kindOf(role: ParagraphRole): 'list-item' | 'caption' | 'code' | 'paragraph' {
  if (role.list) return 'list-item';
  if (role.caption) return 'caption';
  return role.code ? 'code' : 'paragraph';
}

/** Whether the paragraph is an entry of a contents table, told by style or by its dot leader and page number. */
function isContents(paragraph: StoryParagraph): boolean {
  return paragraph.role.contents && paragraph.cell === null;
}

/**
 * Writes paragraphs into the builder. Paragraphs count from 1 as a reader counts them: those with text, in
 * order, cells and text boxes included. Cells of a table row are joined by " | " into one block.
 */
export function writeStory(
  builder: DocumentBuilder,
  paragraphs: readonly StoryParagraph[],
  notes: StoryNotes,
): void {
  let number = 0;
  let row = 0;
  let column = -1;
  const waiting: { paragraph: StoryParagraph; place: Place }[] = [];
  const flush = () => {
    row = 0;
    builder.end();
    for (const entry of waiting.splice(0)) writeNotes(builder, entry.paragraph, notes, entry.place);
  };
  for (const paragraph of paragraphs) {
    const text = paragraph.text.replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '');
    if (text.trim() === '') continue;
    number += 1;
    const place: Place = { kind: 'paragraph', paragraph: number };
    const { role, cell } = paragraph;
    if (cell !== null) {
      if (cell.row !== row) {
        flush();
        builder.begin('row');
        row = cell.row;
      } else builder.append(cell.column === column ? '\n' : ' | ');
      column = cell.column;
      builder.append(text, { place });
      waiting.push({ paragraph, place });
      continue;
    }
    if (row !== 0) flush();
    if (isContents(paragraph)) continue;
    if (role.title) {
      builder.begin('heading', 1);
      builder.append(text, { place });
      builder.end();
    } else if (role.level > 0) {
      builder.heading(role.level, text, { place });
    } else builder.block(kindOf(role), text, { place });
    writeNotes(builder, paragraph, notes, place);
  }
  flush();
}
