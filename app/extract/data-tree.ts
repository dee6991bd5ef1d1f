import type { DocumentBuilder } from './builder.ts';
import type { LineIndex } from './lines.ts';

/** A value of structured data: a leaf with text, or a holder of others. */
export interface DataNode {
  /** Key in its holder, or the number of an item as text. */
  readonly key: string;
  /** Whether it is an item of a list, whose key says nothing. */
  readonly isItem: boolean;
  /** UTF-16 offset in the source. */
  readonly at: number;
  /** Text of a leaf. */
  readonly text?: string;
  /** Whether the source has the leaf's text letter for letter at `at`. */
  readonly exact?: boolean;
  readonly children?: readonly DataNode[];
}

/** Holders with no more text than this are one entry, in UTF-16 units. */
const ENTRY_CHARS = 700;
/** Text longer than this is a block of its own. */
const LONG_TEXT = 500;
/** Items of a list of numbers that are kept. */
const MAX_NUMBERS = 40;
const MAX_DEPTH = 60;

/** Whether the text is encoded bytes or a hash rather than something to read. */
function isOpaque(text: string): boolean {
  return text.length > 120 && !/\s/.test(text.slice(0, 500)) && !/^https?:/.test(text);
}

function isNumber(node: DataNode): boolean {
  return node.text !== undefined && /^[-+\d.eE]+$/.test(node.text);
}

/** Whether it is a list of plain values. */
function isFlatList(node: DataNode): boolean {
  const items = node.children ?? [];
  return items.length > 0 && items.every((child) => child.isItem && child.children === undefined);
}

/** Whether it is a list of records, each of which is an entry however short it is. */
function isRecords(node: DataNode): boolean {
  const items = node.children ?? [];
  return items.length > 1 && items.every((child) => child.isItem && child.children !== undefined);
}

/** Writes structured data as entries of "key: value" lines under the path of keys above them. */
export class DataWriter {
  readonly #builder: DocumentBuilder;
  readonly #lines: LineIndex;
  readonly #placeAsKey: boolean;
  readonly #sizes = new Map<DataNode, number>();
  /** Keys down to the node being written, as in "users[3].name". */
  readonly #path: string[] = [];

  /** @param placeAsKey whether places name the key path (or the line alone, for records one to a line) */
  constructor(builder: DocumentBuilder, lines: LineIndex, placeAsKey: boolean) {
    this.#builder = builder;
    this.#lines = lines;
    this.#placeAsKey = placeAsKey;
  }

  /** Writes the data under the given headings; each call makes blocks of its own. */
  write(node: DataNode, headings: readonly string[] = []): void {
    this.#node(node, headings, 0);
  }

  #node(node: DataNode, headings: readonly string[], depth: number): void {
    if (node.children === undefined) {
      this.#entry(node, headings);
      return;
    }
    const hasRecords = isRecords(node) || node.children.some(isRecords);
    if ((this.#size(node, 0) <= ENTRY_CHARS && !hasRecords) || depth > MAX_DEPTH) {
      this.#entry(node, headings);
      return;
    }
    if (isFlatList(node) && node.children.every(isNumber)) {
      this.#entry(node, headings);
      return;
    }
    let open = false;
    for (const child of node.children) {
      const isShortList =
        isFlatList(child) && ((child.children ?? []).every(isNumber) || this.#size(child, 0) <= ENTRY_CHARS);
      if (isShortList) {
        if (!open) {
          this.#builder.setHeadings(headings);
          this.#builder.begin('entry');
          open = true;
        }
        this.#descend(child, () => this.#list(child.children ?? [], child.isItem ? '' : child.key));
        continue;
      }
      const isSmallLeaf = child.children === undefined && (child.text?.length ?? 0) <= LONG_TEXT;
      if (isSmallLeaf) {
        if (!open) {
          this.#builder.setHeadings(headings);
          this.#builder.begin('entry');
          open = true;
        }
        this.#leaf(child, child.isItem ? '' : child.key);
        continue;
      }
      this.#builder.end();
      open = false;
      const path = child.isItem ? headings : [...headings, child.key];
      this.#descend(child, () => this.#node(child, path, depth + 1));
    }
    this.#builder.end();
  }

  #descend(child: DataNode, write: () => void): void {
    const before = this.#path.length;
    this.#path.push(child.isItem ? `[${child.key}]` : `${before === 0 ? '' : '.'}${child.key}`);
    write();
    this.#path.length = before;
  }

  /** One block of everything in the node. */
  #entry(node: DataNode, headings: readonly string[]): void {
    this.#builder.setHeadings(headings);
    this.#builder.begin('entry');
    if (node.children === undefined) this.#value(node, '');
    else this.#fields(node, '', 0);
    this.#builder.end();
  }

  #fields(node: DataNode, prefix: string, depth: number): void {
    const children = node.children ?? [];
    if (isFlatList(node)) {
      this.#list(children, prefix);
      return;
    }
    for (const child of children) {
      const label = child.isItem ? prefix : prefix === '' ? child.key : `${prefix}.${child.key}`;
      if (child.children === undefined) this.#leaf(child, label);
      else if (depth < MAX_DEPTH) this.#descend(child, () => this.#fields(child, label, depth + 1));
    }
  }

  /** Items of a flat list in one line. */
  #list(items: readonly DataNode[], label: string): void {
    const kept = items.every(isNumber) ? items.slice(0, MAX_NUMBERS) : items;
    let first = true;
    for (const item of kept) {
      if ((item.text ?? '') === '' || isOpaque(item.text ?? '')) continue;
      const lead = first ? (label === '' ? '' : `${label}: `) : ', ';
      this.#descend(item, () => this.#value(item, lead));
      first = false;
    }
    if (!first) this.#builder.append(kept.length < items.length ? ', …\n' : '\n');
  }

  #leaf(leaf: DataNode, label: string): void {
    const text = leaf.text ?? '';
    if (text.trim() === '' || isOpaque(text)) return;
    this.#descend(leaf, () => this.#value(leaf, label === '' ? '' : `${label}: `));
    this.#builder.append('\n');
  }

  /** A label and a value with their place; line breaks inside the value lie on the source's one line. */
  #value(leaf: DataNode, lead: string): void {
    const line = this.#lines.lineAt(leaf.at);
    const key = this.#path.join('').replace(/^\./, '');
    const place =
      this.#placeAsKey && key !== ''
        ? ({ kind: 'key', key, line } as const)
        : ({ kind: 'line', line } as const);
    const text = leaf.text ?? '';
    this.#builder.append(lead, { place });
    if (leaf.exact === true) {
      this.#builder.append(text, { place, sourceStart: leaf.at });
      return;
    }
    text.split(/\r\n?|\n/).forEach((part, index) => {
      if (index > 0) this.#builder.append('\n');
      this.#builder.append(part, { place });
    });
  }

  #size(node: DataNode, depth: number): number {
    if (node.children === undefined) return node.key.length + (node.text?.length ?? 0) + 3;
    const known = this.#sizes.get(node);
    if (known !== undefined) return known;
    let size = node.key.length;
    for (const child of depth > MAX_DEPTH ? [] : node.children) {
      size += this.#size(child, depth + 1);
      if (size > ENTRY_CHARS) break;
    }
    this.#sizes.set(node, size);
    return size;
  }
}
