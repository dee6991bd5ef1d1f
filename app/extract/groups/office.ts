import type { FormatEntry } from '../format.ts';
import { isCompoundFile } from '../ooxml.ts';
import { startsWith } from '../sniff.ts';

const isZip = (head: Uint8Array) => startsWith(head, 'PK\x03\x04');
/** A zip archive, or the compound file that an encrypted one is. */
const isZipOrEncrypted = (head: Uint8Array) => isZip(head) || isCompoundFile(head);

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
];
