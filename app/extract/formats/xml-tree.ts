import { Parser } from 'htmlparser2';

/** An element of an XML document with its text where it stands. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** UTF-16 offset of the tag in the source. */
  readonly at: number;
  readonly children: (XmlNode | XmlText)[];
}

export interface XmlText {
  text: string;
  readonly at: number;
  /** Whether the source has it letter for letter at `at`. */
  exact: boolean;
}

export function isText(node: XmlNode | XmlText): node is XmlText {
  return 'text' in node;
}

/** Elements that hold no text for a reader. */
const SILENT = /^(script|style|defs|metadata)$/i;

/**
 * Reads an XML document as a tree. Nothing outside the document is read; entities of a DTD stay as they are written.
 * Tags that do not match end where the parser thinks best.
 */
export function readXmlDocument(source: string): XmlNode {
  const root: XmlNode = { name: '', attributes: {}, at: 0, children: [] };
  const stack = [root];
  let silent = 0;
  const parser: Parser = new Parser(
    {
      onopentag(name, attributes) {
        const node: XmlNode = { name, attributes, at: parser.startIndex, children: [] };
        if (SILENT.test(name)) silent += 1;
        if (silent === 0) stack.at(-1)?.children.push(node);
        stack.push(node);
      },
      onclosetag(name) {
        if (stack.length > 1) stack.pop();
        if (SILENT.test(name)) silent -= 1;
      },
      ontext(data) {
        if (silent > 0) return;
        const at = parser.endIndex + 1 - data.length;
        const exact = source.startsWith(data, at);
        const last = stack.at(-1)?.children.at(-1);
        if (
          last !== undefined &&
          isText(last) &&
          (!last.exact || !exact || last.at + last.text.length === at)
        ) {
          last.exact &&= exact;
          last.text += data;
        } else stack.at(-1)?.children.push({ text: data, at, exact });
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(source);
  return root;
}

/** Texts of the node in document order. Iterative: documents may nest ten thousand deep. */
export function textsOf(node: XmlNode): XmlText[] {
  const texts: XmlText[] = [];
  const pending: (XmlNode | XmlText)[] = [node];
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === undefined) break;
    if (isText(next)) texts.push(next);
    else
      for (let i = next.children.length - 1; i >= 0; i -= 1)
        pending.push(next.children[i] as XmlNode | XmlText);
  }
  return texts;
}

export function elementsOf(node: XmlNode): XmlNode[] {
  return node.children.filter((child): child is XmlNode => !isText(child));
}

/** Whether the node itself has text that is not white space. */
export function hasOwnText(node: XmlNode): boolean {
  return node.children.some((child) => isText(child) && child.text.trim() !== '');
}
