import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { startsWith } from '../sniff.ts';
import { columnName, type Row, writeTable } from '../tables.ts';
import { soleHeading, usableTitle } from '../titles.ts';
import { decodeXml, findAll, optionalTree, readXmlTree, requiredPart, type XmlElement } from '../xml.ts';
import { Archive } from '../zip.ts';
import { type OdfEvent, type OdfParagraph, readOdf } from './odf-reader.ts';

interface Parts {
  readonly content: string;
  readonly meta: XmlElement | null;
}

async function openParts(bytes: Uint8Array): Promise<Parts> {
  if (!startsWith(bytes.subarray(0, 4), 'PK\x03\x04')) {
    // A "flat" document is one XML file with everything in it.
    const content = decodeXml(bytes);
    if (!/<office:document\b/.test(content.slice(0, 20_000))) {
      throw new ExtractProblem('corrupt', 'It is no OpenDocument file.');
    }
    const meta = /<office:meta>[\s\S]*?<\/office:meta>/.exec(content)?.[0];
    const namespaces = /<office:document\b[^>]*>/.exec(content)?.[0] ?? '';
    return { content, meta: meta === undefined ? null : readXmlTree(`${namespaces}${meta}`) };
  }
  const archive = await Archive.open(bytes);
  const manifest = await optionalTree(archive, 'META-INF/manifest.xml');
  if (manifest !== null && findAll(manifest, 'manifest:encryption-data').length > 0) {
    throw new ExtractProblem('encrypted', 'It is protected by a password.');
  }
  return {
    content: await requiredPart(archive, 'content.xml'),
    meta: await optionalTree(archive, 'meta.xml').catch(() => null),
  };
}

const METADATA: Readonly<Record<string, string>> = {
  'meta:initial-creator': 'author',
  'dc:creator': 'author',
  'dc:subject': 'subject',
  'dc:description': 'description',
  'dc:language': 'language',
  'meta:keyword': 'keywords',
  'meta:creation-date': 'created',
  'dc:date': 'modified',
};

function readMetadata(builder: DocumentBuilder, meta: XmlElement | null): string | undefined {
  let title: string | undefined;
  for (const element of meta === null ? [] : (findAll(meta, 'office:meta')[0]?.children ?? [])) {
    const key = METADATA[element.name];
    const value = element.text.trim().slice(0, 1000);
    if (element.name === 'dc:title') title = value;
    if (key === undefined || value === '') continue;
    const before = builder.metadata[key];
    if (before === undefined) builder.metadata[key] = value;
    else if (key === 'keywords') builder.metadata[key] = `${before}, ${value}`;
    // dc:creator is who saved it last.
    else if (element.name === 'meta:initial-creator') builder.metadata[key] = value;
  }
  return usableTitle(title);
}

/** Names of styles whose paragraphs are titles: "Title" and the automatic styles that derive from it. */
function titleStyles(content: string): ReadonlySet<string> {
  const names = new Set(['Title']);
  for (const match of content.slice(0, 2_000_000).matchAll(/<style:style\b[^>]*>/g)) {
    const name = /style:name="([^"]*)"/.exec(match[0])?.[1];
    const parent = /style:parent-style-name="([^"]*)"/.exec(match[0])?.[1];
    if (name !== undefined && parent !== undefined && names.has(parent)) names.add(name);
  }
  return names;
}

/** Writes a text document; paragraphs with text count from 1, cells of a table row join into one block. */
class TextWriter {
  readonly #builder: DocumentBuilder;
  readonly #titles: ReadonlySet<string>;
  #number = 0;
  #row = 0;
  #column = -1;
  readonly #waiting: { notes: readonly string[]; place: Place }[] = [];

  constructor(builder: DocumentBuilder, titles: ReadonlySet<string>) {
    this.#builder = builder;
    this.#titles = titles;
  }

  write(paragraph: OdfParagraph): void {
    const builder = this.#builder;
    this.#number += 1;
    const place: Place = { kind: 'paragraph', paragraph: this.#number };
    const { cell, text } = paragraph;
    if (cell !== null) {
      if (cell.row !== this.#row) {
        this.finish();
        builder.begin('row');
        this.#row = cell.row;
      } else builder.append(cell.column === this.#column ? '\n' : ' | ');
      this.#column = cell.column;
      builder.append(text, { place });
      this.#waiting.push({ notes: paragraph.notes, place });
      return;
    }
    this.finish();
    if (paragraph.level > 0) builder.heading(paragraph.level, text, { place });
    else if (this.#titles.has(paragraph.style)) {
      builder.begin('heading', 1);
      builder.append(text, { place });
      builder.end();
    } else builder.block(paragraph.list ? 'list-item' : 'paragraph', text, { place });
    for (const note of paragraph.notes) builder.block('paragraph', note, { place });
  }

  finish(): void {
    this.#row = 0;
    this.#builder.end();
    for (const { notes, place } of this.#waiting.splice(0)) {
      for (const note of notes) this.#builder.block('paragraph', note, { place });
    }
  }
}

function extractText(builder: DocumentBuilder, content: string): string | undefined {
  const titles = titleStyles(content);
  const paragraphs: OdfParagraph[] = [];
  readOdf(content, false, (event) => {
    if (event.type === 'paragraph' && event.paragraph.text.trim() !== '') paragraphs.push(event.paragraph);
  });
  const styled = paragraphs.find((entry) => entry.cell === null && titles.has(entry.style));
  builder.title = styled?.text ?? builder.title ?? soleHeading(paragraphs);
  const writer = new TextWriter(builder, titles);
  for (const paragraph of paragraphs) writer.write(paragraph);
  writer.finish();
  return builder.title;
}

function extractSlides(builder: DocumentBuilder, content: string): string | undefined {
  let slide = 0;
  let first: string | undefined;
  let pending: OdfParagraph[] = [];
  const flush = () => {
    if (slide === 0) return;
    const at = (part: 'body' | 'notes'): Place => ({ kind: 'slide', slide, part });
    const title = pending.filter((entry) => entry.placeholder === 'title' && !entry.inNotes);
    const heading = title
      .map((entry) => entry.text)
      .join(' ')
      .trim();
    if (heading !== '') first ??= heading;
    builder.setHeadings([]);
    builder.heading(1, heading, { place: at('body') });
    let row = 0;
    for (const entry of pending) {
      if (title.includes(entry) || entry.text.trim() === '') continue;
      const place = at(entry.inNotes ? 'notes' : 'body');
      if (entry.cell !== null && entry.cell.row === row) builder.append(` | ${entry.text}`, { place });
      else {
        builder.begin(entry.cell !== null ? 'row' : entry.list ? 'list-item' : 'paragraph');
        builder.append(entry.text, { place });
      }
      row = entry.cell?.row ?? 0;
    }
    builder.end();
    pending = [];
  };
  readOdf(content, false, (event) => {
    if (event.type === 'slide') {
      flush();
      slide += 1;
    } else if (event.type === 'paragraph') pending.push(event.paragraph);
  });
  flush();
  return builder.title ?? first;
}

/** Rows of one sheet and the remarks on its cells. */
interface Sheet {
  readonly name: string;
  readonly rows: Row[];
  readonly remarks: { text: string; place: Place }[];
}

function addRow(sheet: Sheet, event: Extract<OdfEvent, { type: 'row' }>): void {
  for (let i = 0; i < event.repeated; i += 1) {
    const number = event.number + i;
    const cells = event.cells.map((cell) => {
      const name = `${columnName(cell.column)}${number}`;
      const place: Place = { kind: 'sheet', sheet: sheet.name, cell: name };
      if (cell.remark !== '') sheet.remarks.push({ text: cell.remark, place });
      return { column: cell.column, text: cell.text, isLabel: cell.type === 'string', place };
    });
    const filled = cells.filter((cell) => cell.text !== '');
    if (filled.length > 0) sheet.rows.push({ number, cells: filled });
  }
}

function extractSheets(builder: DocumentBuilder, content: string): string | undefined {
  const sheets: Sheet[] = [];
  readOdf(content, true, (event) => {
    if (event.type === 'sheet') sheets.push({ name: event.name, rows: [], remarks: [] });
    const sheet = sheets.at(-1);
    if (event.type === 'row' && sheet !== undefined) addRow(sheet, event);
  });
  for (const { name, rows, remarks } of sheets) {
    if (rows.length === 0) continue;
    builder.setHeadings([]);
    builder.heading(1, name, { place: { kind: 'sheet', sheet: name } });
    writeTable(builder, rows, { header: 'guess' });
    for (const { text, place } of remarks) builder.block('caption', text, { place });
  }
  return builder.title;
}

const WRITERS = { document: extractText, slides: extractSlides, sheet: extractSheets } as const;

/** OpenDocument text, presentations and spreadsheets, zipped or flat. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const { content, meta } = await openParts(input.bytes);
    const family = /<office:spreadsheet\b/.test(content)
      ? 'sheet'
      : /<office:(presentation|drawing)\b/.test(content)
        ? 'slides'
        : 'document';
    const builder = new DocumentBuilder(input.format, family);
    builder.title = readMetadata(builder, meta);
    builder.title = WRITERS[family](builder, content);
    return builder.build();
  },
};
