import { parse as parseToml } from 'smol-toml';
import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { appendSource, LineIndex } from '../lines.ts';

/** TOML that is longer is not checked. */
const MAX_CHECKED = 1_000_000;

/** Path of a section's header: "[a.b]" → ["a", "b"], `[branch "main"]` → [`branch "main"`]. */
function sectionPath(header: string, isToml: boolean): string[] {
  if (!isToml) return [header.trim()];
  return [...header.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^.\s"']+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
}

/** Whether a line leaves a multi-line string of TOML open: "" or the quotes that will close it. */
function openString(line: string, open: string): string {
  let quotes = open;
  for (const [found] of line.matchAll(/"""|'''/g)) {
    if (quotes === '') quotes = found;
    else if (quotes === found) quotes = '';
  }
  return quotes;
}

function tomlFault(source: string): string | undefined {
  if (source.length > MAX_CHECKED) return undefined;
  try {
    parseToml(source);
    return undefined;
  } catch (error) {
    const line = (error as { line?: unknown }).line;
    return `It is no valid TOML${typeof line === 'number' ? ` (line ${line})` : ''}; it is searchable all the same.`;
  }
}

/** TOML, INI, .properties and .env files, letter for letter: sections as headings, comments with what follows. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const lines = new LineIndex(decoded.text);
    const isToml = input.format === 'toml';
    const builder = new DocumentBuilder(input.format, 'data');
    builder.warnings.push(...decoded.warnings);
    const fault = isToml ? tomlFault(decoded.text) : undefined;
    if (fault !== undefined) builder.warnings.push(fault);
    let start = 1;
    let blankSince = 0;
    let quotes = '';
    const flush = (line: number) => {
      let end = line - 1;
      while (end >= start && lines.textOf(end).trim() === '') end -= 1;
      if (end >= start) {
        builder.begin('entry');
        appendSource(builder, lines, lines.startOf(start), lines.endOf(end));
        builder.end();
      }
      start = line;
    };
    for (let line = 1; line <= lines.count; line += 1) {
      const text = lines.textOf(line);
      if (text.trim() === '' && quotes === '') {
        blankSince = line;
        flush(line + 1);
        continue;
      }
      const header =
        quotes === '' ? /^\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(?:[#;].*)?$/.exec(text)?.[1] : undefined;
      if (header !== undefined) {
        // Comments right above a header are about its section.
        let first = line;
        while (first - 1 > blankSince && first > start && /^\s*[#;]/.test(lines.textOf(first - 1)))
          first -= 1;
        flush(first);
        builder.setHeadings(sectionPath(header, isToml));
      }
      if (isToml) quotes = openString(text, quotes);
    }
    flush(lines.count + 1);
    return builder.build();
  },
};
