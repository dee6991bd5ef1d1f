import { Readable } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { type Cell, type Row, writeTable } from '../tables.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Lines that the dialect is guessed from. */
const SAMPLE_LINES = 50;
const SLICE_CHARS = 64 * 1024;
/** Longest record: an unclosed quote must not swallow the file. */
const MAX_RECORD_CHARS = 1_000_000;

/** How often the delimiter stands outside quotes in each line of the sample. */
function counts(sample: string, delimiter: string): number[] {
  const result: number[] = [];
  let count = 0;
  let quoted = false;
  for (const char of sample) {
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === delimiter) count += 1;
    else if (char === '\n') {
      result.push(count);
      count = 0;
      if (result.length >= SAMPLE_LINES) break;
    }
  }
  if (count > 0) result.push(count);
  return result;
}

/** The delimiter whose number per line varies least; a comma when nothing tells. */
export function sniffDelimiter(source: string, extension: string): string {
  if (extension === 'tsv' || extension === 'tab') return '\t';
  const said = /^sep=(.)\r?\n/i.exec(source)?.[1];
  if (said !== undefined) return said;
  const sample = source.slice(0, 200_000);
  let best = ',';
  let bestScore = 0;
  for (const delimiter of DELIMITERS) {
    const perLine = counts(sample, delimiter).filter((count) => count > 0);
    const lines = counts(sample, delimiter).length;
    const usual = perLine.toSorted((a, b) => a - b)[perLine.length >> 1] ?? 0;
    const agreeing = perLine.filter((count) => count === usual).length;
    const score = lines === 0 ? 0 : (agreeing / lines) * Math.min(usual, 4);
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

const NO_LABEL =
  /^[-+]?[\d.,' ]+%?$|^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ]\d.*)?$|^(true|false|null|na|n\/a)$|^[\w.+-]+@[\w.-]+$|^https?:/i;

function rowOf(record: readonly string[], number: number, line: number): Row {
  const cells: Cell[] = [];
  let at = line;
  let place: Place = { kind: 'line', line };
  record.forEach((value, column) => {
    const text = value.trim();
    if (text !== '') cells.push({ column, text, isLabel: !NO_LABEL.test(text), place });
    const breaks = value.split('\n').length - 1;
    if (breaks > 0) {
      at += breaks;
      place = { kind: 'line', line: at };
    }
  });
  return { number, cells };
}

function* slices(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += SLICE_CHARS) yield text.slice(at, at + SLICE_CHARS);
}

/** Rows with their line numbers, read as far as `maxChars` of text. */
async function readRows(source: string, delimiter: string, maxChars: number): Promise<Row[]> {
  const rows: Row[] = [];
  const parser = Readable.from(slices(source)).pipe(
    parse({
      delimiter,
      info: true,
      relax_quotes: true,
      relax_column_count: true,
      skip_empty_lines: false,
      max_record_size: MAX_RECORD_CHARS,
    }),
  );
  let line = 1;
  let chars = 0;
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
    const row = rowOf(record, rows.length + 1, line);
    line = info.lines + 1;
    if (row.cells.length > 0) rows.push(row);
    chars += record.reduce((sum, value) => sum + value.length + 3, 0);
    if (chars > maxChars) {
      parser.destroy();
      break;
    }
  }
  return rows;
}

/** Delimited tables: one block per record, each value with its column's label. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    // A lone \r is a line end of old; the parser knows \n and \r\n in one file only if it is told so.
    const source = decoded.text.replace(/\r\n?/g, '\n');
    const delimiter = sniffDelimiter(source, input.extension);
    const builder = new DocumentBuilder(input.format, 'sheet');
    builder.warnings.push(...decoded.warnings);
    const said = /^sep=.\n/i.exec(source)?.[0] ?? '';
    let rows: Row[];
    try {
      rows = await readRows(
        `${said === '' ? '' : '\n'}${source.slice(said.length)}`,
        delimiter,
        input.limits.textChars,
      );
    } catch (error) {
      const code = (error as CsvError).code ?? 'unknown';
      throw new ExtractProblem(
        'corrupt',
        `Its table could not be read: ${code.toLowerCase().replaceAll('_', ' ')}.`,
      );
    }
    writeTable(builder, rows, { header: 'guess' });
    return builder.build();
  },
};
