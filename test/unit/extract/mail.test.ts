import { burn } from '@kenjiuno/msgreader/lib/Burner.js';
import { describe, expect, it } from 'vitest';
import { extractBytes } from '../../../app/extract/extract-file.ts';
import { messageStarts } from '../../../app/extract/formats/mbox.ts';
import { extractFixture, extractText, fixtureBytes, outline } from './fixture.ts';
import { labelOfText, placeOfText, problemOf } from './places.ts';

describe('mail messages', () => {
  it('have a header entry, paragraphs, quoted text and text attachments', async () => {
    const document = await extractFixture('clock.eml');
    const subject = 'Repair of the tower clock – naïve question';
    expect(document.title).toBe(subject);
    expect(document.metadata).toMatchObject({
      author: 'Ada Miller <ada@example.org>',
      to: 'Workshop <clock@example.org>, bob@example.org',
      date: '2026-02-03T13:05:00.000Z',
    });
    const lines = outline(document);
    expect(lines[0]).toBe(
      `entry Subject: ${subject}\nFrom: Ada Miller <ada@example.org>\nTo: Workshop <clock@example.org>, bob@example.org\nDate: Tue, 03 Feb 2026 14:05:00 +0100\nAttachments: wheel notes.txt, plan.pdf\n`,
    );
    expect(lines).toContain('message On Monday Bob wrote:\n> The pendulum was adjusted\n> last week.');
    expect(lines.slice(-2)).toEqual([
      'caption Attachment: wheel notes.txt',
      'message The spare wheel has 96 teeth.',
    ]);
    expect(placeOfText(document, 'Could the escapement')).toEqual({
      kind: 'message',
      message: 1,
      line: 4,
      subject,
    });
    expect(labelOfText(document, 'The pendulum')).toBe(`message 1: ${subject}`);
  });

  it('of HTML alone become text', async () => {
    const document = await extractFixture('invite.eml');
    expect(document.title).toBe('Einladung zum Frühstück');
    expect(outline(document).slice(1)).toEqual([
      'message Frühstück',
      'paragraph Kommt am Samstag um neun in den Garten.',
      'row Brot | Anna',
    ]);
  });

  it('are told from other files without a name that says it', async () => {
    const maildir = await extractBytes(fixtureBytes('clock.eml'), '1700000000.M1P2.host:2,S', {
      textChars: 1e6,
    });
    expect(maildir.format).toBe('mail');
    const note = await extractText('From: here to there\nit is a long way\n', 'note', 1e6);
    expect(note.format).toBe('text');
  });

  it('that are no messages are corrupt', async () => {
    expect(await problemOf(new TextEncoder().encode('\n\n'), 'a.eml')).toBe('corrupt');
  });

  it('that are encrypted give their header and say so', async () => {
    const document = await extractText(
      'From: a@example.org\r\nSubject: Sealed\r\nContent-Type: multipart/encrypted; boundary=x\r\n\r\n--x\r\nContent-Type: application/octet-stream\r\n\r\nabc\r\n--x--\r\n',
      'a.eml',
    );
    expect(document.warnings).toEqual(['Its body is encrypted; only its header is searchable.']);
    expect(document.title).toBe('Sealed');
  });
});

describe('mailboxes', () => {
  it('are divided into messages', async () => {
    const document = await extractFixture('letters.mbox');
    expect(document.metadata.messages).toBe('3');
    expect(labelOfText(document, 'From the shed I took two crates.')).toBe('message 1: First frost');
    expect(labelOfText(document, 'Mine froze last night')).toBe('message 2: Re: First frost');
    expect(outline(document)).toContain('message Seed order: Please order beans.');
  });

  it('are not divided at "From " in a body', () => {
    const box = [
      'From ada@example.org Mon Nov  9 01:00:00 2026\nSubject: one\n\nBody\n\nFrom here on it rains.\nNo header: follows\n',
      '\nFrom bob@example.org Mon Nov  9 02:00:00 2026\r\nSubject: two\r\n\r\nFrom the hill\r\n\r\n>From quoted\r\n',
      '\nFrom - Mon Nov  9 03:00:00 2026\nX-Mozilla-Status: 0001\nSubject: three\n\nend\n',
    ].join('');
    const buffer = Buffer.from(box);
    expect(messageStarts(buffer).map((start) => buffer.toString('latin1', start, start + 9))).toEqual([
      'From ada@',
      'From bob@',
      'From - Mo',
    ]);
  });

  it('give quoted "From " lines back and leave out deleted messages', async () => {
    const document = await extractText(
      'From - Mon Nov  9 03:00:00 2026\nX-Mozilla-Status: 0009\nFrom: a@b.c\nSubject: gone\n\nold news\n\nFrom - Mon Nov  9 04:00:00 2026\nX-Mozilla-Status: 0001\nFrom: a@b.c\nSubject: kept\n\n>From afar\n>>From deeper\n',
      'Inbox',
    );
    expect(document.format).toBe('mbox');
    expect(document.text).not.toContain('old news');
    expect(document.text).toContain('From afar\n>From deeper');
    expect(labelOfText(document, 'From afar')).toBe('message 2: kept');
  });
});

describe('Outlook messages', () => {
  it('are read', async () => {
    const text = (value: string) => Buffer.from(value, 'utf16le');
    const entries = [
      ['__substg1.0_0037001F', text('Minutes of the meeting')],
      ['__substg1.0_1000001F', text('We agreed on the red door.\r\n\r\nPainting starts in May.')],
      ['__substg1.0_0C1A001F', text('Ada Miller')],
      ['__substg1.0_5D01001F', text('ada@example.org')],
      ['__properties_version1.0', Buffer.alloc(32)],
    ] as const;
    const bytes = burn([
      { name: 'Root Entry', type: 5, length: 0, children: entries.map((_, index) => index + 1) },
      ...entries.map(([name, content]) => ({
        name,
        type: 2,
        length: content.length,
        binaryProvider: () => new Uint8Array(content),
      })),
    ] as unknown as Parameters<typeof burn>[0]);
    const document = await extractBytes(new Uint8Array(bytes), 'minutes.msg', { textChars: 1e6 });
    expect(document.title).toBe('Minutes of the meeting');
    expect(document.metadata.author).toBe('Ada Miller <ada@example.org>');
    expect(outline(document).slice(1)).toEqual([
      'message We agreed on the red door.',
      'message Painting starts in May.',
    ]);
    expect(placeOfText(document, 'Painting')).toMatchObject({ message: 1, line: 3 });
  });
});

describe('books', () => {
  it('have chapters in reading order', async () => {
    const document = await extractFixture('lighthouse.epub');
    expect(document.title).toBe('The lighthouse year');
    expect(document.metadata.author).toBe('Ada Miller');
    expect(outline(document)).toEqual([
      'heading1 Arrival',
      'paragraph Arrival: The boat left me on the rock at noon.',
      'heading2 Arrival: The lamp',
      'paragraph Arrival > The lamp: Forty prisms had to be polished.',
      'heading1 Winter',
      'paragraph Winter: Storms kept the relief away for five weeks.',
    ]);
    expect(placeOfText(document, 'Forty prisms')).toEqual({ kind: 'chapter', chapter: 1, title: 'Arrival' });
    expect(labelOfText(document, 'Storms')).toBe('chapter 2: Winter');
  });
});

describe('calendars and address cards', () => {
  it('give an entry for each event and card', async () => {
    const diary = await extractFixture('diary.ics');
    expect(outline(diary)).toEqual([
      'entry Start: 2026-05-01 14:30 UTC\nSummary: Cello lesson\nDescription: Bring the longer bow, and rosin.\nAttendee: Anna K <anna@example.org>\n',
    ]);
    expect(labelOfText(diary, 'Bring the longer')).toBe('line 6');
    const people = await extractFixture('people.vcf');
    expect(labelOfText(people, 'Mill Lane 3, Berlin')).toBe('line 5');
  });
});
