import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';

interface Cue {
  readonly seconds: number;
  readonly endSeconds: number;
  /** Lines of what is said, with their offsets in the source; `exact` when nothing was taken out of the line. */
  readonly lines: { readonly text: string; readonly at: number; readonly exact: boolean }[];
}

/** "1:02:03,456" or "02:03.4" → seconds; 0 for what is no time. */
function seconds(time: string): number {
  const total = time
    .replace(',', '.')
    .split(':')
    .reduce((sum, part) => sum * 60 + Number(part), 0);
  return Number.isFinite(total) && total >= 0 ? total : 0;
}

const TIMING = /(\d{1,3}:\d{2}(?::\d{2})?[.,]\d{1,3})\s*-->\s*(\d{1,3}:\d{2}(?::\d{2})?[.,]\d{1,3})/;

/** Text of a cue without tags of style, voice and ruby, and the characters that HTML escapes. */
function spoken(line: string): string {
  return line
    .replace(/<v(?:\.[^\s>]*)*\s+([^>]*)>/g, '$1: ')
    .replace(/<[^<>]*>|\{\\[^{}]*\}/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .trim();
}

function cueLine(line: string, at: number): Cue['lines'][number] | null {
  const text = spoken(line);
  if (text === '') return null;
  const offset = line.indexOf(text);
  return { text, at: at + Math.max(0, offset), exact: offset !== -1 };
}

/** SubRip and WebVTT. */
function readTimed(lines: LineIndex): Cue[] {
  const cues: Cue[] = [];
  for (let line = 1; line <= lines.count; line += 1) {
    const timing = TIMING.exec(lines.textOf(line));
    if (timing === null) continue;
    const cue: Cue = { seconds: seconds(timing[1] ?? ''), endSeconds: seconds(timing[2] ?? ''), lines: [] };
    while (line < lines.count && lines.textOf(line + 1).trim() !== '') {
      if (TIMING.test(lines.textOf(line + 1))) break;
      line += 1;
      // A cue's number right before the next timing, where the blank line between them is missing.
      if (/^\s*\d+\s*$/.test(lines.textOf(line)) && TIMING.test(lines.textOf(line + 1))) break;
      const spokenLine = cueLine(lines.textOf(line), lines.startOf(line));
      if (spokenLine !== null) cue.lines.push(spokenLine);
    }
    cues.push(cue);
  }
  return cues;
}

/** SubStation Alpha: the fields of a "Dialogue:" line are named by the "Format:" line of its section. */
function readAdvanced(lines: LineIndex): Cue[] {
  const cues: Cue[] = [];
  let fields: string[] = [];
  for (let line = 1; line <= lines.count; line += 1) {
    const text = lines.textOf(line);
    const format = /^Format:\s*(.*)$/i.exec(text)?.[1];
    if (format !== undefined) fields = format.split(',').map((field) => field.trim().toLowerCase());
    const dialogue = /^Dialogue:\s*(.*)$/i.exec(text)?.[1];
    if (dialogue === undefined || fields.length < 3) continue;
    const values = dialogue.split(',');
    const said = values.slice(fields.length - 1).join(',');
    const clean = spoken(said.replace(/\\[Nn]/g, '\n').replace(/\\h/g, ' '));
    const name = values[fields.indexOf('name')]?.trim() ?? '';
    if (clean === '') continue;
    cues.push({
      seconds: seconds(values[fields.indexOf('start')]?.trim() ?? '0'),
      endSeconds: seconds(values[fields.indexOf('end')]?.trim() ?? '0'),
      lines: [{ text: name === '' ? clean : `${name}: ${clean}`, at: lines.startOf(line), exact: false }],
    });
  }
  return cues;
}

/** Subtitles: what is said, each cue with its time. Cues run on until a pause, since sentences do. */
const PAUSE_SECONDS = 3;
const PARAGRAPH_CHARS = 400;

export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const lines = new LineIndex(decoded.text);
    const cues = /^(ass|ssa)$/.test(input.extension) ? readAdvanced(lines) : readTimed(lines);
    if (cues.length === 0) throw new ExtractProblem('corrupt', 'It has no timed line.');
    const builder = new DocumentBuilder(input.format, 'subtitles');
    builder.warnings.push(...decoded.warnings);
    let until = Number.NEGATIVE_INFINITY;
    let length = 0;
    let before = '';
    builder.begin('paragraph');
    for (const cue of cues) {
      const said = cue.lines.map((line) => line.text).join(' ');
      // Live captions repeat the last line in every cue.
      if (said === before) continue;
      before = said;
      const ended = /[.!?…"”]\s*$/.test(said);
      if (cue.seconds - until > PAUSE_SECONDS || length > PARAGRAPH_CHARS) {
        builder.begin('paragraph');
        length = 0;
      }
      const place: Place = {
        kind: 'time',
        seconds: cue.seconds,
        ...(cue.endSeconds >= cue.seconds ? { endSeconds: cue.endSeconds } : {}),
      };
      for (const line of cue.lines) {
        if (length > 0) builder.append('\n');
        builder.append(line.text, line.exact ? { place, sourceStart: line.at } : { place });
        length += line.text.length + 1;
      }
      if (ended && length > PARAGRAPH_CHARS / 2) length = PARAGRAPH_CHARS + 1;
      until = cue.endSeconds;
    }
    return builder.build();
  },
};
