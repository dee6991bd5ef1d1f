import { type Node as JsonNode, type ParseError, parseTree } from 'jsonc-parser';
import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type DataNode, DataWriter } from '../data-tree.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';
import { extractor as plainText } from './text.ts';

/** The parser's tree takes some 100 bytes per character of source; what is longer is read as plain text. */
const MAX_CHARS = 8_000_000;
const OPTIONS = { allowTrailingComma: true, disallowComments: false, allowEmptyContent: true };

/** Lock files and maps: made by programs for programs. */
const GENERATED = /^(package-lock|npm-shrinkwrap|composer\.lock|deno\.lock|.*\.(map|lock))(\.json)?$/i;
const GENERATED_CHARS = 4000;

function convert(node: JsonNode, key: string, isItem: boolean, source: string, base: number): DataNode {
  const at = base + node.offset;
  if (node.type === 'array') {
    const children = (node.children ?? []).map((child, index) =>
      convert(child, String(index), true, source, base),
    );
    return { key, isItem, at, children };
  }
  if (node.type === 'object') {
    const children: DataNode[] = [];
    for (const property of node.children ?? []) {
      const [name, value] = property.children ?? [];
      if (name !== undefined && value !== undefined) {
        children.push(convert(value, String(name.value), false, source, base));
      }
    }
    return { key, isItem, at, children };
  }
  if (node.type === 'null') return { key, isItem, at, text: '' };
  const text = String(node.value);
  const start = node.type === 'string' ? at + 1 : at;
  const exact = !text.includes('\n') && source.startsWith(text, start);
  return { key, isItem, at: start, text, exact };
}

function titleOf(root: DataNode): string | undefined {
  const leaf = (key: string) => root.children?.find((child) => child.key === key && !child.isItem)?.text;
  const title = leaf('title') ?? leaf('name');
  return title !== undefined && title.length <= 200 ? title : undefined;
}

/** JSON (comments and trailing commas allowed) and JSON Lines: entries of "key: value" under their key paths. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const decoded = decodeText(input.bytes, { maxChars: Math.min(input.limits.textChars, MAX_CHARS + 1) });
    const builder = new DocumentBuilder(input.format, 'data');
    builder.warnings.push(...decoded.warnings);
    let source = decoded.text;
    if (GENERATED.test(input.name) && source.length > GENERATED_CHARS) {
      source = source.slice(0, GENERATED_CHARS);
      builder.warnings.push('It is made by a program; only its beginning is searchable.');
    }
    const lines = new LineIndex(source);
    try {
      if (
        source.length <= MAX_CHARS &&
        (input.format === 'jsonl' ? writeLines : writeWhole)(builder, lines)
      ) {
        return builder.build();
      }
    } catch (error) {
      // Nesting of thousands of levels exhausts the stack.
      if (!(error instanceof RangeError)) throw error;
    }
    const document = await plainText.extract(input);
    const why = source.length > MAX_CHARS ? 'It is too long to be read as JSON' : 'It is no valid JSON';
    return {
      ...document,
      family: 'data',
      warnings: [...document.warnings, `${why}; it is searchable as plain text.`],
    };
  },
};

function writeWhole(builder: DocumentBuilder, lines: LineIndex): boolean {
  const errors: ParseError[] = [];
  const root = parseTree(lines.source, errors, OPTIONS);
  if (root === undefined) return lines.source.trim() === '';
  if (errors.length > 0) {
    // Several values one after the other are JSON Lines under another name.
    if (/^\s*[[{].*[\]}]\s*\n\s*[[{]/.test(lines.source)) return writeLines(builder, lines);
    if (root.children === undefined || root.children.length === 0) return false;
    const line = lines.lineAt(errors[0]?.offset ?? 0);
    builder.warnings.push(`It is no valid JSON (line ${line}); what could be read is searchable.`);
  }
  const node = convert(root, '', true, lines.source, 0);
  builder.title = titleOf(node);
  new DataWriter(builder, lines, true).write(node);
  return true;
}

function writeLines(builder: DocumentBuilder, lines: LineIndex): boolean {
  let bad = 0;
  let good = 0;
  for (let line = 1; line <= lines.count; line += 1) {
    const text = lines.textOf(line);
    if (text.trim() === '') continue;
    const errors: ParseError[] = [];
    const root = parseTree(text, errors, OPTIONS);
    if (root === undefined || errors.length > 0) {
      bad += 1;
      if (bad > 20 && bad > good) return false;
      continue;
    }
    good += 1;
    new DataWriter(builder, lines, false).write(convert(root, '', true, lines.source, lines.startOf(line)));
  }
  if (good === 0 && bad > 0) return false;
  if (bad > 0) builder.warnings.push(`${bad} lines are no valid JSON and were left out.`);
  return true;
}
