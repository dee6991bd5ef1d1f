import { posix } from 'node:path';
import type { ExtractedDocument, Place } from '../../contract/document.ts';
import { DocumentBuilder } from '../builder.ts';
import { type ExtractInput, ExtractProblem, type FormatExtractor } from '../format.ts';
import { type HtmlBlock, type HtmlPage, readHtmlPage } from '../html-page.ts';
import { decodeXml, findAll, optionalTree, readXmlTree, requiredPart, type XmlElement } from '../xml.ts';
import { Archive } from '../zip.ts';

/** Algorithms that only hide fonts; everything else in encryption.xml is rights management. */
const FONT_HIDING = /(idpf\.org\/2008\/embedding|ns\.adobe\.com\/pdf\/enc#RC)/;

async function refuseProtected(archive: Archive): Promise<void> {
  const tree = await optionalTree(archive, 'META-INF/encryption.xml');
  if (tree === null) return;
  const methods = findAll(tree, 'EncryptionMethod').concat(findAll(tree, 'enc:EncryptionMethod'));
  if (
    archive.has('META-INF/rights.xml') ||
    methods.some((method) => !FONT_HIDING.test(method.attributes.Algorithm ?? ''))
  ) {
    throw new ExtractProblem('encrypted', 'It is protected by rights management.');
  }
}

/** Elements of a package document, whose namespace producers forget now and then. */
function elements(tree: XmlElement, name: string): XmlElement[] {
  return [...findAll(tree, `opf:${name}`), ...findAll(tree, name)];
}

function decodeTarget(folder: string, href: string): string {
  const path = href.split('#')[0] ?? '';
  let decoded = path;
  try {
    decoded = decodeURIComponent(path);
  } catch {
    // A stray percent sign is meant as it is.
  }
  return posix.join(folder, decoded);
}

function readMetadata(builder: DocumentBuilder, opf: XmlElement): void {
  const text = (name: string) => findAll(opf, name)[0]?.text.replace(/\s+/g, ' ').trim() ?? '';
  builder.title = text('dc:title');
  for (const [key, name] of [
    ['author', 'dc:creator'],
    ['language', 'dc:language'],
    ['publisher', 'dc:publisher'],
    ['date', 'dc:date'],
    ['subject', 'dc:subject'],
    ['description', 'dc:description'],
  ] as const) {
    const value = text(name);
    if (value !== '') builder.metadata[key] = value.slice(0, 1000);
  }
}

/** Entries of the table of contents: the title of each file's beginning, and all of them. */
interface Contents {
  readonly titles: Map<string, string>;
  readonly labels: Set<string>;
}

/** Titles of the chapters by file, from the navigation document or the NCX. */
async function readContents(
  archive: Archive,
  folder: string,
  items: readonly XmlElement[],
): Promise<Contents> {
  const titles = new Map<string, string>();
  const labels = new Set<string>();
  const add = (base: string, href: string | undefined, text: string) => {
    const clean = text.replace(/\s+/g, ' ').trim();
    if (href === undefined || clean === '' || clean.length > 200) return;
    labels.add(clean);
    const target = decodeTarget(base, href);
    if (!titles.has(target)) titles.set(target, clean);
  };
  for (const item of items) {
    const href = item.attributes.href ?? '';
    const isNav = (item.attributes.properties ?? '').split(/\s+/).includes('nav');
    const isNcx = item.attributes['media-type'] === 'application/x-dtbncx+xml';
    if (!isNav && !isNcx) continue;
    const part = decodeTarget(folder, href);
    const tree = await optionalTree(archive, part);
    if (tree === null) continue;
    const base = posix.dirname(part);
    for (const link of findAll(tree, 'a')) add(base, link.attributes.href, link.text);
    for (const point of findAll(tree, 'navPoint')) {
      const content = point.children.find((entry) => entry.name === 'content');
      const label = point.children.find((entry) => entry.name === 'navLabel');
      add(base, content?.attributes.src, label?.text ?? '');
    }
  }
  return { titles, labels };
}

/** EPUB 2 and 3: the chapters of the spine in reading order, with the headings in them. */
export const extractor: FormatExtractor = {
  async extract(input: ExtractInput): Promise<ExtractedDocument> {
    const archive = await Archive.open(input.bytes);
    await refuseProtected(archive);
    const container = readXmlTree(await requiredPart(archive, 'META-INF/container.xml'));
    const rootfile = [...findAll(container, 'container:rootfile'), ...findAll(container, 'rootfile')][0];
    const opfName = rootfile?.attributes['full-path'];
    if (opfName === undefined)
      throw new ExtractProblem('corrupt', 'META-INF/container.xml names no package document.');
    const opf = readXmlTree(await requiredPart(archive, opfName));
    const folder = posix.dirname(opfName);
    const items = elements(opf, 'item');
    const byId = new Map(items.map((item) => [item.attributes.id ?? '', item]));
    const builder = new DocumentBuilder('epub', 'book');
    readMetadata(builder, opf);
    const contents = await readContents(archive, folder, items);
    let chapter = 0;
    for (const reference of elements(opf, 'itemref')) {
      const item = byId.get(reference.attributes.idref ?? '');
      if (item === undefined || (item.attributes.properties ?? '').split(/\s+/).includes('nav')) continue;
      const part = decodeTarget(folder, item.attributes.href ?? '');
      const bytes = await archive.read(part);
      if (bytes === null) {
        builder.warnings.push(`The chapter ${part} is missing from the file.`);
        continue;
      }
      chapter += 1;
      writeChapter(builder, decodeXml(bytes), chapter, contents.titles.get(part), contents.labels);
      if (builder.length > input.limits.textChars) break;
    }
    if (chapter === 0) throw new ExtractProblem('corrupt', 'Its package document names no chapter.');
    return builder.build();
  },
};

/** List items that only repeat the table of contents, when a page has many of them. */
function repeatsContents(page: HtmlPage, labels: ReadonlySet<string>): ReadonlySet<HtmlBlock> {
  const repeated = page.blocks.filter(
    (block) =>
      (block.kind === 'list-item' || block.kind === 'paragraph') &&
      labels.has(blockText(block).replace(/^[\d.]+\s+/, '')),
  );
  return new Set(repeated.length >= 5 ? repeated : []);
}

function blockText(block: HtmlBlock): string {
  return block.pieces
    .map((piece) => piece.text)
    .join('')
    .replace(/\s+/g, ' ')
    .trim();
}

function writeChapter(
  builder: DocumentBuilder,
  html: string,
  chapter: number,
  listed: string | undefined,
  labels: ReadonlySet<string>,
): void {
  const page = readHtmlPage(html);
  const heading = page.blocks.find((block) => block.kind === 'heading');
  const own = heading === undefined ? undefined : blockText(heading);
  const title = listed ?? own;
  const place: Place = {
    kind: 'chapter',
    chapter,
    ...(title === undefined ? {} : { title: title.slice(0, 200) }),
  };
  // A chapter without a heading goes under its title in the table of contents.
  builder.setHeadings(heading === undefined && title !== undefined && title !== builder.title ? [title] : []);
  const repeated = repeatsContents(page, labels);
  for (const block of page.blocks) {
    if (repeated.has(block)) continue;
    const text = block.pieces.map((piece) => piece.text).join('');
    if (block.kind === 'heading') builder.heading(block.level ?? 1, text, { place });
    else builder.block(block.kind, text, { place });
  }
}
