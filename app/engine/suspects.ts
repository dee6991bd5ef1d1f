import { randomUUID } from 'node:crypto';
import type { FileRecord } from '../contract/file.ts';
import type { IndexCore } from './core.ts';

/** Gives a strike to each file that was being worked on when the engine died; it stays in the ledger. */
export async function strikeSuspects(
  core: IndexCore,
  suspects: readonly string[],
  rootOf: (path: string) => string | undefined,
): Promise<void> {
  for (const path of suspects) {
    const record = core.store.ledger.fileByPath(path);
    const root = record?.root ?? rootOf(path);
    if (root === undefined) continue;
    if (record !== undefined) await core.writer.setRecord({ ...record, strikes: record.strikes + 1 });
    else await core.commit(struckRecord(path, root), []);
  }
}

/** A row for a file that has none yet; its impossible time makes the next comparison look at it again. */
function struckRecord(path: string, root: string): FileRecord {
  return {
    fileId: randomUUID(),
    path,
    root,
    size: 0,
    modified: -1,
    identity: '',
    contentHash: '',
    format: '',
    family: '',
    title: '',
    generation: 0,
    passages: 0,
    problem: 'crashed',
    detail: 'The engine ended while it was read; it is looked at once more.',
    strikes: 1,
    indexedAt: 0,
  };
}
