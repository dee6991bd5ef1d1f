import MsgReaderModule from '@kenjiuno/msgreader';
import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { decodeText } from '../encoding.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { writeMessage } from '../mail-message.ts';

type MsgReader = import('@kenjiuno/msgreader').default;
// The library is CommonJS with its class as `default`.
const Reader = ((MsgReaderModule as unknown as { default?: unknown }).default ?? MsgReaderModule) as new (
  buffer: ArrayBuffer,
) => MsgReader;

function person(name: string | undefined, address: string | undefined): string {
  const clean = address?.includes('@') ? address : '';
  if (name === undefined || name === '' || name === clean) return clean;
  return clean === '' ? name : `${name} <${clean}>`;
}

/** Outlook messages (MS-OXMSG). */
export const extractor: FormatExtractor = {
  extract(input: ExtractInput): ExtractedDocument {
    const buffer = input.bytes.slice().buffer;
    let data: ReturnType<MsgReader['getFileData']>;
    try {
      data = new Reader(buffer).getFileData();
    } catch (error) {
      throw new ExtractProblem('corrupt', `It is no Outlook message: ${String(error).slice(0, 200)}`);
    }
    if (data.dataType !== 'msg' || (data.error ?? '') !== '')
      throw new ExtractProblem('corrupt', data.error ?? 'It is no Outlook message.');
    const recipients = (type: string) =>
      (data.recipients ?? [])
        .filter((entry) => (entry.recipType ?? 'to') === type)
        .map((entry) => person(entry.name, entry.smtpAddress ?? entry.email))
        .join(', ');
    const html = data.bodyHtml ?? (data.html === undefined ? '' : decodeText(data.html).text);
    const date = data.messageDeliveryTime ?? data.clientSubmitTime ?? '';
    const builder = new DocumentBuilder('outlook', 'mail');
    const from = person(data.senderName, data.senderSmtpAddress ?? data.senderEmail);
    builder.title = data.subject;
    if (from !== '') builder.metadata.author = from;
    if (date !== '') builder.metadata.date = date;
    writeMessage(
      builder,
      {
        subject: data.subject ?? '',
        from,
        to: recipients('to'),
        cc: recipients('cc'),
        date,
        isoDate: '',
        text: data.body ?? '',
        html,
        attachments: (data.attachments ?? []).map((entry) => ({ name: entry.fileName ?? entry.name ?? '' })),
      },
      1,
    );
    return builder.build();
  },
};
