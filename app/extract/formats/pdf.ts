import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { readFields } from './pdf-forms.ts';
import { markHeadings, readOutline, titleOnFirstPage } from './pdf-headings.ts';
import { groupParagraphs, measureStyle, withoutRunningLines } from './pdf-layout.ts';
import { type PdfPage, readPage } from './pdf-lines.ts';
import { readPdfMetadata } from './pdf-metadata.ts';
import { openPdf, type PDFDocumentProxy } from './pdf-open.ts';
import { appendParagraph, WordList } from './pdf-text.ts';

/** PDF, page by page; every run of text keeps its page, text item and offset. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput) {
    const pictures = holdsPictures(input.bytes);
    const { document, close } = await openPdf(input.bytes);
    try {
      return await build(document, input, pictures);
    } finally {
      await close();
    }
  },
};

async function build(document: PDFDocumentProxy, input: ExtractInput, pictures: boolean) {
  const builder = new DocumentBuilder(input.format, input.family);
  const pages = await readPages(document, input, builder.warnings);
  const fields = await readFields(document);
  if (fields.length === 0 && !pages.some((page) => page.lines.length > 0))
    throw emptyPdf(document.numPages, pictures, builder.warnings);
  const body = withoutRunningLines(pages);
  const style = measureStyle(body);
  const paragraphs = groupParagraphs(body, style);
  const { title, metadata } = await readPdfMetadata(document);
  Object.assign(builder.metadata, metadata);
  const shown = title ?? titleOnFirstPage(paragraphs, style);
  if (shown !== null) builder.title = shown;
  markHeadings(paragraphs, await readOutline(document), style, shown);
  const words = new WordList();
  for (const { lines } of body) for (const line of lines) words.add(line.text);
  for (const paragraph of paragraphs) appendParagraph(builder, paragraph, words);
  builder.setHeadings([]);
  for (const { page, text } of fields) builder.block('entry', text, { place: { kind: 'page', page } });
  return builder.build();
}

async function readPages(
  document: PDFDocumentProxy,
  input: ExtractInput,
  warnings: string[],
): Promise<PdfPage[]> {
  const pages: PdfPage[] = [];
  const broken: number[] = [];
  const blank: number[] = [];
  let chars = 0;
  for (let number = 1; number <= document.numPages; number++) {
    const stop = chars > input.limits.textChars ? 'text' : number > 1 ? input.exhausted() : null;
    if (stop !== null) {
      const why = {
        text: 'it holds more text than the limit',
        time: 'it takes long to read',
        memory: 'it takes much memory to read',
      };
      warnings.push(`Only pages 1 to ${number - 1} of ${document.numPages} are searchable: ${why[stop]}.`);
      break;
    }
    try {
      const page = await document.getPage(number);
      const read = await readPage(page, number);
      page.cleanup();
      if (read.lines.length === 0) blank.push(number);
      for (const line of read.lines) chars += line.text.length + 1;
      pages.push(read);
    } catch {
      broken.push(number);
    }
  }
  if (broken.length === document.numPages && broken.length > 0)
    throw new ExtractProblem('corrupt', 'None of its pages can be read.');
  if (broken.length > 0) warnings.push(`${pageList(broken)} could not be read.`);
  if (blank.length > 0 && blank.length < document.numPages)
    warnings.push(`${pageList(blank)} ${blank.length === 1 ? 'has' : 'have'} no text.`);
  return pages;
}

/** "Page 3", "Pages 3, 5–9 and 20 more". */
function pageList(numbers: readonly number[]): string {
  const ranges: string[] = [];
  let shown = 0;
  for (let index = 0; index < numbers.length && ranges.length < 6; ) {
    const from = numbers[index] ?? 0;
    let last = index;
    while (numbers[last + 1] === (numbers[last] ?? 0) + 1) last += 1;
    const to = numbers[last] ?? from;
    ranges.push(from === to ? `${from}` : `${from}–${to}`);
    shown += last - index + 1;
    index = last + 1;
  }
  const rest = numbers.length - shown;
  return `${numbers.length === 1 ? 'Page' : 'Pages'} ${ranges.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/**
 * Whether the file holds pictures. Image objects are streams, and a stream's dictionary always stands in the file in
 * plain sight, so no page has to be drawn to know.
 */
function holdsPictures(bytes: Uint8Array): boolean {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = file.indexOf('/Image'); at !== -1; at = file.indexOf('/Image', at + 6)) {
    if (/\/Subtype\s*$/.test(file.toString('latin1', Math.max(0, at - 20), at))) return true;
  }
  return false;
}

function emptyPdf(pages: number, pictures: boolean, warnings: readonly string[]): ExtractProblem {
  if (pictures) return new ExtractProblem('scanned', `Its ${pages} pages are pictures without text.`);
  return new ExtractProblem('empty', ['Its pages hold no text.', ...warnings].join(' '));
}
