import { type FileRecord, fileRecordSchema, PassimError, type StoredPassage } from '../contract/index.ts';
import { type LedgerRow, rangeOf } from './ledger.ts';
import type { LedgerDraft } from './ledger-draft.ts';
import { pidsOf } from './pid-filter.ts';
import type { CommitResult, RemovalResult } from './types.ts';
import type { Operation } from './write-queue.ts';

/*
 * The changes that a store can be asked for, each as what it does to a draft of the ledger.
 */

/** @throws PassimError 'bad-request' */
export function commitOperation(
  record: FileRecord,
  passages: readonly StoredPassage[],
): Operation<CommitResult> {
  const file = checkRecord(record);
  for (const [i, { ordinal }] of passages.entries())
    if (ordinal !== i)
      throw new PassimError('bad-request', `${record.path}: passage ${i} has the ordinal ${ordinal}`, {
        subject: 'ordinal',
      });
  return {
    passages,
    draft: (draft) => {
      const before = draft.rowById(file.fileId);
      const removed = before ? pidsOf(rangeOf(before)) : [];
      const atPath = draft.rowByPath(file.path);
      if (atPath && atPath.record.fileId !== file.fileId) removed.push(...pidsOf(rangeOf(atPath)));
      const generation = (before?.record.generation ?? 0) + 1;
      const firstPid = draft.allocate(passages.length);
      const written = { ...file, generation, passages: passages.length };
      draft.put(written, firstPid);
      const { fileId } = file;
      const numbered = passages.map((passage, i) => ({ pid: firstPid + i, fileId, generation, passage }));
      const pids = numbered.map((row) => row.pid);
      return { result: { record: written, pids, removed }, passages: numbered };
    },
  };
}

/** @throws PassimError 'bad-request' */
export function recordOperation(record: FileRecord): Operation<FileRecord> {
  const file = checkRecord(record);
  return {
    passages: [],
    draft: (draft) => {
      const before = draft.rowById(file.fileId);
      const generation = before?.record.generation ?? 0;
      const passages = before?.record.passages ?? 0;
      const written = { ...file, generation, passages };
      draft.put(written, before?.firstPid ?? draft.allocate(0));
      return { result: written, passages: [] };
    },
  };
}

export function renameOperation(
  from: string,
  to: string,
  changes: Partial<Pick<FileRecord, 'root' | 'modified' | 'identity'>>,
): Operation<boolean> {
  return {
    passages: [],
    draft: (draft) => {
      const before = draft.rowByPath(from);
      if (before) draft.put({ ...before.record, ...changes, path: to }, before.firstPid);
      return { result: before !== undefined, passages: [] };
    },
  };
}

export function removeOperation(
  select: (draft: LedgerDraft) => Iterable<LedgerRow>,
): Operation<RemovalResult> {
  return {
    passages: [],
    draft: (draft) => {
      const rows = new Set(select(draft));
      const removed = [...rows].flatMap((row) => pidsOf(draft.remove(row)));
      return { result: { files: rows.size, removed }, passages: [] };
    },
  };
}

/** Has a file read again, unless it was written anew since its record was this one. */
export function unreadOperation(record: FileRecord): Operation<undefined> {
  return {
    passages: [],
    draft: (draft) => {
      const row = draft.rowById(record.fileId);
      if (row?.record.generation === record.generation) markUnread(draft, row);
      return { result: undefined, passages: [] };
    },
  };
}

/** Leaves a file without passages, and with a record that no file on the disk agrees with: it is read again. */
export function markUnread(draft: LedgerDraft, { record }: LedgerRow): void {
  const generation = record.generation + 1;
  draft.put({ ...record, contentHash: '', modified: 0, generation, passages: 0 }, draft.allocate(0));
}

function checkRecord(record: FileRecord): FileRecord {
  const parsed = fileRecordSchema.safeParse(record);
  if (parsed.success && record.fileId !== '' && record.path !== '') return parsed.data;
  const issue = parsed.success ? undefined : parsed.error.issues[0];
  const field = issue?.path.join('.') ?? (record.fileId === '' ? 'fileId' : 'path');
  throw new PassimError('bad-request', `file record ${field}: ${issue?.message ?? 'must not be empty'}`, {
    subject: field,
  });
}
