import type { Place } from '../../contract/document.ts';
import { type Cell, columnName, type KnownTable, parseCell, type Row } from '../tables.ts';
import { type Attributes, readXml, type XmlElement, type XmlHandler } from '../xml.ts';
import { type NumberFormat, showNumber } from './xlsx-cells.ts';

export interface Workbook {
  readonly strings: readonly string[];
  readonly formats: readonly NumberFormat[];
  readonly date1904: boolean;
}

const BOOLEANS: Readonly<Record<string, string>> = { '0': 'FALSE', '1': 'TRUE' };

/** Reads a worksheet (ISO/IEC 29500-1 §18.3) row by row, as displayed. */
class SheetReader implements XmlHandler {
  readonly rows: Row[] = [];
  readonly #book: Workbook;
  readonly #sheet: string;
  #rowNumber = 0;
  #column = -1;
  #cells: Cell[] = [];
  #type = '';
  #style = 0;
  #value = '';
  #formula = '';
  #inline: string[] = [];
  #reading: 'value' | 'formula' | 'inline' | null = null;
  #phonetic = 0;

  constructor(book: Workbook, sheet: string) {
    this.#book = book;
    this.#sheet = sheet;
  }

  open(name: string, attributes: Attributes): void {
    if (name === 's:row') {
      const number = Number(attributes.r);
      this.#rowNumber = Number.isSafeInteger(number) && number > 0 ? number : this.#rowNumber + 1;
      this.#column = -1;
      this.#cells = [];
    } else if (name === 's:c') {
      this.#column = parseCell(attributes.r ?? '')?.column ?? this.#column + 1;
      this.#type = attributes.t ?? 'n';
      this.#style = Number(attributes.s ?? 0);
      this.#value = '';
      this.#formula = '';
      this.#inline = [];
    } else if (name === 's:v') this.#reading = 'value';
    else if (name === 's:f') this.#reading = 'formula';
    else if (name === 's:rPh') this.#phonetic += 1;
    else if (name === 's:t' && this.#phonetic === 0) this.#reading = 'inline';
  }

  text(data: string): void {
    if (this.#reading === 'value') this.#value += data;
    else if (this.#reading === 'formula') this.#formula += data;
    else if (this.#reading === 'inline') this.#inline.push(data);
  }

  close(name: string): void {
    if (name === 's:v' || name === 's:f' || name === 's:t') this.#reading = null;
    else if (name === 's:rPh') this.#phonetic -= 1;
    else if (name === 's:c') this.#closeCell();
    else if (name === 's:row' && this.#cells.length > 0) {
      this.#cells.sort((a, b) => a.column - b.column);
      this.rows.push({ number: this.#rowNumber, cells: this.#cells });
      this.#cells = [];
    }
  }

  #closeCell(): void {
    const text = this.#shown().trim();
    if (text === '') return;
    const cell = `${columnName(this.#column)}${this.#rowNumber}`;
    const place: Place = { kind: 'sheet', sheet: this.#sheet, cell };
    this.#cells.push({ column: this.#column, text, isLabel: this.#isLabel(), place });
  }

  #isLabel(): boolean {
    return ['s', 'str', 'inlineStr'].includes(this.#type) && this.#formula === '';
  }

  #shown(): string {
    const value = this.#value;
    switch (this.#type) {
      case 's':
        return this.#book.strings[Number(value)] ?? '';
      case 'inlineStr':
        return this.#inline.join('');
      case 'b':
        return BOOLEANS[value] ?? value;
      case 'str':
      case 'e':
        return value;
      case 'd':
        return value.replace('T00:00:00', '');
    }
    // A program that does not calculate leaves a formula without its value.
    if (value === '') return this.#formula === '' ? '' : `=${this.#formula}`;
    const number = Number(value);
    if (!Number.isFinite(number)) return value;
    return showNumber(number, this.#book.formats[this.#style], this.#book.date1904);
  }
}

export function readSheet(xml: string, book: Workbook, sheet: string): readonly Row[] {
  const reader = new SheetReader(book, sheet);
  readXml(xml, reader);
  reader.rows.sort((a, b) => a.number - b.number);
  return reader.rows;
}

/** Extent of an Excel table (ISO/IEC 29500-1 §18.5), or null. */
export function readTable(tree: XmlElement): KnownTable | null {
  const table = tree.children.find((element) => element.name === 's:table');
  const [from, to] = (table?.attributes.ref ?? '').split(':').map(parseCell);
  if (from === undefined || from === null) return null;
  const last = to ?? from;
  return {
    firstRow: from.row,
    lastRow: last.row,
    firstColumn: from.column,
    lastColumn: last.column,
    hasHeader: table?.attributes.headerRowCount !== '0',
  };
}
