import { posix } from 'node:path';
import type { DocumentBuilder } from './builder.ts';
import { ExtractProblem } from './format.ts';
import { startsWith } from './sniff.ts';
import { usableTitle } from './titles.ts';
import { child, findAll, optionalTree } from './xml.ts';
import { Archive } from './zip.ts';

/** First bytes of a compound file (MS-CFB 2.2): old Office files and encrypted new ones. */
export const COMPOUND_FILE = '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1';

export function isCompoundFile(head: Uint8Array): boolean {
  return startsWith(head, COMPOUND_FILE);
}

/** Whether a compound file has a stream of that name (directory names are UTF-16LE, MS-CFB 2.6.1). */
export function compoundHas(bytes: Uint8Array, stream: string): boolean {
  const name = Buffer.from(`${stream}\0`, 'utf16le');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(name);
}

/**
 * Opens an Office Open XML file.
 * @throws ExtractProblem 'encrypted' for a password-protected one (MS-OFFCRYPTO 2.3: a compound file with the
 * stream EncryptedPackage), 'unsupported' for a binary file of an older Office, 'corrupt'
 */
export async function openOffice(bytes: Uint8Array): Promise<Archive> {
  if (isCompoundFile(bytes)) {
    if (compoundHas(bytes, 'EncryptedPackage')) {
      throw new ExtractProblem('encrypted', 'It is protected by a password.');
    }
    throw new ExtractProblem('unsupported', 'It is a binary file of an older Office under a new name.');
  }
  return Archive.open(bytes);
}

export interface Relationship {
  readonly id: string;
  /** Last segment of the type, e.g. "slide", "styles". */
  readonly type: string;
  /** Name of the part within the archive. */
  readonly target: string;
}

/** Relationships of a part ("" for the package's own), in document order; external ones are left out. */
export async function relationships(archive: Archive, part: string): Promise<Relationship[]> {
  const folder = posix.dirname(part);
  const name = part === '' ? '_rels/.rels' : posix.join(folder, '_rels', `${posix.basename(part)}.rels`);
  const tree = await optionalTree(archive, name);
  if (tree === null) return [];
  const found: Relationship[] = [];
  for (const element of findAll(tree, 'rel:Relationship')) {
    const { Id, Type, Target, TargetMode } = element.attributes;
    if (Id === undefined || Type === undefined || Target === undefined || TargetMode === 'External') continue;
    const target = Target.startsWith('/') ? Target.slice(1) : posix.join(part === '' ? '' : folder, Target);
    found.push({ id: Id, type: Type.slice(Type.lastIndexOf('/') + 1), target });
  }
  return found;
}

/** Name of the main part (the document, the workbook, the presentation). */
export async function mainPart(archive: Archive, fallback: string): Promise<string> {
  const relation = (await relationships(archive, '')).find((entry) => entry.type === 'officeDocument');
  if (relation !== undefined && archive.has(relation.target)) return relation.target;
  if (archive.has(fallback)) return fallback;
  throw new ExtractProblem('corrupt', `The archive has no ${fallback}.`);
}

const PROPERTIES: Readonly<Record<string, string>> = {
  'dc:creator': 'author',
  'dc:subject': 'subject',
  'dc:description': 'description',
  'cp:keywords': 'keywords',
  'dc:language': 'language',
  'dcterms:created': 'created',
  'dcterms:modified': 'modified',
};

/** Puts the core properties into the metadata; returns the title that they give. */
export async function readProperties(
  archive: Archive,
  builder: DocumentBuilder,
): Promise<string | undefined> {
  const relation = (await relationships(archive, '')).find((entry) => entry.type === 'core-properties');
  const tree = await optionalTree(archive, relation?.target ?? 'docProps/core.xml').catch(() => null);
  const core = tree === null ? undefined : child(tree, 'cp:coreProperties');
  for (const element of core?.children ?? []) {
    const key = PROPERTIES[element.name];
    const value = element.text.trim();
    if (key !== undefined && value !== '') builder.metadata[key] = value.slice(0, 1000);
  }
  return usableTitle(child(core, 'dc:title')?.text);
}
