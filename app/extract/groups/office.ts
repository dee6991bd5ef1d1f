import type { FormatEntry } from '../format.ts';
import { isCompoundFile } from '../ooxml.ts';
import { firstZipEntry, startsWith, startsWithText, zipMimetype } from '../sniff.ts';

const isZip = (head: Uint8Array) => startsWith(head, 'PK\x03\x04');
/** A zip archive, or the compound file that an encrypted one is. */
const isZipOrEncrypted = (head: Uint8Array) => isZip(head) || isCompoundFile(head);

const isRtf = (head: Uint8Array) => startsWithText(head, /^\{\s*\\rtf/);
const oldOffice = () => import('../formats/old-office.ts');

/** An Office Open XML archive under any name: its folders are named in the first entries. */
const holds = (folder: string) => (head: Uint8Array) =>
  isZip(head) &&
  /^(\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/)/.test(firstZipEntry(head) ?? '') &&
  startsWith(head, `${folder}/`, 4000);

const ODF = [
  { format: 'odt', family: 'document', extensions: ['odt', 'ott', 'fodt'], media: 'text' },
  { format: 'ods', family: 'sheet', extensions: ['ods', 'ots', 'fods'], media: 'spreadsheet' },
  {
    format: 'odp',
    family: 'slides',
    extensions: ['odp', 'otp', 'fodp', 'odg', 'fodg'],
    media: 'presentation',
  },
] as const;

const OPEN_DOCUMENT: readonly FormatEntry[] = ODF.map(({ format, family, extensions, media }) => ({
  format,
  family,
  extensions,
  sniff: (head) => zipMimetype(head)?.startsWith(`application/vnd.oasis.opendocument.${media}`) ?? false,
  load: () => import('../formats/odf.ts'),
}));

/** Office documents and books. */
export const OFFICE_FORMATS: readonly FormatEntry[] = [
  {
    format: 'docx',
    family: 'document',
    extensions: ['docx', 'docm', 'dotx', 'dotm'],
    accepts: isZipOrEncrypted,
    sniff: holds('word'),
    load: () => import('../formats/docx.ts'),
  },
  {
    format: 'xlsx',
    family: 'sheet',
    extensions: ['xlsx', 'xlsm', 'xltx', 'xltm', 'xlsb'],
    accepts: isZipOrEncrypted,
    sniff: holds('xl'),
    load: () => import('../formats/xlsx.ts'),
  },
  {
    format: 'pptx',
    family: 'slides',
    extensions: ['pptx', 'pptm', 'ppsx', 'ppsm', 'potx', 'potm'],
    accepts: isZipOrEncrypted,
    sniff: holds('ppt'),
    load: () => import('../formats/pptx.ts'),
  },
  ...OPEN_DOCUMENT,
  {
    format: 'rtf',
    family: 'document',
    extensions: ['rtf'],
    accepts: isRtf,
    sniff: isRtf,
    load: () => import('../formats/rtf.ts'),
  },
  {
    format: 'doc',
    family: 'document',
    extensions: ['doc', 'dot', 'wbk'],
    // Word opens RTF, HTML and docx under this name, so they occur.
    accepts: isCompoundFile,
    load: () => import('../formats/doc.ts'),
  },
  {
    format: 'xls',
    family: 'sheet',
    extensions: ['xls', 'xlt', 'xla'],
    accepts: isCompoundFile,
    load: oldOffice,
  },
  {
    format: 'ppt',
    family: 'slides',
    extensions: ['ppt', 'pps', 'pot'],
    accepts: isCompoundFile,
    load: oldOffice,
  },
  {
    format: 'epub',
    family: 'book',
    extensions: ['epub'],
    sniff: (head) => zipMimetype(head)?.startsWith('application/epub+zip') ?? false,
    load: () => import('../formats/epub.ts'),
  },
];
