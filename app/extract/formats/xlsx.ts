import type { ExtractedDocument } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { mainPart, openOffice, type Relationship, readProperties, relationships } from '../ooxml.ts';
import { type KnownTable, writeTable } from '../tables.ts';
import { child, decodeXml, findAll, optionalTree, readXmlTree, requiredPart } from '../xml.ts';
import type { Archive } from '../zip.ts';
import { readFormats, readStrings } from './xlsx-cells.ts';
import { readSheet, readTable, type Workbook } from './xlsx-sheet.ts';

async function knownTables(archive: Archive, related: readonly Relationship[]): Promise<KnownTable[]> {
  const tables: KnownTable[] = [];
  for (const { type, target } of related) {
    const tree = type === 'table' ? await optionalTree(archive, target) : null;
    const table = tree === null ? null : readTable(tree);
    if (table !== null) tables.push(table);
  }
  return tables;
}

/** Comments on cells and the text of shapes drawn on the sheet. */
async function writeRemarks(
  builder: DocumentBuilder,
  archive: Archive,
  related: readonly Relationship[],
  sheet: string,
): Promise<void> {
  for (const { type, target } of related) {
    if (type !== 'comments' && type !== 'drawing' && type !== 'threadedComment') continue;
    const tree = await optionalTree(archive, target);
    if (tree === null) continue;
    for (const comment of findAll(tree, 's:comment')) {
      const cell = comment.attributes.ref;
      const text = findAll(comment, 's:t')
        .map((element) => element.text)
        .join('')
        .trim();
      // Excel writes a threaded comment a second time with this notice for programs that don't know them.
      if (text.startsWith('[Threaded comment]')) continue;
      builder.block('caption', text, {
        place: { kind: 'sheet', sheet, ...(cell === undefined ? {} : { cell }) },
      });
    }
    for (const comment of findAll(tree, 'threadedComment')) {
      const cell = comment.attributes.ref;
      builder.block('caption', child(comment, 'text')?.text.trim() ?? '', {
        place: { kind: 'sheet', sheet, ...(cell === undefined ? {} : { cell }) },
      });
    }
    for (const shape of findAll(tree, 'xdr:txBody')) {
      const lines = findAll(shape, 'a:p').map((paragraph) => paragraph.text.trim());
      builder.block('caption', lines.join('\n').trim(), { place: { kind: 'sheet', sheet } });
    }
  }
}

/** Workbooks: every sheet's rows as displayed, each cell with its place. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const archive = await openOffice(input.bytes);
    if (archive.has('xl/workbook.bin')) {
      throw new ExtractProblem(
        'unsupported',
        'It is a binary workbook (xlsb); save it as xlsx to search it.',
      );
    }
    const builder = new DocumentBuilder('xlsx', 'sheet');
    const main = await mainPart(archive, 'xl/workbook.xml');
    const workbook = readXmlTree(await requiredPart(archive, main));
    const related = await relationships(archive, main);
    const target = (type: string) => related.find((entry) => entry.type === type)?.target;
    const strings = await archive.read(target('sharedStrings') ?? 'xl/sharedStrings.xml');
    const date1904 = findAll(workbook, 's:workbookPr')[0]?.attributes.date1904;
    const book: Workbook = {
      strings: strings === null ? [] : readStrings(decodeXml(strings)),
      formats: readFormats(await optionalTree(archive, target('styles') ?? 'xl/styles.xml')),
      date1904: date1904 === '1' || date1904 === 'true',
    };
    builder.title = await readProperties(archive, builder);
    for (const element of findAll(workbook, 's:sheet')) {
      const name = element.attributes.name ?? 'Sheet';
      const part = related.find((entry) => entry.id === element.attributes['r:id'])?.target;
      const bytes = part === undefined ? null : await archive.read(part);
      if (part === undefined || bytes === null) {
        builder.warnings.push(`The sheet "${name}" is missing from the file.`);
        continue;
      }
      const own = await relationships(archive, part);
      const rows = readSheet(decodeXml(bytes), book, name);
      builder.setHeadings([]);
      if (rows.length > 0) builder.heading(1, name, { place: { kind: 'sheet', sheet: name } });
      else builder.setHeadings([name]);
      writeTable(builder, rows, { header: 'guess', known: await knownTables(archive, own) });
      await writeRemarks(builder, archive, own, name);
    }
    return builder.build();
  },
};
