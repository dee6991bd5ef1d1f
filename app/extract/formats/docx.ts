import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import type { ExtractInput, FormatExtractor } from '../format.ts';
import { mainPart, openOffice, readProperties, relationships } from '../ooxml.ts';
import { soleHeading } from '../titles.ts';
import { optionalTree, requiredPart } from '../xml.ts';
import type { Archive } from '../zip.ts';
import { readStory, type StoryParagraph, writeStory } from './docx-story.ts';
import { readStyles } from './docx-styles.ts';

/** Notes or comments of a part, by id: their text, paragraphs joined by line breaks. */
async function readNotes(
  archive: Archive,
  part: string | undefined,
  element: string,
  styles: Parameters<typeof readStory>[1],
): Promise<ReadonlyMap<string, string>> {
  const notes = new Map<string, string>();
  if (part === undefined || !archive.has(part)) return notes;
  const paragraphs: (StoryParagraph & { owner: string })[] = [];
  let owner = '';
  readStory(
    await requiredPart(archive, part),
    styles,
    (paragraph) => paragraphs.push({ ...paragraph, owner }),
    {
      open(name, attributes) {
        if (name !== element) return;
        const type = attributes['w:type'];
        const author = attributes['w:author'];
        owner = type === undefined || type === 'normal' ? (attributes['w:id'] ?? '') : '';
        if (author !== undefined && author !== '') notes.set(owner, `${author}:`);
      },
    },
  );
  for (const paragraph of paragraphs) {
    if (paragraph.owner === '') continue;
    const before = notes.get(paragraph.owner);
    const text = paragraph.text.trim();
    notes.set(
      paragraph.owner,
      before === undefined ? text : `${before}${before.endsWith(':') ? ' ' : '\n'}${text}`,
    );
  }
  return notes;
}

/** Word documents: the main story with headings, lists, tables, notes and comments; no headers and footers. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const archive = await openOffice(input.bytes);
    const builder = new DocumentBuilder('docx', 'document');
    const main = await mainPart(archive, 'word/document.xml');
    const related = await relationships(archive, main);
    const target = (type: string) => related.find((entry) => entry.type === type)?.target;
    const styles = readStyles(await optionalTree(archive, target('styles') ?? 'word/styles.xml'));
    const notes = {
      footnotes: await readNotes(archive, target('footnotes'), 'w:footnote', styles),
      endnotes: await readNotes(archive, target('endnotes'), 'w:endnote', styles),
      comments: await readNotes(archive, target('comments'), 'w:comment', styles),
    };
    const metadataTitle = await readProperties(archive, builder);
    const paragraphs: StoryParagraph[] = [];
    readStory(await requiredPart(archive, main), styles, (paragraph) => paragraphs.push(paragraph));
    const styled = paragraphs.find((entry) => entry.role.title && entry.text.trim() !== '');
    const headings = paragraphs.map(({ role, text }) => ({ level: role.level, text }));
    builder.title = styled?.text ?? metadataTitle ?? soleHeading(headings);
    writeStory(builder, paragraphs, notes);
    return builder.build();
  },
};
