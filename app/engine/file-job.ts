import { randomUUID } from 'node:crypto';
import { type ExtractedDocument, FILE_PROBLEMS, type FileProblem } from '../contract/document.ts';
import type { FileRecord } from '../contract/file.ts';
import type { PassageDraft, StoredPassage } from '../contract/passage.ts';
import type { Scheduler } from '../contract/ports.ts';
import type { FileOutcome } from '../extract/protocol.ts';
import type { ScannedFile } from '../watch/scan.ts';
import type { EncodeBatcher, EncodedContent } from './encode-batcher.ts';

/** What it takes to give drafts their multivectors. */
export interface DraftEncoding {
  readonly contentKey: (draft: PassageDraft) => string;
  /** Contents that are in the index already, by content key. */
  readonly reusable: (keys: readonly string[]) => Promise<Map<string, EncodedContent>>;
  readonly batcher: EncodeBatcher;
}

/** What a file job needs of the engine's parts. */
export interface FileJobParts extends DraftEncoding {
  readonly scheduler: Scheduler;
  readonly extract: (path: string, size: number) => Promise<FileOutcome>;
  readonly chunk: (document: ExtractedDocument) => Promise<PassageDraft[]>;
}

/** The row to write, and its passages; `passages: null` leaves those that are there. */
export interface FileJobResult {
  readonly record: FileRecord;
  readonly passages: StoredPassage[] | null;
  readonly outcome: 'indexed' | 'unchanged' | 'problem';
}

function baseRecord(found: ScannedFile, before: FileRecord | undefined, now: number): FileRecord {
  return {
    fileId: before?.fileId ?? randomUUID(),
    path: found.path,
    root: found.root,
    size: found.size,
    modified: found.modified,
    identity: found.identity,
    contentHash: '',
    format: '',
    family: '',
    title: '',
    generation: (before?.generation ?? 0) + 1,
    passages: 0,
    problem: null,
    detail: '',
    strikes: before?.strikes ?? 0,
    indexedAt: now,
  };
}

function problemResult(base: FileRecord, problem: FileProblem, detail: string): FileJobResult {
  return {
    record: { ...base, problem, detail: detail === '' ? FILE_PROBLEMS[problem] : detail },
    passages: [],
    outcome: 'problem',
  };
}

/**
 * Takes one file through extract, chunk and encode. Multivectors are taken from the index, or from another passage
 * of the same content, wherever there is one.
 * @throws PassimError 'cancelled', or a fault of the encoder
 */
export async function runFileJob(
  found: ScannedFile,
  before: FileRecord | undefined,
  parts: FileJobParts,
): Promise<FileJobResult> {
  const base = baseRecord(found, before, parts.scheduler.now());
  if (found.notAFile) return problemResult(base, 'not-a-file', '');
  if (found.placeholder) return problemResult(base, 'placeholder', '');
  if (base.strikes >= 2)
    return problemResult(
      base,
      'crashed',
      'It ended the engine twice. "passim index --again" tries it once more.',
    );

  const extracted = await parts.extract(found.path, found.size);
  if (!extracted.ok) {
    // A file that is locked just now keeps what is known of it and is looked at again at the next scan.
    if (
      extracted.problem === 'unreadable' &&
      before !== undefined &&
      before.problem === null &&
      before.passages > 0
    ) {
      return {
        record: {
          ...before,
          path: found.path,
          root: found.root,
          detail: `${extracted.detail} What was read before can still be found.`,
        },
        passages: null,
        outcome: 'problem',
      };
    }
    return problemResult(
      { ...base, contentHash: extracted.contentHash ?? '' },
      extracted.problem,
      extracted.detail,
    );
  }

  const { document, contentHash } = extracted;
  if (
    before !== undefined &&
    before.problem === null &&
    before.passages > 0 &&
    before.contentHash === contentHash
  ) {
    const { path, root, size, modified, identity } = base;
    return {
      record: { ...before, path, root, size, modified, identity },
      passages: null,
      outcome: 'unchanged',
    };
  }
  const record: FileRecord = {
    ...base,
    contentHash: contentHash ?? '',
    format: document.format,
    family: document.family,
    title: document.title ?? '',
    detail: document.warnings.join(' '),
  };
  const drafts = await parts.chunk(document);
  if (drafts.length === 0) return problemResult(record, 'empty', '');
  const passages = await encodeDrafts(drafts, parts);
  return { record: { ...record, passages: passages.length, strikes: 0 }, passages, outcome: 'indexed' };
}

/** Gives drafts their multivectors: from the index, from another passage of the same content, or from the model. */
export async function encodeDrafts(
  drafts: readonly PassageDraft[],
  parts: DraftEncoding,
): Promise<StoredPassage[]> {
  const keys = drafts.map((draft) => parts.contentKey(draft));
  const reusable = await parts.reusable([...new Set(keys)]);
  return Promise.all(
    drafts.map(async (draft, i): Promise<StoredPassage> => {
      const contentKey = keys[i] ?? '';
      const content =
        reusable.get(contentKey) ??
        (await parts.batcher.encode({ contentKey, text: draft.context + draft.text }));
      // Only what the model made: a row read back carries more than that, of another passage.
      const { multivector, spans, dense, tokenCount } = content;
      return { ...draft, contentKey, multivector, spans, dense, tokenCount };
    }),
  );
}
