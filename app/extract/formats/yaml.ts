import { isMap, isPair, isScalar, isSeq, type Node, type Pair, parseAllDocuments, type YAMLMap } from 'yaml';
import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { appendSource, LineIndex } from '../lines.ts';
import { extractor as plainText } from './text.ts';

/** What is longer is read as plain text: the parser takes some hundred bytes of memory per character. */
const MAX_CHARS = 3_000_000;
/** Lines longer than this are not for people, and quotes without end in them take the parser quadratic time. */
const MAX_LINE = 10_000;
/** A value longer than this is divided at its keys, in UTF-16 units. */
const ENTRY_CHARS = 1200;
const MAX_DEPTH = 12;

interface Cut {
  readonly at: number;
  readonly headings: readonly string[];
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

function endOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[2];
}

/** Where entries begin: at each key of a map, deeper where a value is long. */
function cutsOf(node: unknown, headings: readonly string[], depth: number, cuts: Cut[]): void {
  if (depth > MAX_DEPTH) return;
  if (isMap(node)) {
    for (const pair of node.items) {
      const at = startOf(pair.key);
      const key = keyOf(pair);
      if (at === undefined) continue;
      const path = key === '' ? headings : [...headings, key];
      const isLong = (endOf(pair.value) ?? at) - at > ENTRY_CHARS;
      // Short values of a map share the map's path; the chunker joins them.
      cuts.push({ at, headings: isLong || depth === 0 ? path : headings });
      if (isLong) cutsOf(pair.value, path, depth + 1, cuts);
    }
  } else if (isSeq(node)) {
    for (const item of node.items) {
      const at = startOf(isPair(item) ? item.key : item);
      if (at === undefined) continue;
      cuts.push({ at, headings });
      if ((endOf(item) ?? at) - at > ENTRY_CHARS) cutsOf(item, headings, depth + 1, cuts);
    }
  }
}

function scalarAt(map: YAMLMap, key: string): string | undefined {
  const value = map.get(key);
  return typeof value === 'string' && value.length <= 200 ? value : undefined;
}

/** What tells several documents of one stream apart: kind and name of a Kubernetes object, or a title. */
function labelOf(contents: unknown): string | undefined {
  if (!isMap(contents)) return undefined;
  const kind = scalarAt(contents, 'kind');
  const metadata = contents.get('metadata');
  const name = isMap(metadata) ? scalarAt(metadata, 'name') : undefined;
  if (kind !== undefined) return name === undefined ? kind : `${kind} ${name}`;
  return scalarAt(contents, 'title') ?? scalarAt(contents, 'name');
}

/** Start of the line, and of the comment lines right above it. */
function entryStart(lines: LineIndex, at: number): number {
  let line = lines.lineAt(at);
  while (line > 1 && /^\s*#/.test(lines.textOf(line - 1))) line -= 1;
  return lines.startOf(line);
}

function hasLongLine(lines: LineIndex): boolean {
  for (let line = 1; line <= lines.count; line += 1) {
    if (lines.endOf(line) - lines.startOf(line) > MAX_LINE) return true;
  }
  return false;
}

function write(builder: DocumentBuilder, lines: LineIndex): boolean {
  if (hasLongLine(lines)) return false;
  // Aliases stay aliases in the parser's tree, so a bomb of them has nothing to unfold.
  const documents = parseAllDocuments(lines.source, { logLevel: 'silent', uniqueKeys: false, strict: false });
  if (!Array.isArray(documents)) return true;
  const broken = documents.find((document) => document.errors.length > 0)?.errors[0];
  if (broken !== undefined) {
    const line = lines.lineAt(broken.pos[0]);
    builder.warnings.push(`It is no valid YAML (line ${line}); it is searchable all the same.`);
  }
  const cuts: Cut[] = [];
  for (const document of documents) {
    const label = labelOf(document.contents);
    if (documents.length === 1) builder.title = label;
    const headings = documents.length > 1 && label !== undefined ? [label] : [];
    cuts.push({ at: document.range[0], headings });
    cutsOf(document.contents, headings, 0, cuts);
  }
  let from = 0;
  let headings: readonly string[] = [];
  const flush = (to: number) => {
    const text = lines.source.slice(from, to);
    const rest = text.replace(/^---[^\n]*\n|^\.\.\.\s*\n/, '');
    if (/[\p{L}\p{N}]/u.test(rest)) {
      builder.setHeadings(headings);
      builder.begin('entry');
      const blank = /^(?:[^\S\r\n]*(?:\r\n?|\n))*/.exec(text)?.[0].length ?? 0;
      appendSource(builder, lines, from + blank, from + text.trimEnd().length);
      builder.end();
    }
    from = to;
  };
  for (const cut of cuts) {
    const at = Math.max(from, entryStart(lines, cut.at));
    if (at > from) flush(at);
    headings = cut.headings;
  }
  flush(lines.source.length);
  return true;
}

/** YAML, letter for letter: entries by key, comments with what follows them. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, 'data');
    builder.warnings.push(...decoded.warnings);
    try {
      if (decoded.text.length <= MAX_CHARS && write(builder, new LineIndex(decoded.text)))
        return builder.build();
    } catch (error) {
      // Nesting of thousands of levels exhausts the stack.
      if (!(error instanceof RangeError)) throw error;
    }
    const document = await plainText.extract(input);
    return {
      ...document,
      family: 'data',
      warnings: [...document.warnings, 'It could not be read as YAML; it is searchable as plain text.'],
    };
  },
};
