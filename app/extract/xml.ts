import { Parser } from 'htmlparser2';
import { ExtractProblem } from './format.ts';
import type { Archive } from './zip.ts';

/**
 * XML namespaces of the office formats under the prefix that their specifications use, so that a part written
 * with other prefixes (or the "strict" namespaces of ISO 29500) reads the same.
 */
const CANONICAL_PREFIX: readonly (readonly [RegExp, string])[] = [
  [/\/wordprocessingml\/(2006\/)?main$/, 'w'],
  [/\/spreadsheetml\/(2006\/)?main$/, 's'],
  [/\/presentationml\/(2006\/)?main$/, 'p'],
  [/\/drawingml\/(2006\/)?main$/, 'a'],
  [/\/drawingml\/(2006\/)?chart$/, 'c'],
  [/\/drawingml\/(2006\/)?diagram$/, 'dgm'],
  [/\/drawingml\/(2006\/)?spreadsheetDrawing$/, 'xdr'],
  [/\/officeDocument\/(2006\/)?math$/, 'm'],
  [/\/officeDocument\/(2006\/)?relationships$/, 'r'],
  [/\/package\/2006\/relationships$/, 'rel'],
  [/\/package\/2006\/metadata\/core-properties$/, 'cp'],
  [/\/markup-compatibility\/2006$/, 'mc'],
  [/^http:\/\/purl\.org\/dc\/elements\/1\.1\/$/, 'dc'],
  [/^http:\/\/purl\.org\/dc\/terms\/$/, 'dcterms'],
  [/^urn:oasis:names:tc:opendocument:xmlns:office:1\.0$/, 'office'],
  [/^urn:oasis:names:tc:opendocument:xmlns:text:1\.0$/, 'text'],
  [/^urn:oasis:names:tc:opendocument:xmlns:table:1\.0$/, 'table'],
  [/^urn:oasis:names:tc:opendocument:xmlns:drawing:1\.0$/, 'draw'],
  [/^urn:oasis:names:tc:opendocument:xmlns:presentation:1\.0$/, 'presentation'],
  [/^urn:oasis:names:tc:opendocument:xmlns:style:1\.0$/, 'style'],
  [/^urn:oasis:names:tc:opendocument:xmlns:meta:1\.0$/, 'meta'],
  [/^urn:oasis:names:tc:opendocument:xmlns:manifest:1\.0$/, 'manifest'],
  [/^urn:oasis:names:tc:opendocument:xmlns:container$/, 'container'],
  [/^http:\/\/www\.idpf\.org\/2007\/opf$/, 'opf'],
];

export type Attributes = Readonly<Record<string, string>>;

/** Events of one XML part, in document order. Names carry the canonical prefix where the namespace has one. */
export interface XmlHandler {
  open?(name: string, attributes: Attributes): void;
  close?(name: string): void;
  text?(data: string): void;
}

type Prefixes = ReadonlyMap<string, string>;

function declared(prefixes: Prefixes, attributes: Attributes): Prefixes {
  let next: Map<string, string> | null = null;
  for (const [key, uri] of Object.entries(attributes)) {
    if (key !== 'xmlns' && !key.startsWith('xmlns:')) continue;
    const canonical = CANONICAL_PREFIX.find(([pattern]) => pattern.test(uri))?.[1];
    const prefix = key === 'xmlns' ? '' : key.slice(6);
    next ??= new Map(prefixes);
    if (canonical === undefined) next.delete(prefix);
    else next.set(prefix, canonical);
  }
  return next ?? prefixes;
}

function renamed(name: string, prefixes: Prefixes): string {
  const colon = name.indexOf(':');
  const prefix = colon === -1 ? '' : name.slice(0, colon);
  const canonical = prefixes.get(prefix);
  if (canonical === undefined || canonical === prefix) return name;
  return `${canonical}:${colon === -1 ? name : name.slice(colon + 1)}`;
}

function renamedAttributes(attributes: Attributes, prefixes: Prefixes): Attributes {
  let changed = false;
  const out: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(attributes)) {
    // An attribute without prefix is in no namespace, whatever the default one is.
    const name = key.includes(':') ? renamed(key, prefixes) : key;
    if (name !== key) changed = true;
    out[name] = value;
  }
  return changed ? out : attributes;
}

/**
 * Reads XML as a stream of events. External entities, DTDs and processing instructions are never followed;
 * entities that a DTD defines stay as they are written, so "billion laughs" has nothing to expand.
 */
export function readXml(source: string, handler: XmlHandler): void {
  let prefixes: Prefixes = new Map();
  const stack: { name: string; outer: Prefixes }[] = [];
  const parser = new Parser(
    {
      onopentag(raw, attributes) {
        const outer = prefixes;
        prefixes = declared(prefixes, attributes);
        const name = renamed(raw, prefixes);
        stack.push({ name, outer });
        handler.open?.(name, renamedAttributes(attributes, prefixes));
      },
      onclosetag() {
        const top = stack.pop();
        if (top === undefined) return;
        prefixes = top.outer;
        handler.close?.(top.name);
      },
      ontext(data) {
        handler.text?.(data);
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(source);
}

/** Decodes an XML part: byte-order mark, else the declaration's encoding, else UTF-8. */
export function decodeXml(bytes: Uint8Array): string {
  let label = 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) label = 'utf-16le';
  else if (bytes[0] === 0xfe && bytes[1] === 0xff) label = 'utf-16be';
  else {
    const head = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
    label = /^\s*<\?xml[^>]*encoding=["']([\w.:-]+)["']/.exec(head)?.[1] ?? label;
  }
  try {
    return new TextDecoder(label).decode(bytes);
  } catch {
    return new TextDecoder().decode(bytes);
  }
}

/** An element of a small part held as a tree. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Attributes;
  readonly children: XmlElement[];
  /** The element's own text and that of everything in it. */
  text: string;
}

/** Elements that a tree may have: trees are for small parts only. */
const MAX_TREE_ELEMENTS = 200_000;

/** Reads a small part (relationships, styles, properties) as a tree; the root is nameless. */
export function readXmlTree(source: string): XmlElement {
  const root: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const stack = [root];
  let count = 0;
  readXml(source, {
    open(name, attributes) {
      count += 1;
      const element: XmlElement = { name, attributes, children: [], text: '' };
      if (count <= MAX_TREE_ELEMENTS) stack.at(-1)?.children.push(element);
      stack.push(element);
    },
    close() {
      const done = stack.pop();
      const parent = stack.at(-1);
      if (done !== undefined && parent !== undefined) parent.text += done.text;
    },
    text(data) {
      const top = stack.at(-1);
      if (top !== undefined) top.text += data;
    },
  });
  return root;
}

/** All elements of that name, in document order. */
export function findAll(element: XmlElement, name: string): XmlElement[] {
  const found: XmlElement[] = [];
  const pending = [element];
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === undefined) break;
    if (next.name === name) found.push(next);
    for (let i = next.children.length - 1; i >= 0; i -= 1) {
      const child = next.children[i];
      if (child !== undefined) pending.push(child);
    }
  }
  return found;
}

export function child(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((entry) => entry.name === name);
}

/** Text of a part that the format cannot do without. */
export async function requiredPart(archive: Archive, name: string): Promise<string> {
  const bytes = await archive.read(name);
  if (bytes === null) throw new ExtractProblem('corrupt', `The archive has no ${name}.`);
  return decodeXml(bytes);
}

/** Tree of a part that may be missing. */
export async function optionalTree(archive: Archive, name: string): Promise<XmlElement | null> {
  const bytes = await archive.read(name);
  return bytes === null ? null : readXmlTree(decodeXml(bytes));
}
