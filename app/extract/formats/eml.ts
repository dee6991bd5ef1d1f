import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { writeMessage } from '../mail-message.ts';
import { readMime } from '../mime.ts';

/** Length of the property list that Apple Mail puts behind the message, which a first line announces. */
function withoutEnvelope(bytes: Uint8Array): Uint8Array {
  const head = Buffer.from(bytes.subarray(0, 20)).toString('latin1');
  const announced = /^(\d+)\s*\n/.exec(head);
  if (announced === null) return bytes;
  const start = announced[0].length;
  return bytes.subarray(start, start + Number(announced[1]));
}

/** One mail message (RFC 5322 with MIME), also as Apple Mail and Maildir folders keep it. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const message = await readMime(withoutEnvelope(input.bytes));
    if (
      message.subject === '' &&
      message.from === '' &&
      message.date === '' &&
      message.text.trim() === '' &&
      message.html === ''
    ) {
      throw new ExtractProblem('corrupt', 'It is no mail message.');
    }
    const builder = new DocumentBuilder('mail', 'mail');
    builder.title = message.subject;
    for (const [key, value] of [
      ['author', message.from],
      ['to', message.to],
      ['date', message.isoDate],
    ] as const) {
      if (value !== '') builder.metadata[key] = value.slice(0, 1000);
    }
    if (message.sealed) builder.warnings.push('Its body is encrypted; only its header is searchable.');
    writeMessage(builder, message, 1);
    return builder.build();
  },
};
