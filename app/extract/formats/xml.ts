import type { Block, ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type DataNode, DataWriter } from '../data-tree.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { LineIndex, linePlace } from '../lines.ts';
import { elementsOf, hasOwnText, readXmlDocument, textsOf, type XmlNode, type XmlText } from './xml-tree.ts';

/** What is longer is cut: the tree takes some hundred bytes of memory per element. */
const MAX_CHARS = 20_000_000;
const MAX_DEPTH = 200;
/** Elements of data that lie deeper give their text to the one above. */
const MAX_DATA_DEPTH = 30;
/** Elements of mixed content that make a document of prose rather than data. */
const PROSE_ELEMENTS = 3;
const PROSE_ROOT =
  /^(article|book|chapter|section|refentry|part|set|topic|concept|task|reference|TEI|svg|page|help|manual|FictionBook)$/i;
const TITLE = /^(title|head|heading|h[1-6])$/i;
const VERBATIM = /^(programlisting|screen|codeblock|pre|code|literallayout|synopsis)$/i;
const ITEM = /^(li|listitem|item|member|step|varlistentry)$/i;
const ROW = /^(row|tr)$/i;
/** Attributes that are no words. */
const DULL = /^(xmlns|xsi|xml|style|class|id|d|points|transform|viewbox|width|height|x|y)\b/i;

function tidy(texts: readonly XmlText[]): string {
  return texts
    .map((entry) => entry.text)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Feeds carry HTML as escaped text; its tags are no words. */
function withoutMarkup(text: string): string {
  if (!/<\/?[a-z][^<>]*>/i.test(text)) return text;
  return text
    .replace(/<[^<>]*>/g, ' ')
    .replace(/&nbsp;/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function countMixed(root: XmlNode): number {
  let count = 0;
  const pending = [root];
  while (pending.length > 0 && count < PROSE_ELEMENTS) {
    const node = pending.pop();
    if (node === undefined) break;
    const children = elementsOf(node);
    if (children.length > 0 && hasOwnText(node)) count += 1;
    pending.push(...(children.length > 50_000 ? children.slice(0, 50_000) : children));
  }
  return count;
}

/** Writes prose: titles as headings, elements with text of their own as blocks. */
class ProseWriter {
  readonly #builder: DocumentBuilder;
  readonly #lines: LineIndex;

  constructor(builder: DocumentBuilder, lines: LineIndex) {
    this.#builder = builder;
    this.#lines = lines;
  }

  write(node: XmlNode, level: number, kind: Block['kind'], depth: number): void {
    if (depth > MAX_DEPTH || hasOwnText(node)) {
      this.#block(VERBATIM.test(node.name) ? 'code' : kind, textsOf(node), VERBATIM.test(node.name));
      return;
    }
    if (ROW.test(node.name)) {
      this.#row(node);
      return;
    }
    const elements = elementsOf(node);
    const hasTitle = elements.some((child) => TITLE.test(child.name));
    for (const child of elements) {
      if (TITLE.test(child.name)) this.#heading(level, child);
      else {
        const inner = ITEM.test(child.name) ? 'list-item' : kind;
        this.write(child, hasTitle ? level + 1 : level, inner, depth + 1);
      }
    }
  }

  #heading(level: number, node: XmlNode): void {
    const texts = textsOf(node);
    const text = tidy(texts);
    if (text === '') return;
    this.#builder.title ??= text;
    this.#builder.heading(Math.max(1, level), text, {
      place: linePlace(this.#lines, texts[0]?.at ?? node.at, node.at),
    });
  }

  #block(kind: Block['kind'], texts: readonly XmlText[], verbatim: boolean): void {
    if (texts.every((entry) => entry.text.trim() === '')) return;
    this.#builder.begin(kind);
    let spaced = true;
    for (const entry of texts) {
      if (verbatim) {
        this.#piece(entry.text, entry.at, entry.exact);
        continue;
      }
      for (const word of entry.text.matchAll(/\s+|\S+(?: \S+)*/g)) {
        if (word[0].trim() === '') {
          if (!spaced) this.#builder.append(' ');
          spaced = true;
        } else {
          this.#piece(word[0], entry.at + word.index, entry.exact);
          spaced = false;
        }
      }
    }
    this.#builder.end();
  }

  #piece(text: string, at: number, exact: boolean): void {
    const place = linePlace(this.#lines, at, at);
    this.#builder.append(text, exact ? { place, sourceStart: at } : { place });
  }

  #row(node: XmlNode): void {
    const cells = elementsOf(node).map((cell) => ({ text: tidy(textsOf(cell)), at: cell.at }));
    if (cells.every((cell) => cell.text === '')) return;
    this.#builder.begin('row');
    cells.forEach((cell, index) => {
      if (index > 0) this.#builder.append(' | ');
      this.#builder.append(cell.text, { place: linePlace(this.#lines, cell.at, cell.at) });
    });
    this.#builder.end();
  }
}

/** An element as data: its attributes and elements as keys, elements of one name in a row as a list. */
function dataOf(node: XmlNode, key: string, isItem: boolean, depth: number): DataNode {
  const attributes: DataNode[] = [];
  for (const [name, value] of Object.entries(node.attributes)) {
    if (DULL.test(name) || !/\p{L}/u.test(value) || value.length > 2000) continue;
    attributes.push({ key: name, isItem: false, at: node.at, text: value });
  }
  const elements = depth > MAX_DATA_DEPTH ? [] : elementsOf(node);
  if (elements.length === 0 || hasOwnText(node)) {
    const texts = textsOf(node);
    const text = withoutMarkup(tidy(texts));
    const leaf: DataNode = { key, isItem, at: texts[0]?.at ?? node.at, text };
    if (attributes.length === 0) return leaf;
    const own: DataNode[] = text === '' ? [] : [{ ...leaf, key: 'text', isItem: false }];
    return { key, isItem, at: node.at, children: [...attributes, ...own] };
  }
  const children: DataNode[] = [...attributes];
  for (let i = 0; i < elements.length; ) {
    const first = elements[i] as XmlNode;
    let end = i + 1;
    while (elements[end]?.name === first.name) end += 1;
    if (end === i + 1) children.push(dataOf(first, first.name, false, depth + 1));
    else {
      const items = elements
        .slice(i, end)
        .map((child, index) => dataOf(child, String(index), true, depth + 1));
      children.push({ key: first.name, isItem: false, at: first.at, children: items });
    }
    i = end;
  }
  return { key, isItem, at: node.at, children };
}

/**
 * XML: DocBook and its like as prose under their titles, other XML as entries of "name: text" under the path of its
 * elements.
 */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const declared = /^\s*<\?xml[^>]*\bencoding\s*=\s*["']([\w:.-]+)["']/i.exec(
      Buffer.from(input.bytes.subarray(0, 400)).toString('latin1'),
    )?.[1];
    const decoded = decodeText(input.bytes, {
      declared,
      maxChars: Math.min(MAX_CHARS, input.limits.textChars),
    });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    const lines = new LineIndex(decoded.text);
    const root = elementsOf(readXmlDocument(decoded.text))[0];
    if (root === undefined) throw new ExtractProblem('corrupt', 'It has no XML element.');
    if (PROSE_ROOT.test(root.name) || countMixed(root) >= PROSE_ELEMENTS) {
      new ProseWriter(builder, lines).write(root, 1, 'paragraph', 0);
    } else new DataWriter(builder, lines, true).write(dataOf(root, root.name, false, 0));
    if (builder.title === undefined) {
      const title = elementsOf(root).find((child) => TITLE.test(child.name));
      if (title !== undefined) builder.title = tidy(textsOf(title)).slice(0, 300);
    }
    return builder.build();
  },
};
