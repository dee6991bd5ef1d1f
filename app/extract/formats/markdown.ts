import type { Nodes, Root, RootContent } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { frontmatterFromMarkdown } from 'mdast-util-frontmatter';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { frontmatter } from 'micromark-extension-frontmatter';
import { gfm } from 'micromark-extension-gfm';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { appendFrontMatter, readFrontMatter } from '../front-matter.ts';
import { appendAligned, appendSource, LineIndex } from '../lines.ts';
import { splitMarkdown } from './markdown-chunks.ts';
import { extractor as plainText } from './text.ts';

/** Parsing takes some seconds for each million characters; what is larger is read as plain text. */
const MAX_CHARS = 8_000_000;
const MAX_DEPTH = 200;

/** Markdown with GitHub's extensions and front matter, read by micromark; syntax is left out of the text. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    if (decoded.text.length > MAX_CHARS) return asPlainText(input, 'It is too long to be read as Markdown.');
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    const walker = new Walker(builder, new LineIndex(decoded.text));
    try {
      for (const { from, text } of splitMarkdown(decoded.text)) walker.root(parse(text), from);
    } catch (error) {
      // Lists nested thousands deep exhaust the parser's stack.
      if (error instanceof RangeError) return asPlainText(input, 'Its Markdown could not be parsed.');
      throw error;
    }
    return builder.build();
  },
};

function parse(text: string): Root {
  return fromMarkdown(text, {
    extensions: [gfm(), frontmatter(['yaml', 'toml'])],
    mdastExtensions: [gfmFromMarkdown(), frontmatterFromMarkdown(['yaml', 'toml'])],
  });
}

async function asPlainText(input: ExtractInput, why: string) {
  const document = await plainText.extract(input);
  return { ...document, warnings: [...document.warnings, `${why} It is searchable as plain text.`] };
}

type Offsets = readonly [from: number, to: number];

class Walker {
  readonly #builder: DocumentBuilder;
  readonly #lines: LineIndex;
  #base = 0;

  constructor(builder: DocumentBuilder, lines: LineIndex) {
    this.#builder = builder;
    this.#lines = lines;
  }

  #offsets(node: Nodes): Offsets {
    const { start, end } = node.position ?? {};
    return [this.#base + (start?.offset ?? 0), this.#base + (end?.offset ?? 0)];
  }

  /** Takes in the syntax tree of the stretch of the source that begins at `base`. */
  root(root: Root, base: number): void {
    this.#base = base;
    if (base === 0) this.#title(root);
    for (const node of root.children) this.#block(node, 'paragraph', 0);
  }

  #title(root: Root): void {
    const first = root.children[0];
    if (first?.type === 'yaml' || (first !== undefined && (first.type as string) === 'toml'))
      this.#frontMatter(first, (first.type as string) === 'toml' ? 'toml' : 'yaml');
    if (this.#builder.title === undefined) {
      const content = root.children.filter((node) => node.type !== 'html' && node.type !== 'definition');
      const heading = content.find((node) => node.type === 'heading');
      if (heading !== undefined && (heading.depth === 1 || heading === content[0]))
        this.#builder.title = plain(heading);
    }
  }

  #frontMatter(node: RootContent, syntax: 'yaml' | 'toml'): void {
    const [from, to] = this.#offsets(node);
    const matter = readFrontMatter('value' in node ? node.value : '', syntax);
    if (matter === null) {
      this.#builder.warnings.push('Its front matter could not be parsed.');
      return;
    }
    appendFrontMatter(this.#builder, this.#lines, matter, from, to);
  }

  #block(node: Nodes, kind: 'paragraph' | 'list-item', depth: number): void {
    if (depth > MAX_DEPTH) {
      const [from, to] = this.#offsets(node);
      this.#builder.begin(kind);
      appendSource(this.#builder, this.#lines, from, to);
      this.#builder.end();
      return;
    }
    switch (node.type) {
      case 'heading':
        this.#inline('heading', node, node.depth);
        break;
      case 'paragraph':
        this.#inline(kind, node);
        break;
      case 'code':
        this.#aligned('code', node, node.value);
        break;
      case 'html':
        this.#html(node.value, this.#offsets(node));
        break;
      case 'tableRow':
        this.#row(node.children);
        break;
      case 'blockquote':
      case 'list':
      case 'table':
      case 'footnoteDefinition':
        for (const child of node.children) this.#block(child, kind, depth + 1);
        break;
      case 'listItem':
        for (const child of node.children) this.#block(child, 'list-item', depth + 1);
        break;
      default:
      // Definitions, rules and front matter have no text of their own.
    }
  }

  #inline(kind: 'heading' | 'paragraph' | 'list-item', node: Nodes, level?: number): void {
    this.#builder.begin(kind, level);
    if ('children' in node) for (const child of node.children) this.#phrase(child, 0);
    this.#builder.end();
  }

  #phrase(node: Nodes, depth: number): void {
    const [from, to] = this.#offsets(node);
    if (node.type === 'text' || node.type === 'inlineCode')
      appendAligned(this.#builder, this.#lines, from, to, node.value);
    else if (node.type === 'break') this.#builder.append('\n');
    else if (node.type === 'image' || node.type === 'imageReference')
      appendAligned(this.#builder, this.#lines, from, to, node.alt ?? '');
    else if (node.type === 'html' && /^<br\b/i.test(node.value)) this.#builder.append('\n');
    else if ('children' in node && depth < MAX_DEPTH)
      for (const child of node.children) this.#phrase(child, depth + 1);
  }

  #row(cells: readonly Nodes[]): void {
    this.#builder.begin('row');
    for (const [index, cell] of cells.entries()) {
      if (index > 0) this.#builder.append(' | ');
      this.#phrase(cell, 0);
    }
    this.#builder.end();
  }

  #aligned(kind: 'code' | 'paragraph', node: Nodes, value: string): void {
    if (value.trim() === '') return;
    const [from, to] = this.#offsets(node);
    this.#builder.begin(kind);
    const fence =
      /^(?:`{3,}|~{3,})[^\r\n]*(?:\r\n?|\n)?/.exec(this.#lines.source.slice(from, to))?.[0].length ?? 0;
    appendAligned(this.#builder, this.#lines, from + fence, to, value);
    this.#builder.end();
  }

  /** Raw HTML: its text without tags and comments. */
  #html(value: string, [from, to]: Offsets): void {
    const text = value
      .replace(/<!--[\s\S]*?(?:-->|$)|<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)/gi, ' ')
      .replace(/<[^<>]*>/g, ' ')
      .replace(/&(?:nbsp|#160);/g, ' ')
      .replace(/[ \t]+/g, ' ')
      .replace(/\s*\n\s*/g, '\n')
      .trim();
    if (text === '') return;
    this.#builder.begin('paragraph');
    appendAligned(this.#builder, this.#lines, from, to, text);
    this.#builder.end();
  }
}

function plain(node: Nodes): string {
  if ('value' in node) return node.value;
  if ('alt' in node && typeof node.alt === 'string') return node.alt;
  return 'children' in node ? node.children.map(plain).join('') : '';
}
