import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { languageOf } from '../languages.ts';
import { appendSource, LineIndex } from '../lines.ts';
import { parserFor } from './code-grammars.ts';
import { divideByOutline } from './code-outline.ts';
import { type CodeUnit, divideByTree } from './code-tree.ts';

/** Longest source that is parsed; the parser takes some 50 bytes of memory per character. */
const MAX_PARSED = 2_000_000;
/** Mean length of a line above which source is taken to be minified or generated. */
const DENSE_LINE = 400;
/** How much of such a file is kept. */
const DENSE_CHARS = 20_000;

/** C headers are C++ as often as not. */
function grammarFor(format: string, extension: string, source: string): string | undefined {
  if (
    format === 'c' &&
    extension === 'h' &&
    /^\s*(class\s+\w+|namespace\s+\w|template\s*<|public:|using\s+\w+\s*=)/m.test(source)
  ) {
    return 'cpp';
  }
  return languageOf(format)?.grammar;
}

/** Whether the source is made for machines: few, very long lines. */
function isDense(lines: LineIndex): boolean {
  return lines.source.length > DENSE_CHARS && lines.source.length / lines.count > DENSE_LINE;
}

async function divide(input: ExtractInput, lines: LineIndex): Promise<readonly CodeUnit[]> {
  const grammar = grammarFor(input.format, input.extension, lines.source);
  if (grammar !== undefined && lines.source.length <= MAX_PARSED) {
    const parser = await parserFor(grammar);
    const units = parser === null ? null : divideByTree(parser, lines);
    if (units !== null) return units;
  }
  return divideByOutline(lines, input.format);
}

/**
 * Source code, letter for letter: functions, classes and methods as blocks under the path of symbols that enclose
 * them, every line with its number.
 */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, 'code');
    builder.warnings.push(...decoded.warnings);
    let lines = new LineIndex(decoded.text);
    if (isDense(lines)) {
      builder.warnings.push('It looks minified or generated; only its beginning is searchable.');
      lines = new LineIndex(decoded.text.slice(0, DENSE_CHARS));
    }
    for (const unit of await divide(input, lines)) {
      const text = lines.source.slice(unit.start, unit.end);
      const blank = /^(?:[^\S\r\n]*(?:\r\n?|\n))*/.exec(text)?.[0].length ?? 0;
      builder.setHeadings(unit.path);
      builder.begin('code');
      appendSource(builder, lines, unit.start + blank, unit.start + text.trimEnd().length);
      builder.end();
    }
    return builder.build();
  },
};
