import type { FormatEntry } from '../format.ts';
import { isCompoundFile } from '../ooxml.ts';
import { headText, startsWithText } from '../sniff.ts';

const FIELD =
  /^(return-path|received|delivered-to|from|to|subject|date|message-id|mime-version|x-[\w-]+|dkim-signature|reply-to|sender|content-type):/i;

/** A file without a telling name that begins as mail does: several header fields, those of every message among them. */
function looksLikeMail(head: Uint8Array): boolean {
  const lines = headText(head).split(/\r?\n/);
  if (!FIELD.test(lines[0] ?? '')) return false;
  let fields = 0;
  for (const line of lines) {
    if (line === '') break;
    if (FIELD.test(line)) fields += 1;
    else if (!/^[ \t]|^[!-9;-~]+:/.test(line)) return false;
  }
  return (
    fields >= 3 &&
    lines.some((line) => /^(message-id|date|received):/i.test(line)) &&
    lines.some((line) => /^from:/i.test(line))
  );
}

const isMbox = (head: Uint8Array) => startsWithText(head, /^From \S.*\d{4}[^\n]*\n(>?From |[!-9;-~]+:)/);

/** Mail messages and mailboxes, calendars and address cards. */
export const MAIL_FORMATS: readonly FormatEntry[] = [
  {
    format: 'mbox',
    family: 'mail',
    extensions: ['mbox', 'mbx'],
    sniff: isMbox,
    load: () => import('../formats/mbox.ts'),
  },
  {
    format: 'mail',
    family: 'mail',
    extensions: ['eml', 'emlx', 'mht', 'mhtml'],
    sniff: looksLikeMail,
    load: () => import('../formats/eml.ts'),
  },
  {
    format: 'outlook',
    family: 'mail',
    extensions: ['msg'],
    accepts: isCompoundFile,
    load: () => import('../formats/msg.ts'),
  },
  {
    format: 'calendar',
    family: 'data',
    extensions: ['ics', 'ical', 'ifb'],
    load: () => import('../formats/calendar.ts'),
  },
  {
    format: 'vcard',
    family: 'data',
    extensions: ['vcf', 'vcard'],
    load: () => import('../formats/calendar.ts'),
  },
];
