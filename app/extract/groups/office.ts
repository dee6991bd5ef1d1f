import type { FormatEntry } from '../format.ts';

/** Office documents, mail, books, notebooks, data tables and subtitles. */
export const OFFICE_FORMATS: readonly FormatEntry[] = [];
