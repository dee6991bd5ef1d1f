import { type Attributes, readXml, type XmlHandler } from '../xml.ts';

export interface SlideParagraph {
  readonly kind: 'title' | 'text' | 'list' | 'row';
  readonly text: string;
}

/** Placeholders that hold what the design repeats on every slide (ISO/IEC 29500-1 §19.7.10). */
const DECORATION = new Set(['dt', 'ftr', 'hdr', 'sldNum', 'sldImg']);

/** Reads a slide or its notes shape by shape, in drawing order, the title first. */
class SlideReader implements XmlHandler {
  readonly titles: SlideParagraph[] = [];
  readonly body: SlideParagraph[] = [];
  #placeholder: string | null = null;
  #skipping = 0;
  #pieces: string[] | null = null;
  #inText = false;
  #indented = false;
  #cells: string[] | null = null;
  #cell: string[] | null = null;

  open(name: string, attributes: Attributes): void {
    if (this.#skipping > 0 || name === 'mc:Fallback') {
      this.#skipping += 1;
      return;
    }
    if (name === 'p:sp' || name === 'p:graphicFrame') this.#placeholder = null;
    else if (name === 'p:ph') this.#placeholder = attributes.type ?? 'body';
    else if (name === 'a:tr') this.#cells = [];
    else if (name === 'a:tc') this.#cell = [];
    else if (name === 'a:p') {
      this.#pieces = [];
      this.#indented = this.#placeholder === 'body' || this.#placeholder === 'obj';
    } else if (name === 'a:t' || name === 'm:t') this.#inText = true;
    else if (name === 'a:br') this.#pieces?.push('\n');
    else if (name === 'a:buNone') this.#indented = false;
    else if (name === 'a:buChar' || name === 'a:buAutoNum') this.#indented = true;
  }

  text(data: string): void {
    if (this.#skipping === 0 && this.#inText) this.#pieces?.push(data);
  }

  close(name: string): void {
    if (this.#skipping > 0) {
      this.#skipping -= 1;
      return;
    }
    if (name === 'a:t' || name === 'm:t') this.#inText = false;
    else if (name === 'a:p') this.#closeParagraph();
    else if (name === 'a:tc') {
      this.#cells?.push((this.#cell ?? []).join(' '));
      this.#cell = null;
    } else if (name === 'a:tr') {
      const cells = (this.#cells ?? []).filter((cell) => cell !== '');
      if (cells.length > 0) this.body.push({ kind: 'row', text: cells.join(' | ') });
      this.#cells = null;
    }
  }

  #closeParagraph(): void {
    const text = (this.#pieces ?? []).join('').trim();
    this.#pieces = null;
    if (text === '' || DECORATION.has(this.#placeholder ?? '')) return;
    if (this.#cell !== null) this.#cell.push(text);
    else if (this.#placeholder === 'title' || this.#placeholder === 'ctrTitle') {
      this.titles.push({ kind: 'title', text });
    } else this.body.push({ kind: this.#indented ? 'list' : 'text', text });
  }
}

/** Paragraphs of a slide part: the title's first, then the others in drawing order. */
export function readSlide(xml: string): readonly SlideParagraph[] {
  const reader = new SlideReader();
  readXml(xml, reader);
  return [...reader.titles, ...reader.body];
}

/** Text of a chart: its titles, series and category names; of SmartArt: its nodes' text. */
export function readGraphic(xml: string): readonly string[] {
  const lines: string[] = [];
  const stack: string[] = [];
  let pieces: string[] | null = null;
  readXml(xml, {
    open(name) {
      stack.push(name);
      if (name === 'a:p' || (name === 'c:v' && !stack.includes('c:val') && !stack.includes('c:numCache'))) {
        pieces = [];
      }
    },
    text(data) {
      const top = stack.at(-1);
      if (top === 'a:t' || top === 'c:v') pieces?.push(data);
    },
    close(name) {
      stack.pop();
      if (name !== 'a:p' && name !== 'c:v') return;
      const text = pieces?.join('').trim() ?? '';
      if (text !== '' && !lines.includes(text)) lines.push(text);
      pieces = null;
    },
  });
  return lines;
}
