import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { LineIndex } from '../lines.ts';

/** What of a calendar or an address card a person reads, and what it is called. */
const FIELDS: Readonly<Record<string, string>> = {
  SUMMARY: 'Summary',
  DTSTART: 'Start',
  DTEND: 'End',
  DUE: 'Due',
  LOCATION: 'Location',
  DESCRIPTION: 'Description',
  ORGANIZER: 'Organizer',
  ATTENDEE: 'Attendee',
  CATEGORIES: 'Categories',
  COMMENT: 'Comment',
  FN: 'Name',
  NICKNAME: 'Nickname',
  ORG: 'Organization',
  TITLE: 'Title',
  ROLE: 'Role',
  TEL: 'Telephone',
  EMAIL: 'Mail',
  ADR: 'Address',
  BDAY: 'Birthday',
  NOTE: 'Note',
  URL: 'Web',
};
const RECORDS = /^(VEVENT|VTODO|VJOURNAL|VCARD)$/i;

/** Content lines with the number of their first line; a line that begins with a blank goes on (RFC 5545 §3.1). */
function* contentLines(lines: LineIndex): Generator<{ text: string; line: number }> {
  let open: { text: string; line: number } | null = null;
  for (let line = 1; line <= lines.count; line += 1) {
    const text = lines.textOf(line);
    if (open !== null && /^[ \t]/.test(text)) open.text += text.slice(1);
    else if (open !== null && /^=$/.test(open.text.slice(-1)) && /QUOTED-PRINTABLE/i.test(open.text)) {
      open.text = open.text.slice(0, -1) + text;
    } else {
      if (open !== null) yield open;
      open = { text, line };
    }
  }
  if (open !== null) yield open;
}

function dateText(value: string): string {
  return value.replace(
    /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{0,2}(Z?))?$/,
    (_, year: string, month: string, day: string, hour?: string, minute?: string, zone?: string) =>
      `${year}-${month}-${day}${hour === undefined ? '' : ` ${hour}:${minute}${zone === 'Z' ? ' UTC' : ''}`}`,
  );
}

function valueText(name: string, parameters: string, raw: string): string {
  let value = raw;
  if (/ENCODING=QUOTED-PRINTABLE/i.test(parameters)) {
    const bytes = value.replace(/=([0-9A-F]{2})/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    value = Buffer.from(bytes, 'latin1').toString('utf8');
  }
  if (/^(DTSTART|DTEND|DUE|BDAY)$/.test(name)) return dateText(value);
  const common = /CN=(?:"([^"]*)"|([^;:]*))/i.exec(parameters);
  const plain = value
    .replace(/\\n/gi, '\n')
    .replace(/\\([,;\\])/g, '$1')
    .replace(/^mailto:/i, '');
  if (common !== null) return `${common[1] ?? common[2] ?? ''} <${plain}>`;
  return name === 'ADR' || name === 'ORG'
    ? plain
        .split(';')
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .join(', ')
    : plain;
}

/** iCalendar (RFC 5545) and vCard (RFC 6350): an entry for each event, task and card. */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const decoded = decodeText(input.bytes, { maxChars: input.limits.textChars });
    const lines = new LineIndex(decoded.text);
    const builder = new DocumentBuilder(input.format, 'data');
    builder.warnings.push(...decoded.warnings);
    let inside = false;
    let known = false;
    for (const { text, line } of contentLines(lines)) {
      const match = /^(?:[\w-]+\.)?([A-Za-z-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):([\s\S]*)$/.exec(text);
      if (match === null) continue;
      const name = (match[1] ?? '').toUpperCase();
      const value = match[3] ?? '';
      if (name === 'BEGIN') known = true;
      if (name === 'X-WR-CALNAME') builder.title = value;
      if (name === 'BEGIN' && RECORDS.test(value)) {
        builder.begin('entry');
        inside = true;
      } else if (name === 'END' && RECORDS.test(value)) {
        builder.end();
        inside = false;
      }
      const label = FIELDS[name];
      const shown = inside && label !== undefined ? valueText(name, match[2] ?? '', value).trim() : '';
      if (shown === '') continue;
      const place: Place = { kind: 'line', line };
      shown.split('\n').forEach((part, index) => {
        builder.append(index === 0 ? `${label}: ${part}` : part, { place });
        builder.append('\n');
      });
    }
    if (!known) throw new ExtractProblem('corrupt', 'It is no calendar and no address card.');
    return builder.build();
  },
};
