import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { appendSource, LineIndex } from '../lines.ts';

/** Lines beyond which a source map would outweigh its text. */
const MAX_LINES = 2_000_000;

/** A date or a time at the start of a line, as logs have it: ISO, syslog, Apache, epoch in brackets, log levels. */
const LOG_LINE =
  /^\W{0,2}(?:\d{4}[-/.]\d\d[-/.]\d\d|\d\d[-/.]\d\d[-/.]\d{2,4}|\d\d:\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|[\d.:a-f]{3,45} \S+ \S+ \[\d\d\/[A-Z][a-z]{2}\/|\d+\.\d{3,}\]|(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL)\b)/;
const LOG_SAMPLE_LINES = 200;
const LONG_LOG_LINES = 20_000;
const ENTRY_BLOCK_CHARS = 400;

/** An underline, and how much it may differ in length from the line above. */
const UNDERLINE = /^(={3,}|-{3,}|~{3,}|\*{3,}|\^{3,}|#{3,}|"{3,})$/;
const UNDERLINE_SLACK = 2;
const MAX_HEADING_CHARS = 120;

/** Plain text and logs: paragraphs between blank lines, entries that begin with a time, underlined headings. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput) {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const builder = new DocumentBuilder(input.format, input.family);
    builder.warnings.push(...decoded.warnings);
    if (decoded.encoding !== 'utf-8') builder.metadata.encoding = decoded.encoding;
    const lines = new LineIndex(decoded.text);
    const last = Math.min(lines.count, MAX_LINES);
    if (lines.count > last) builder.warnings.push(`Only the first ${last} lines are searchable.`);
    if (isLog(lines)) appendEntries(builder, lines, last);
    else appendParagraphs(builder, lines, last);
    return builder.build();
  },
};

function isBlank(lines: LineIndex, line: number): boolean {
  const from = lines.startOf(line);
  const to = lines.endOf(line);
  return to === from || lines.source.slice(from, Math.min(to, from + 1000)).trim() === '';
}

function isLog(lines: LineIndex): boolean {
  let seen = 0;
  let dated = 0;
  for (let line = 1; line <= Math.min(lines.count, LOG_SAMPLE_LINES); line++) {
    if (isBlank(lines, line)) continue;
    seen += 1;
    const from = lines.startOf(line);
    if (LOG_LINE.test(lines.source.slice(from, Math.min(lines.endOf(line), from + 120)))) dated += 1;
  }
  return seen >= 4 && dated >= seen * 0.5;
}

/**
 * One block per log entry; lines without a time (stack traces) belong to the entry above. In long logs neighbouring
 * entries share a block, since a million blocks would outweigh the text.
 */
function appendEntries(builder: DocumentBuilder, lines: LineIndex, last: number): void {
  const shared = last > LONG_LOG_LINES ? ENTRY_BLOCK_CHARS : 0;
  let from = 1;
  const flush = (until: number) => {
    let end = until;
    while (end > from && isBlank(lines, end - 1)) end -= 1;
    if (end === from) return;
    builder.begin('entry');
    appendSource(builder, lines, lines.startOf(from), lines.endOf(end - 1));
    builder.end();
  };
  for (let line = 1; line <= last; line++) {
    const start = lines.startOf(line);
    const entry = LOG_LINE.test(lines.source.slice(start, Math.min(lines.endOf(line), start + 120)));
    if (entry && line > from && start - lines.startOf(from) >= shared) {
      flush(line);
      from = line;
    }
  }
  flush(last + 1);
}

function appendParagraphs(builder: DocumentBuilder, lines: LineIndex, last: number): void {
  let line = 1;
  const levels: string[] = [];
  while (line <= last) {
    if (isBlank(lines, line)) {
      line += 1;
      continue;
    }
    const mark = underlineOf(lines, line, last);
    if (mark !== null) {
      if (!levels.includes(mark)) levels.push(mark);
      const from = lines.startOf(line);
      const text = lines.textOf(line).trim();
      const indent = lines.textOf(line).search(/\S/);
      if (builder.length === 0) builder.title = text;
      builder.heading(levels.indexOf(mark) + 1, text, {
        place: { kind: 'line', line },
        sourceStart: from + Math.max(0, indent),
      });
      line += 2;
      continue;
    }
    let end = line + 1;
    while (end <= last && !isBlank(lines, end) && underlineOf(lines, end, last) === null) end += 1;
    builder.begin('paragraph');
    appendSource(builder, lines, lines.startOf(line), lines.endOf(end - 1));
    builder.end();
    line = end;
  }
}

/** The underline's character when the line is a short one that the next line underlines, else null. */
function underlineOf(lines: LineIndex, line: number, last: number): string | null {
  if (line >= last) return null;
  const length = lines.endOf(line) - lines.startOf(line);
  if (length === 0 || length > MAX_HEADING_CHARS) return null;
  const below = lines.endOf(line + 1) - lines.startOf(line + 1);
  if (below < 3 || below > MAX_HEADING_CHARS + 40) return null;
  const text = lines.textOf(line);
  const under = lines.textOf(line + 1).trim();
  if (!UNDERLINE.test(under) || !/\p{L}/u.test(text)) return null;
  if (line > 1 && !isBlank(lines, line - 1) && !UNDERLINE.test(lines.textOf(line - 1).trim())) return null;
  return Math.abs(under.length - text.trim().length) <= UNDERLINE_SLACK ? (under[0] ?? null) : null;
}
