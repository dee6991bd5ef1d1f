import type { FormatEntry } from '../format.ts';
import { isCompoundFile } from '../ooxml.ts';
import { startsWith, zipMimetype } from '../sniff.ts';

const isZip = (head: Uint8Array) => startsWith(head, 'PK\x03\x04');
/** A zip archive, or the compound file that an encrypted one is. */
const isZipOrEncrypted = (head: Uint8Array) => isZip(head) || isCompoundFile(head);

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

/** Office documents, mail, books, notebooks, data tables and subtitles. */
export const OFFICE_FORMATS: readonly FormatEntry[] = [
  {
    format: 'docx',
    family: 'document',
    extensions: ['docx', 'docm', 'dotx', 'dotm'],
    accepts: isZipOrEncrypted,
    load: () => import('../formats/docx.ts'),
  },
  {
    format: 'xlsx',
    family: 'sheet',
    extensions: ['xlsx', 'xlsm', 'xltx', 'xltm', 'xlsb'],
    accepts: isZipOrEncrypted,
    load: () => import('../formats/xlsx.ts'),
  },
  {
    format: 'pptx',
    family: 'slides',
    extensions: ['pptx', 'pptm', 'ppsx', 'ppsm', 'potx', 'potm'],
    accepts: isZipOrEncrypted,
    load: () => import('../formats/pptx.ts'),
  },
  ...OPEN_DOCUMENT,
];
