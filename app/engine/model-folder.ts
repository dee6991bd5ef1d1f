import { PassimError } from '../contract/errors.ts';
import { packageFile } from './package-file.ts';

/** Folder of the model package that ships with Passim. */
export function defaultModelFolder(): string {
  const folder = packageFile('models/default');
  if (folder !== null) return folder;
  throw new PassimError(
    'model-missing',
    'The model package that ships with Passim (models/default) is missing. Install Passim again.',
    { subject: 'models/default' },
  );
}
