import { Index } from '@lancedb/lancedb';
import { type FileRecord, PassimError, type Scheduler, type StoredPassage } from '../contract/index.ts';
import type { Backup } from './backup.ts';
import { LanceReader, type ReaderParts } from './lance-reader.ts';
import { type Ledger, rangeOf } from './ledger.ts';
import { LedgerDraft } from './ledger-draft.ts';
import { readLedger } from './ledger-io.ts';
import { ledgerTable } from './ledger-rows.ts';
import { compact, MANY_UNINDEXED, MaintenanceClock } from './maintenance.ts';
import { removeUnnamed } from './merge-fragments.ts';
import {
  commitOperation,
  markUnread,
  recordOperation,
  removeOperation,
  renameOperation,
  unreadOperation,
} from './operations.ts';
import { type NumberedPassage, passageTable } from './passage-rows.ts';
import { tagOf } from './passage-words.ts';
import { pidsOf, predicateChunks, sortedPids, toRanges } from './pid-filter.ts';
import type { Comparison, RowNumbers } from './reconcile.ts';
import { messageOf } from './store-errors.ts';
import { connectTo } from './tables.ts';
import type {
  CommitResult,
  PassageVectors,
  PidRange,
  RemovalResult,
  StoreChanges,
  StoreWriter,
} from './types.ts';
import { validatePassage } from './validate.ts';
import { vectorTable } from './vector-rows.ts';
import type { WordedPassage } from './word-index/build-segment.ts';
import { packText } from './words.ts';
import { WriteQueue } from './write-queue.ts';
import type { WriterLock } from './writer-lock.ts';

const MAX_PID = 0xffff_ffff;
/** Rows that go into one LanceDB write: about 25 MB of vectors. */
const ROWS_PER_WRITE = 4096;
const DEFAULT_BATCH_PASSAGES = 1024;
const DEFAULT_DELAY_MS = 500;
/** LanceDB's name for a full-text index of the column `words`. */
const LANCE_WORD_INDEX = 'words_idx';

export interface WriterParts extends ReaderParts {
  readonly lock: WriterLock;
  readonly backup: Backup;
  readonly scheduler: Scheduler;
  readonly batchPassages?: number;
  readonly delayMs?: number;
}

export class LanceWriter extends LanceReader implements StoreWriter {
  readonly #lock: WriterLock;
  readonly #backup: Backup;
  readonly #queue: WriteQueue;
  readonly #clock: MaintenanceClock;
  /** Rows of passages and vectors that nothing names, to be deleted. */
  #stale: PidRange[] = [];
  #hasIndices = false;
  /** Set after a failed write: whether it took effect has to be read from the disk. */
  #uncertain = false;
  /** Ids of files with damaged rows that are being taken out. */
  readonly #forgotten = new Set<string>();
  readonly #listeners = new Set<(pids: readonly number[]) => void>();
  #closing: Promise<void> | null = null;

  constructor(parts: WriterParts, ledger: Ledger) {
    super(parts, ledger, true);
    this.#lock = parts.lock;
    this.#backup = parts.backup;
    this.#queue = new WriteQueue({
      scheduler: parts.scheduler,
      logger: parts.logger,
      batchPassages: parts.batchPassages ?? DEFAULT_BATCH_PASSAGES,
      delayMs: parts.delayMs ?? DEFAULT_DELAY_MS,
      write: (draftAll) => this.#write(draftAll),
    });
    this.#clock = new MaintenanceClock(parts.scheduler, parts.logger, ledger.passages, () =>
      this.#lookAfter(false),
    );
  }

  /** A writer sees what it writes. */
  protected override async renew(_force: boolean): Promise<StoreChanges> {
    return { added: [], removed: [] };
  }

  async commitFile(record: FileRecord, passages: readonly StoredPassage[]): Promise<CommitResult> {
    for (const passage of passages) validatePassage(passage, this.shape, record.path);
    return this.#queue.push(commitOperation(record, passages));
  }

  async setRecord(record: FileRecord): Promise<FileRecord> {
    return this.#queue.push(recordOperation(record));
  }

  renameFile(
    from: string,
    to: string,
    changes: Partial<Pick<FileRecord, 'root' | 'modified' | 'identity'>> = {},
  ): Promise<boolean> {
    return this.#queue.push(renameOperation(from, to, changes));
  }

  deleteFiles(paths: readonly string[]): Promise<RemovalResult> {
    return this.#queue.push(removeOperation((draft) => paths.flatMap((path) => draft.rowByPath(path) ?? [])));
  }

  deleteRoot(root: string): Promise<RemovalResult> {
    return this.#queue.push(
      removeOperation((draft) => [...draft.currentRows()].filter((row) => row.record.root === root)),
    );
  }

  onRemoved(listener: (pids: readonly number[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  override async findByContentKey(keys: readonly string[]): Promise<Map<string, PassageVectors>> {
    const found = await super.findByContentKey(keys);
    if (found.size === keys.length) return found;
    const missing = new Set(keys.filter((key) => !found.has(key)));
    for (const passage of this.#queue.pending())
      if (missing.has(passage.contentKey)) found.set(passage.contentKey, passage);
    return found;
  }

  flush(): Promise<void> {
    return this.#queue.flush();
  }

  /** Vectors and passages first, the ledger last: its row is what makes them count. */
  async #write(draftAll: (draft: LedgerDraft) => NumberedPassage[]): Promise<void> {
    this.openingRows = null;
    if (this.#uncertain) await this.#readBack();
    const draft = new LedgerDraft(this.current);
    const drafted = draftAll(draft);
    if (draft.nextPid > MAX_PID)
      throw new PassimError('index-corrupt', 'All passage numbers are used up. Build the index anew.', {
        subject: this.directory,
      });
    const rows = draft.rows();
    const ranges = new Map(rows.map((row) => [row.record.fileId, rangeOf(row)]));
    // A file that was committed twice in this batch needs only the last of its passages.
    const live = drafted.filter((passage) => inRange(passage.pid, ranges.get(passage.fileId)));
    const worded: WordedPassage[] = [];
    try {
      for (let i = 0; i < live.length; i += ROWS_PER_WRITE) {
        const part = live.slice(i, i + ROWS_PER_WRITE);
        const texts = part.map(({ passage }) => packText(passage));
        part.forEach((row, at) => {
          worded.push({ pid: row.pid, tag: tagOf(row), words: texts[at]?.words ?? '' });
        });
        await settled([
          this.tables.vectors.add(vectorTable(part, this.shape)),
          this.tables.passages.add(passageTable(part, texts)),
        ]);
      }
      if (live.length > 0) await this.#ensureIndices();
      if (rows.length > 0) await this.tables.files.add(ledgerTable(rows));
    } catch (error) {
      this.#uncertain = true;
      this.#stale.push(...toRanges(sortedPids(live.map((passage) => passage.pid))));
      this.current.reserve(draft.nextPid, 0);
      throw error;
    }
    for (const row of rows) this.current.apply(row);
    const ended = draft.stale.flatMap(pidsOf);
    this.words.remove(ended);
    await this.words.add(worded);
    if (ended.length > 0) for (const listener of this.#listeners) listener(ended);
    const writtenBefore = draft.stale.filter((range) => range.first < (live[0]?.pid ?? MAX_PID));
    this.#stale.push(...writtenBefore);
    await this.#deleteStale();
    await this.#saveBackup();
    this.#clock.wrote(live.length, this.current.passages);
  }

  /**
   * Brings the tables in step with the ledger at opening: deletes rows that it does not name, and marks files whose
   * passages are gone so that they are read again.
   * @param rows what the comparison was made from
   * @returns paths of the files that were marked
   */
  async settle({ incomplete, garbage, greatestPid }: Comparison, rows: RowNumbers): Promise<string[]> {
    this.openingRows = rows.vectors;
    for (const batch of rows.passages) this.passagePlaces.learn(batch);
    this.current.reserve(greatestPid + 1, 0);
    this.#stale.push(...garbage);
    await this.#queue.exclusive(async () => {
      if (incomplete.length > 0) {
        const draft = new LedgerDraft(this.current);
        for (const row of incomplete) markUnread(draft, row);
        await this.tables.files.add(ledgerTable(draft.rows()));
        for (const row of draft.rows()) this.current.apply(row);
        this.#stale.push(...draft.stale);
      }
      await this.#deleteStale();
      if (this.current.passages > 0) await this.#ensureIndices();
      await this.#saveBackup();
    });
    this.words.begin();
    return incomplete.map((row) => row.record.path);
  }

  /** Forgets what is stored of the file, so that it is read again. */
  protected override damaged(file: FileRecord): void {
    super.damaged(file);
    if (this.#forgotten.has(file.fileId)) return;
    this.#forgotten.add(file.fileId);
    const done = this.#queue.push(unreadOperation(file));
    const settle = (): boolean => this.#forgotten.delete(file.fileId);
    done.then(settle, settle);
  }

  /** The copy only helps against damage, so that a failure to write it is no failure of the commit. */
  async #saveBackup(): Promise<void> {
    try {
      await this.#backup.save({ nextPid: this.current.nextPid, nextSeq: this.current.nextSeq });
    } catch (error) {
      this.logger.log('warn', 'store.backup-failed', { message: messageOf(error) });
    }
  }

  /** What the disk says after a write that failed: it may have taken effect all the same. */
  async #readBack(): Promise<void> {
    await this.tables.files.refresh();
    await this.tables.passages.refresh();
    await this.tables.vectors.refresh();
    const ledger = await readLedger(this.tables);
    ledger.reserve(this.current.nextPid, this.current.nextSeq);
    this.current = ledger;
    this.#uncertain = false;
  }

  /** Deleting is tidying: stale rows are never returned, so a failure waits for the next write. */
  async #deleteStale(): Promise<void> {
    // A write that seemed to fail may have taken effect: only what the ledger does not name is deleted.
    const pids = this.#stale.flatMap(pidsOf).filter((pid) => this.current.fileOfPid(pid) === undefined);
    const ranges = toRanges(sortedPids(pids));
    try {
      for (const where of predicateChunks(ranges)) {
        await this.tables.passages.delete(where);
        await this.tables.vectors.delete(where);
      }
      this.#stale = [];
    } catch (error) {
      this.logger.log('warn', 'store.delete-later', { message: messageOf(error) });
    }
  }

  /** An index made on an empty table covers nothing for good, so the first rows come first. */
  async #ensureIndices(): Promise<void> {
    if (this.#hasIndices) return;
    const passages = await this.tables.passages.indices();
    // In an index from before PassageWords searched them.
    if (passages.has('words')) await this.tables.passages.dropIndices([LANCE_WORD_INDEX]);
    if (!passages.has('pid')) await this.tables.passages.createIndex('pid', Index.btree());
    const vectors = await this.tables.vectors.indices();
    if (!vectors.has('pid')) await this.tables.vectors.createIndex('pid', Index.btree());
    if (!vectors.has('contentKey')) await this.tables.vectors.createIndex('contentKey', Index.btree());
    this.#hasIndices = true;
  }

  async maintain({ force = false }: { force?: boolean } = {}): Promise<void> {
    await this.#queue.flush();
    await this.#lookAfter(force);
  }

  #lookAfter(force: boolean): Promise<void> {
    return this.#queue.exclusive(async () => {
      // What a scan is reading must stay; the clock comes back. Closing must not wait for what can be done later.
      if (this.scans > 0 || this.#closing !== null) return;
      await this.#deleteStale();
      await this.#deleteSuperseded();
      const compacted: string[] = [];
      for (const table of [this.tables.files, this.tables.passages, this.tables.vectors])
        if (await compact(table, force)) compacted.push(table.name);
      await this.#refreshIndices();
      if (compacted.length > 0) await this.#saveBackup();
      if (compacted.includes('passages')) {
        await this.tables.passages.renew(await connectTo(this.directory));
        await this.passagePlaces.learnAll();
      }
      if (compacted.includes('vectors')) await this.vectorPlaces.learnAll();
      await this.words.save();
      this.#clock.done();
      this.logger.log('debug', 'store.maintained', { compacted });
    });
  }

  /** Makes lookup indices anew where compacting has not: a matter of milliseconds. What they were before goes. */
  async #refreshIndices(): Promise<void> {
    for (const table of [this.tables.passages, this.tables.vectors]) {
      let anew = false;
      for (const [column, unindexed] of await table.indices()) {
        if (unindexed <= Math.max(MANY_UNINDEXED, this.current.passages / 20)) continue;
        await table.createIndex(column, Index.btree());
        anew = true;
      }
      if (anew) await removeUnnamed(table.directory);
    }
  }

  async #deleteSuperseded(): Promise<void> {
    const newest = this.current.nextSeq - 1;
    const seqs = [...this.current.superseded].filter((seq) => seq !== newest);
    if (seqs.length < this.current.size / 20) return;
    for (let i = 0; i < seqs.length; i += 1000) {
      const part = seqs.slice(i, i + 1000);
      await this.tables.files.delete(`seq IN (${part.join(',')})`);
      this.current.forgetSuperseded(part);
    }
  }

  override close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#clock.stop();
      await this.#queue.close();
      await super.close();
      this.#lock.release();
    })();
    return this.#closing;
  }
}

/** Waits for all, also when one fails: nothing may still be writing when a failure is dealt with. */
async function settled(tasks: readonly Promise<unknown>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(tasks))
    if (outcome.status === 'rejected') throw outcome.reason;
}

function inRange(pid: number, range: PidRange | undefined): boolean {
  return range !== undefined && pid >= range.first && pid < range.first + range.count;
}
