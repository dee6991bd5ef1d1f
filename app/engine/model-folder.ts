import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { PassimError } from '../contract/errors.ts';

/** Folder of the model package that ships with Passim: two folders up from the sources, three from dist/. */
export function defaultModelFolder(): string {
  for (const up of ['../../models/default', '../../../models/default']) {
    const folder = fileURLToPath(new URL(up, import.meta.url));
    if (existsSync(folder)) return folder;
  }
  throw new PassimError(
    'model-missing',
    'The model package that ships with Passim (models/default) is missing. Install Passim again.',
    { subject: 'models/default' },
  );
}
