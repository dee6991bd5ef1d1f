import type { FormatEntry } from '../format.ts';

/** Source code. */
export const CODE_FORMATS: readonly FormatEntry[] = [];
