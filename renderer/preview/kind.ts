import type { FileResult } from '../../app/contract/search.ts';

/** How a file is shown. "passages" is the text as it was extracted, which every file has. */
export type PreviewKind = 'pdf' | 'markdown' | 'html' | 'source' | 'table' | 'image' | 'passages';

const IMAGE = /\.(png|jpe?g|gif|webp|avif|bmp)$/i;

/** The richest way that a file of this format can be shown. */
export function kindOf(file: Pick<FileResult, 'path' | 'format' | 'family'>): PreviewKind {
  if (file.format === 'pdf') return 'pdf';
  if (file.format === 'markdown') return 'markdown';
  if (file.format === 'html' || file.format === 'xhtml') return 'html';
  if (file.family === 'sheet') return 'table';
  if (IMAGE.test(file.path)) return 'image';
  if (
    file.family === 'code' ||
    file.family === 'data' ||
    file.family === 'text' ||
    file.family === 'subtitles'
  ) {
    return 'source';
  }
  return 'passages';
}

/** Largest text, in characters, that is laid out at once; larger ones are shown line by line. */
export const RICH_LIMIT = 600_000;
