import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { writeMessage } from '../mail-message.ts';
import { readMime } from '../mime.ts';

const LF = 10;
const CR = 13;
/** The line that begins a message ends with a date as asctime writes it, perhaps with a zone (RFC 4155). */
const DATED = /^From .+\d{1,2}:\d{2}(:\d{2})?\b.*\b\d{4}\b/;
const HEADER = /^[!-9;-~]+:|^>?From /;

function lineAt(buffer: Buffer, at: number): string {
  const end = buffer.indexOf(LF, at);
  return buffer.toString('latin1', at, Math.min(end === -1 ? buffer.length : end, at + 400));
}

function nextLine(buffer: Buffer, at: number): number {
  const end = buffer.indexOf(LF, at);
  return end === -1 ? buffer.length : end + 1;
}

/** Whether an empty line (or the file's start) comes before the offset. */
function afterBlank(buffer: Buffer, at: number): boolean {
  if (at === 0) return true;
  const before = at - 2 - (buffer[at - 2] === CR ? 1 : 0);
  return before < 0 || buffer[before] === LF;
}

/**
 * Offsets at which messages begin: a "From " line that a header line follows, and that either comes after an
 * empty line or ends with a date. "From " in a body is neither, or is quoted as ">From ".
 */
export function messageStarts(buffer: Buffer): number[] {
  const starts: number[] = [];
  for (
    let at = buffer.subarray(0, 5).toString('latin1') === 'From ' ? 0 : buffer.indexOf('\nFrom ') + 1;
    ;
  ) {
    if (at === 0 && starts.length > 0) break;
    const line = lineAt(buffer, at);
    const followed = HEADER.test(lineAt(buffer, nextLine(buffer, at)));
    if (
      line.startsWith('From ') &&
      followed &&
      (DATED.test(line) || (afterBlank(buffer, at) && /\S+@\S+|\d/.test(line)))
    ) {
      starts.push(at);
    }
    const next = buffer.indexOf('\nFrom ', at);
    if (next === -1) break;
    at = next + 1;
  }
  return starts;
}

/** The message without the quoting of "From " lines (mboxrd: one ">" less). */
function unquoted(message: Buffer): Buffer {
  if (message.indexOf('\n>') === -1) return message;
  return Buffer.from(message.toString('latin1').replace(/^>(>*From )/gm, '$1'), 'latin1');
}

/** Mailboxes (RFC 4155 and its dialects): message by message. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const { bytes } = input;
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const starts = messageStarts(buffer);
    if (starts.length === 0) throw new ExtractProblem('corrupt', 'It has no line that begins a message.');
    const builder = new DocumentBuilder('mbox', 'mail');
    let unread = 0;
    for (const [index, start] of starts.entries()) {
      const body = unquoted(buffer.subarray(nextLine(buffer, start), starts[index + 1] ?? buffer.length));
      try {
        const message = await readMime(body);
        // Thunderbird keeps deleted messages until it compacts the folder.
        const status = /^X-Mozilla-Status:\s*([0-9a-f]{4})/im.exec(
          body.subarray(0, 4000).toString('latin1'),
        )?.[1];
        if (status !== undefined && (Number.parseInt(status, 16) & 0x8) !== 0) continue;
        // Mail programs keep a message of their own at the head of a folder.
        if (/FOLDER INTERNAL DATA/.test(message.subject)) continue;
        builder.setHeadings(message.subject === '' ? [] : [message.subject.slice(0, 300)]);
        writeMessage(builder, message, index + 1);
      } catch {
        unread += 1;
      }
      if (builder.length > input.limits.textChars) break;
    }
    if (unread > 0) builder.warnings.push(`${unread} messages could not be read.`);
    builder.metadata.messages = String(starts.length);
    return builder.build();
  },
};
