import type { PDFPageProxy } from 'pdfjs-dist';
import { PDF_TEXT_OPTIONS } from '../../contract/pdf.ts';

/** A stretch of one text item as it goes into the text. */
export interface PdfRun {
  readonly item: number;
  /** UTF-16 offset in the item's `str`. */
  readonly itemStart: number;
  text: string;
  /** Whether a space of the source stands before it. */
  readonly spaced: boolean;
}

/** One line of a page. Lengths are in PDF points; x grows to the right, y upwards, along the line's own direction. */
export interface PdfLine {
  readonly page: number;
  readonly runs: PdfRun[];
  /** The runs' text with single spaces between spaced runs. */
  text: string;
  x: number;
  right: number;
  readonly y: number;
  /** Font size of most of its characters, rounded to half a point. */
  size: number;
  /** pdf.js's name for the font of most of its characters, the same all over the document. */
  font: string;
  monospace: boolean;
  /** Whether dots led from one part to another, as in a table of contents. */
  leaders: boolean;
  /** Quarter turns from upright. */
  readonly turn: number;
  /** Name of the font when the whole line is set in one. */
  soleFont: string | null;
  /** Where text begins again after a gap, and the gap's width as a share of the font size: columns of a table. */
  readonly stops: { readonly x: number; readonly gap: number }[];
}

export interface PdfPage {
  readonly page: number;
  readonly lines: PdfLine[];
  readonly top: number;
  readonly bottom: number;
}

interface TextItem {
  readonly str: string;
  readonly dir: string;
  readonly width: number;
  readonly height: number;
  readonly transform: readonly number[];
  readonly fontName: string;
  readonly hasEOL: boolean;
}

function isTextItem(item: object): item is TextItem {
  return 'str' in item && 'transform' in item;
}

/** Gap between two items, as a share of the font size, from which on there is a space between them. */
const WORD_GAP = 0.18;
/** The same for what may be a column of a table. */
const STOP_GAP = 0.4;
const MARKER = /^(?:[^\p{L}\p{N}]|\(?[\p{L}\p{N}]{1,4}[.)])$/u;
/** Shift of the baseline, as a share of the font size, that a sub- or superscript stays within. */
const SAME_LINE = 0.6;
/** White space, rows of dots that lead the eye to a page number, and the controls and noncharacters of broken fonts. */
const LEFT_OUT = /(?:\s?\.){5,}\s?|[\p{Cc}\p{Cn}\ufffe\uffff]+|\s+/gu;

interface Position {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly turn: number;
}

function positionOf(item: TextItem): Position {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = item.transform;
  const size = Math.hypot(c, d) || Math.hypot(a, b) || item.height;
  const turn = (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4;
  const [x, y] = turn === 0 ? [e, f] : turn === 1 ? [f, -e] : turn === 2 ? [-e, -f] : [-f, e];
  return { x, y, size, turn };
}

/** Builds lines from a page's items in their order; columns come as the file has them. */
class LineMaker {
  readonly #page: number;
  readonly #monospace: (font: string) => boolean;
  readonly lines: PdfLine[] = [];
  #line: PdfLine | null = null;
  #end = 0;
  #space = false;
  #last: { str: string; x: number; y: number } | null = null;
  readonly #sizes = new Map<number, number>();
  readonly #fonts = new Map<string, number>();

  constructor(page: number, monospace: (font: string) => boolean) {
    this.#page = page;
    this.#monospace = monospace;
  }

  add(item: TextItem, index: number): void {
    if (item.str.trim() !== '') this.#text(item, index);
    else if (item.str !== '') this.#space = true;
    if (item.hasEOL) this.finish();
  }

  finish(): void {
    const line = this.#line;
    this.#line = null;
    this.#space = false;
    if (line === null || line.runs.length === 0) {
      this.#sizes.clear();
      this.#fonts.clear();
      return;
    }
    line.text = line.runs.map((run) => (run.spaced ? ` ${run.text}` : run.text)).join('');
    line.size = mostFrequent(this.#sizes) ?? line.size;
    line.font = mostFrequent(this.#fonts) ?? line.font;
    line.soleFont = this.#fonts.size === 1 ? line.font : null;
    line.monospace = [...this.#fonts.keys()].every(this.#monospace);
    this.#sizes.clear();
    this.#fonts.clear();
    this.lines.push(line);
  }

  #text(item: TextItem, index: number): void {
    const { x, y, size, turn } = positionOf(item);
    const current = this.#line;
    if (this.#isShadow(item.str, x, y, size)) return;
    if (
      current !== null &&
      (current.turn !== turn || Math.abs(current.y - y) > SAME_LINE * Math.max(size, current.size))
    )
      this.finish();
    const continued = this.#line !== null;
    const rounded = Math.round(size * 2) / 2;
    this.#line ??= {
      page: this.#page,
      runs: [],
      text: '',
      x,
      right: x,
      y,
      size: rounded,
      font: item.fontName,
      monospace: false,
      turn,
      soleFont: null,
      leaders: false,
      stops: [],
    };
    const gap = (x - this.#end) / size;
    const afterMarker = this.#line.runs.length === 1 && MARKER.test(this.#line.runs[0]?.text ?? '');
    if (continued && gap > STOP_GAP && !afterMarker) this.#line.stops.push({ x, gap });
    if (continued && (x - this.#end > WORD_GAP * size || x < this.#end - size)) this.#space = true;
    this.#runs(this.#line, item.str, index);
    this.#line.x = Math.min(this.#line.x, x);
    this.#end = x + item.width;
    this.#line.right = Math.max(this.#line.right, this.#end);
    const weight = item.str.trim().length;
    this.#sizes.set(rounded, (this.#sizes.get(rounded) ?? 0) + weight);
    this.#fonts.set(item.fontName, (this.#fonts.get(item.fontName) ?? 0) + weight);
  }

  /** Whether the text was just drawn at nearly the same spot, as is done for shadows and makeshift bold. */
  #isShadow(str: string, x: number, y: number, size: number): boolean {
    const last = this.#last;
    this.#last = { str, x, y };
    return (
      last !== null &&
      last.str === str &&
      Math.abs(last.x - x) < size * 0.2 &&
      Math.abs(last.y - y) < size * 0.2
    );
  }

  /** Splits an item where white space is wider than one space or characters can't be shown. */
  #runs(line: PdfLine, str: string, item: number): void {
    let from = 0;
    const push = (to: number) => {
      if (to > from) {
        line.runs.push({
          item,
          itemStart: from,
          text: str.slice(from, to),
          spaced: this.#space && line.runs.length > 0,
        });
        this.#space = false;
      }
    };
    for (const gap of str.matchAll(LEFT_OUT)) {
      const inside = gap.index > from && gap.index + gap[0].length < str.length;
      if (gap[0] === ' ' && inside) continue;
      push(gap.index);
      from = gap.index + gap[0].length;
      if (/[\s.]/.test(gap[0])) this.#space = true;
      if (gap[0].includes('.')) line.leaders = true;
    }
    push(str.length);
  }
}

function mostFrequent<K>(counts: ReadonlyMap<K, number>): K | undefined {
  let best: K | undefined;
  let most = -1;
  for (const [key, count] of counts) {
    if (count > most) {
      best = key;
      most = count;
    }
  }
  return best;
}

/** Reads one page's text as lines. @throws whatever pdf.js throws for a damaged page */
export async function readPage(page: PDFPageProxy, number: number): Promise<PdfPage> {
  const content = await page.getTextContent(PDF_TEXT_OPTIONS);
  const maker = new LineMaker(number, (font) => content.styles[font]?.fontFamily === 'monospace');
  for (const [index, item] of content.items.entries()) if (isTextItem(item)) maker.add(item, index);
  maker.finish();
  const [, bottom = 0, , top = 0] = page.view;
  return { page: number, lines: maker.lines, top, bottom };
}
