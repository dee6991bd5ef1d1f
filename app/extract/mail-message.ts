import type { Place } from '../contract/document.ts';
import type { DocumentBuilder } from './builder.ts';
import { readHtmlPage } from './html-page.ts';

/** A mail message as its reader sees it. */
export interface MailMessage {
  readonly subject: string;
  /** "Name <address>", "" if none. */
  readonly from: string;
  readonly to: string;
  readonly cc: string;
  /** Date as the message writes it. */
  readonly date: string;
  /** Date in ISO form, "" if none. */
  readonly isoDate: string;
  readonly text: string;
  /** HTML of the body, used when there is no text. */
  readonly html: string;
  readonly attachments: readonly MailAttachment[];
}

export interface MailAttachment {
  readonly name: string;
  /** Text of an attachment that is text. */
  readonly text?: string;
  readonly html?: string;
}

/** Text of one attachment that is kept, in UTF-16 units. */
const MAX_ATTACHMENT_CHARS = 200_000;
/** Addresses of a header that are kept: newsletters name hundreds. */
const MAX_ADDRESS_CHARS = 500;

function clip(text: string): string {
  return text.length > MAX_ADDRESS_CHARS ? `${text.slice(0, MAX_ADDRESS_CHARS)} …` : text;
}

function writeText(builder: DocumentBuilder, text: string, place: (line: number) => Place): void {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  let open = false;
  lines.forEach((line, index) => {
    // A line with nothing but quote marks ends a quoted paragraph.
    if (/^[\s>|]*$/.test(line)) {
      builder.end();
      open = false;
      return;
    }
    if (open) builder.append('\n');
    else builder.begin('message');
    open = true;
    builder.append(line.trimEnd(), { place: place(index + 1) });
  });
  builder.end();
}

function writeHtml(builder: DocumentBuilder, html: string, place: Place): void {
  for (const block of readHtmlPage(html).blocks) {
    const text = block.pieces.map((piece) => piece.text).join('');
    // Headings of a mail are its looks; they must not outlive it.
    builder.block(block.kind === 'heading' ? 'message' : block.kind, text, { place });
  }
}

/**
 * Writes a message: its header as an entry, its body paragraph by paragraph (quoted text kept), its attachments'
 * names, and the text of those that are text.
 * @param number the message's number in its file, from 1
 */
export function writeMessage(builder: DocumentBuilder, message: MailMessage, number: number): void {
  const subject = message.subject === '' ? {} : { subject: message.subject.slice(0, 300) };
  const place: Place = { kind: 'message', message: number, ...subject };
  const names = message.attachments.map((entry) => entry.name).filter((name) => name !== '');
  const header = [
    ['Subject', message.subject],
    ['From', clip(message.from)],
    ['To', clip(message.to)],
    ['Cc', clip(message.cc)],
    ['Date', message.date],
    ['Attachments', clip(names.join(', '))],
  ];
  builder.begin('entry');
  for (const [name, value] of header) {
    if (value === undefined || value.trim() === '') continue;
    builder.append(`${name}: ${value.replace(/\s+/g, ' ').trim()}`, { place });
    builder.append('\n');
  }
  builder.end();
  if (message.text.trim() !== '') {
    writeText(builder, message.text, (line) => ({ kind: 'message', message: number, line, ...subject }));
  } else if (message.html.trim() !== '') writeHtml(builder, message.html, place);
  for (const { name, text, html } of message.attachments) {
    if (text === undefined && html === undefined) continue;
    builder.block('caption', `Attachment: ${name}`, { place });
    if (html !== undefined) writeHtml(builder, html.slice(0, MAX_ATTACHMENT_CHARS), place);
    else writeText(builder, (text ?? '').slice(0, MAX_ATTACHMENT_CHARS), () => place);
  }
}
