import type { PDFDocumentProxy } from 'pdfjs-dist';

const MAX_CHARS = 2000;
/** Titles that programs put there of themselves. */
const NO_TITLE = /^(?:untitled|no title|title|document\d*|slide \d+|presentation\d*|\d+|.{0,2})$/i;
const FILE_NAME = /\.(?:docx?|dvi|tex|indd|qxd|pdf|pptx?|xlsx?|odt|rtf|txt|html?|ps|fm|wpd|pages|cdr)$/i;

/** The title of the document's properties, or null when it is missing or plainly not a title. */
function saneTitle(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const title = value
    .replace(/\0/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^Microsoft (?:Word|PowerPoint|Excel) - /i, '');
  if (NO_TITLE.test(title) || FILE_NAME.test(title) || title.length > 300) return null;
  return /\p{L}{2}/u.test(title) && !/[\ufffd\p{Co}]/u.test(title) ? title : null;
}

/** PDF date "D:20240131120000+01'00'" (ISO 32000-1 §7.9.4) as ISO 8601, or null. */
function isoDate(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const parts = /^D:(\d{4})(\d\d)?(\d\d)?(?:(\d\d)(\d\d)(\d\d)?)?/.exec(value);
  if (parts === null) return null;
  const [, year, month = '01', day = '01', hour, minute] = parts;
  return hour === undefined ? `${year}-${month}-${day}` : `${year}-${month}-${day}T${hour}:${minute}`;
}

/** Title, author, subject, keywords, dates and language as the file states them; a damaged record counts as none. */
export async function readPdfMetadata(
  document: PDFDocumentProxy,
): Promise<{ title: string | null; metadata: Record<string, string> }> {
  const fields: Record<string, string> = {};
  try {
    const { info, metadata } = await document.getMetadata();
    const record: Readonly<Record<string, unknown>> = { ...info };
    const put = (name: string, value: unknown) => {
      const text = typeof value === 'string' ? value.replace(/[\0\s]+/g, ' ').trim() : '';
      if (text !== '') fields[name] = text.slice(0, MAX_CHARS);
    };
    put('author', record.Author);
    put('subject', record.Subject);
    put('keywords', record.Keywords);
    put('language', record.Language);
    put('created', isoDate(record.CreationDate));
    const title = saneTitle(record.Title) ?? saneTitle((metadata as XmpLike | null)?.get('dc:title'));
    return { title, metadata: fields };
  } catch {
    return { title: null, metadata: fields };
  }
}

/** XMP metadata as pdf.js gives it; its types leave out that it may be missing. */
interface XmpLike {
  get(name: string): unknown;
}
