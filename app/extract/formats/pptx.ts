import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { mainPart, openOffice, readProperties, relationships } from '../ooxml.ts';
import { decodeXml, findAll, optionalTree, readXmlTree, requiredPart } from '../xml.ts';
import type { Archive } from '../zip.ts';
import { readGraphic, readSlide } from './pptx-slide.ts';

const KINDS = { text: 'paragraph', list: 'list-item', row: 'row' } as const;

/** Charts and SmartArt stand in parts of their own. */
async function writeGraphics(
  builder: DocumentBuilder,
  archive: Archive,
  parts: readonly string[],
  place: Place,
): Promise<void> {
  for (const part of parts) {
    const bytes = await archive.read(part);
    if (bytes !== null) builder.block('caption', readGraphic(decodeXml(bytes)).join('\n'), { place });
  }
}

async function writeComments(
  builder: DocumentBuilder,
  archive: Archive,
  part: string,
  place: Place,
): Promise<void> {
  const tree = await optionalTree(archive, part);
  for (const comment of tree === null ? [] : [...findAll(tree, 'p:cm'), ...findAll(tree, 'p188:cm')]) {
    const texts = [...findAll(comment, 'p:text'), ...findAll(comment, 'a:t')];
    const text = texts
      .map((element) => element.text)
      .join(' ')
      .trim();
    if (text !== '') builder.block('caption', `Comment: ${text}`, { place });
  }
}

async function writeSlide(
  builder: DocumentBuilder,
  archive: Archive,
  part: string,
  slide: number,
): Promise<string | undefined> {
  const place: Place = { kind: 'slide', slide, part: 'body' };
  const related = await relationships(archive, part);
  const paragraphs = readSlide(await requiredPart(archive, part));
  const title = paragraphs
    .filter((paragraph) => paragraph.kind === 'title')
    .map((paragraph) => paragraph.text)
    .join(' ');
  builder.setHeadings([]);
  builder.heading(1, title, { place });
  for (const { kind, text } of paragraphs) {
    if (kind !== 'title') builder.block(KINDS[kind], text, { place });
  }
  const graphics = related.filter(({ type }) => type === 'chart' || type === 'diagramData');
  await writeGraphics(
    builder,
    archive,
    graphics.map(({ target }) => target),
    place,
  );
  for (const { type, target } of related) {
    if (type === 'comments') await writeComments(builder, archive, target, place);
    if (type !== 'notesSlide') continue;
    const notes = await archive.read(target);
    for (const { text } of notes === null ? [] : readSlide(decodeXml(notes))) {
      builder.block('paragraph', text, { place: { kind: 'slide', slide, part: 'notes' } });
    }
  }
  return title === '' ? undefined : title;
}

/** Presentations: slide by slide, titles as headings, tables as rows, speaker notes after each slide. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const archive = await openOffice(input.bytes);
    const builder = new DocumentBuilder('pptx', 'slides');
    const main = await mainPart(archive, 'ppt/presentation.xml');
    const presentation = readXmlTree(await requiredPart(archive, main));
    const related = await relationships(archive, main);
    builder.title = await readProperties(archive, builder);
    let firstTitle: string | undefined;
    let slide = 0;
    for (const element of findAll(presentation, 'p:sldId')) {
      slide += 1;
      const part = related.find((entry) => entry.id === element.attributes['r:id'])?.target;
      if (part === undefined || !archive.has(part)) {
        builder.warnings.push(`Slide ${slide} is missing from the file.`);
        continue;
      }
      const title = await writeSlide(builder, archive, part, slide);
      firstTitle ??= title;
    }
    builder.title ??= firstTitle;
    return builder.build();
  },
};
