import PostalMime, { type Address, type Attachment, type Email } from 'postal-mime';
import { decodeText } from './encoding.ts';
import { ExtractProblem } from './format.ts';
import type { MailAttachment, MailMessage } from './mail-message.ts';

/** Parts nested deeper are not opened; real mail has three or four levels. */
const OPTIONS = { maxNestingDepth: 40, maxHeadersSize: 1024 * 1024, maxRfc822NestingDepth: 5 } as const;

function addressText(address: Address | undefined): string {
  if (address === undefined) return '';
  if (address.group !== undefined) {
    return `${address.name}: ${address.group.map((entry) => addressText(entry)).join(', ')}`;
  }
  if (address.name === '') return address.address;
  return address.address === '' ? address.name : `${address.name} <${address.address}>`;
}

function addressList(addresses: readonly Address[] | undefined): string {
  return (addresses ?? []).map(addressText).join(', ');
}

const TEXT_TYPES = /^text\/(?!html|rtf|calendar)|^application\/(json|xml|x-yaml|toml)$/;

function attachmentOf(attachment: Attachment): MailAttachment {
  const name = attachment.filename ?? attachment.description ?? '';
  const { content, mimeType } = attachment;
  const isHtml = mimeType === 'text/html';
  if (!isHtml && !TEXT_TYPES.test(mimeType)) return { name };
  let text: string;
  try {
    text = typeof content === 'string' ? content : decodeText(new Uint8Array(content)).text;
  } catch {
    return { name };
  }
  return isHtml ? { name, html: text } : { name, text };
}

async function parse(bytes: Uint8Array): Promise<Email> {
  try {
    return await PostalMime.parse(bytes, OPTIONS);
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
    throw new ExtractProblem('corrupt', `It could not be read as a mail message: ${why}.`);
  }
}

/** Reads one RFC 5322 message. Nothing that it refers to is fetched. @throws ExtractProblem 'corrupt' */
export async function readMime(bytes: Uint8Array): Promise<MailMessage & { readonly sealed: boolean }> {
  const email = await parse(bytes);
  const header = (key: string) => email.headers.find((entry) => entry.key === key)?.value ?? '';
  const contentType = header('content-type').toLowerCase();
  // Parts that only carry the pictures of the HTML body have an id and no name of their own.
  const attachments = email.attachments.filter(
    (entry) => entry.related !== true || (entry.filename ?? '') !== '',
  );
  return {
    subject: email.subject?.trim() ?? '',
    from: addressText(email.from ?? email.sender),
    to: addressList(email.to),
    cc: addressList(email.cc),
    date: header('date').trim() || (email.date ?? ''),
    isoDate: email.date ?? '',
    text: email.text ?? '',
    html: email.html ?? '',
    attachments: attachments.map(attachmentOf),
    sealed: /^(multipart\/encrypted|application\/(x-)?pkcs7-mime.*enveloped)/.test(contentType),
  };
}
