import type { FormatEntry } from '../format.ts';
import { LANGUAGES } from '../languages.ts';

/** Source code. */
export const CODE_FORMATS: readonly FormatEntry[] = LANGUAGES.map((language) => ({
  format: language.format,
  family: 'code',
  extensions: language.extensions,
  ...(language.names === undefined ? {} : { names: language.names }),
  ...(language.interpreters === undefined ? {} : { interpreters: language.interpreters }),
  ...(language.accepts === undefined ? {} : { accepts: language.accepts }),
  load: () => import('../formats/code.ts'),
}));
