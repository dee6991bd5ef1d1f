import { join } from 'node:path';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { settingsSchema } from '../../app/contract/settings.ts';
import { IndexCore } from '../../app/engine/core.ts';
import { type Dataset, readDataset } from '../../app/eval/dataset.ts';

/** What stands before a document's id in the index of a collection. */
const ROOT = 'documents:';

/** Where collections in the BEIR layout lie, and an index of each by the same name that `passim eval` made. */
export interface CollectionPlaces {
  readonly data: string;
  readonly homes: string;
}

/** Opens a collection and its index for reading, at the default setting. */
export async function openCollection(
  name: string,
  { data, homes }: CollectionPlaces,
): Promise<{ data: Dataset; core: IndexCore }> {
  const core = await IndexCore.open({
    directory: join(homes, name),
    cache: join(homes, 'cache'),
    settings: settingsSchema.parse({}),
    scheduler: systemScheduler,
    logger: silentLogger,
    mode: 'read',
  });
  return { data: readDataset(join(data, name)), core };
}

/** A document's id by the path that its file has in the index. */
export function documentOf({ path }: { readonly path: string }): string {
  return path.slice(ROOT.length);
}
