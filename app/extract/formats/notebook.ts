import { z } from 'zod';
import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';

const lines = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (typeof value === 'string' ? value : value.join('')));

const output = z.object({
  output_type: z.string().catch(''),
  text: lines.optional().catch(undefined),
  data: z.record(z.string(), z.unknown()).optional().catch(undefined),
  ename: z.string().optional().catch(undefined),
  evalue: z.string().optional().catch(undefined),
});

const cell = z.object({
  cell_type: z.string().catch('code'),
  /** nbformat 3 calls the code of a cell "input". */
  source: lines.optional().catch(undefined),
  input: lines.optional().catch(undefined),
  level: z.number().int().min(1).max(6).optional().catch(undefined),
  outputs: z.array(output.catch({ output_type: '' })).catch([]),
});

const notebook = z.object({
  cells: z.array(cell.catch({ cell_type: 'raw', outputs: [] })).optional(),
  worksheets: z.array(z.object({ cells: z.array(cell.catch({ cell_type: 'raw', outputs: [] })) })).optional(),
  metadata: z
    .object({
      title: z.string().optional().catch(undefined),
      kernelspec: z
        .object({ language: z.string().optional(), name: z.string().optional() })
        .optional()
        .catch(undefined),
      language_info: z.object({ name: z.string().optional() }).optional().catch(undefined),
    })
    .catch({}),
});

type Cell = z.infer<typeof cell>;

/** How much of a cell's printed output is kept. */
const MAX_OUTPUT_CHARS = 1500;
const MAX_OUTPUT_LINES = 25;

function place(cellNumber: number, line?: number): Place {
  return { kind: 'notebook-cell', cell: cellNumber, ...(line === undefined ? {} : { line }) };
}

function appendLines(
  builder: DocumentBuilder,
  source: readonly string[],
  from: number,
  to: number,
  cellNumber: number,
) {
  for (let i = from; i < to; i += 1) {
    if (i > from) builder.append('\n');
    builder.append((source[i] ?? '').trimEnd(), { place: place(cellNumber, i + 1) });
  }
}

/** Markdown of one cell: headings, fenced code and paragraphs between blank lines. */
function writeMarkdown(builder: DocumentBuilder, text: string, cellNumber: number): void {
  const source = text.replace(/\r\n?/g, '\n').split('\n');
  let i = 0;
  while (i < source.length) {
    const line = source[i] ?? '';
    const fence = /^\s{0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    const heading = /^\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$/.exec(line);
    if (line.trim() === '') i += 1;
    else if (fence !== undefined) {
      let end = i + 1;
      while (end < source.length && !(source[end] ?? '').trim().startsWith(fence)) end += 1;
      builder.begin('code');
      appendLines(builder, source, i + 1, end, cellNumber);
      builder.end();
      i = end + 1;
    } else if (heading !== null) {
      builder.heading(heading[1]?.length ?? 1, plainText(heading[2] ?? ''), {
        place: place(cellNumber, i + 1),
      });
      i += 1;
    } else {
      let end = i + 1;
      const isItem = /^\s*([-*+]|\d+[.)])\s+/.test(line);
      while (
        end < source.length &&
        !/^\s*$|^\s{0,3}(#{1,6}\s|`{3,}|~{3,})|^\s*([-*+]|\d+[.)])\s+/.test(source[end] ?? '')
      )
        end += 1;
      builder.begin(isItem ? 'list-item' : 'paragraph');
      for (let at = i; at < end; at += 1) {
        if (at > i) builder.append('\n');
        builder.append(plainText(source[at] ?? ''), { place: place(cellNumber, at + 1) });
      }
      builder.end();
      i = end;
    }
  }
}

/** A line of Markdown without the marks of links, images, emphasis and lists. */
function plainText(line: string): string {
  return line
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<[^<>]+>/g, '')
    .replace(/(\*\*|__|\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|`)/g, '')
    .replace(/^\s*([-*+]|\d+[.)]|>)\s+/, '')
    .trimEnd();
}

function outputText(entry: Cell['outputs'][number]): string {
  if (entry.output_type === 'error' || entry.output_type === 'pyerr') {
    return [entry.ename, entry.evalue].filter((part) => part !== undefined && part !== '').join(': ');
  }
  const plain = lines.safeParse(entry.data?.['text/plain']);
  const text = entry.text ?? (plain.success ? plain.data : '');
  // What an object that is drawn says of itself: "<Figure size 640x480 with 1 Axes>".
  return /^<[^<>]*>$/.test(text.trim()) ? '' : text;
}

function writeOutputs(builder: DocumentBuilder, outputs: Cell['outputs'], cellNumber: number): void {
  let text = outputs
    .map(outputText)
    .filter((part) => part.trim() !== '')
    .join('\n');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal colours begin with ESC
  text = text.replace(/\u001b\[[\d;]*[A-Za-z]/g, '').trim();
  if (text === '') return;
  const kept = text.slice(0, MAX_OUTPUT_CHARS).split('\n').slice(0, MAX_OUTPUT_LINES).join('\n');
  builder.begin('code');
  kept.split('\n').forEach((line, index) => {
    if (index > 0) builder.append('\n');
    builder.append(line.trimEnd(), { place: place(cellNumber) });
  });
  builder.end();
}

/** Jupyter notebooks of format 3 and 4: Markdown, code and the printed part of the outputs, cell by cell. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const decoded = decodeText(input.bytes);
    let raw: unknown;
    try {
      raw = JSON.parse(decoded.text);
    } catch {
      throw new ExtractProblem('corrupt', 'It is no valid JSON, so no notebook.');
    }
    const parsed = notebook.safeParse(raw);
    if (!parsed.success) throw new ExtractProblem('corrupt', 'It is JSON, but no notebook.');
    const { cells, worksheets, metadata } = parsed.data;
    const all = cells ?? worksheets?.flatMap((sheet) => sheet.cells);
    if (all === undefined) throw new ExtractProblem('corrupt', 'It is a notebook without cells.');
    const builder = new DocumentBuilder('notebook', 'notebook');
    const language =
      metadata.language_info?.name ?? metadata.kernelspec?.language ?? metadata.kernelspec?.name;
    if (language !== undefined) builder.metadata.language = language;
    builder.title = metadata.title ?? firstHeading(all);
    all.forEach((entry, index) => {
      const number = index + 1;
      const source = entry.source ?? entry.input ?? '';
      if (entry.cell_type === 'heading')
        builder.heading(entry.level ?? 1, source, { place: place(number, 1) });
      else if (entry.cell_type === 'markdown') writeMarkdown(builder, source, number);
      else {
        const rows = source.replace(/\r\n?/g, '\n').trimEnd().split('\n');
        builder.begin(entry.cell_type === 'raw' ? 'paragraph' : 'code');
        if (source.trim() !== '') appendLines(builder, rows, 0, rows.length, number);
        builder.end();
        writeOutputs(builder, entry.outputs, number);
      }
    });
    return builder.build();
  },
};

/** A notebook's first level-1 heading is its title when it stands in the first two cells. */
function firstHeading(cells: readonly Cell[]): string | undefined {
  for (const entry of cells.slice(0, 2)) {
    const source = entry.source ?? '';
    if (entry.cell_type === 'heading' && entry.level === 1) return source;
    const heading = entry.cell_type === 'markdown' ? /^#\s+(.+?)\s*#*\s*$/m.exec(source)?.[1] : undefined;
    if (heading !== undefined) return plainText(heading);
  }
  return undefined;
}
