import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { type Logger, PassimError } from '../contract/index.ts';
import { foldWords } from '../text/fold.ts';
import { numbersOf, stringsOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import type { Ledger } from './ledger.ts';
import { predicateChunks, toRanges } from './pid-filter.ts';
import { messageOf } from './store-errors.ts';
import { MAX_WORD_LENGTH } from './word-index/analyze.ts';
import type { WordedPassage } from './word-index/build-segment.ts';
import type { WordScores } from './word-index/scores.ts';
import { type LivePassages, WordIndex } from './word-index/word-index.ts';
import { isUnspaced, phraseExpression, wordsOf } from './word-match.ts';

const MAX_QUERY_CHARS = 10_000;
/** Above this share of all passages, reading all of them is faster than asking for some. */
const READ_ALL_SHARE = 0.2;
/** Rows that go into the word index at once while it is filled. */
const FILLED_AT_ONCE = 4_096;

interface Parts {
  /** Folder of the index. */
  readonly directory: string;
  readonly table: LanceTable;
  readonly logger: Logger;
  /** Whether the word index is written to the disk: by the one process that writes the tables. */
  readonly keeps: boolean;
  /** The ledger as it is now. */
  readonly ledger: () => Ledger;
}

/** The words of the passages that the ledger names: what is found by words, and passages that hold a phrase. */
export class PassageWords {
  /** Where the word index lies. */
  readonly directory: string;
  readonly #parts: Parts;
  readonly #index: WordIndex;
  /** A writer changes its ledger and tells; a reader takes another one. */
  #inStepWith: Ledger | null = null;
  #coming: Promise<void> | null = null;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { logger, keeps } = parts;
    this.directory = join(parts.directory, 'words');
    this.#index = new WordIndex({ directory: this.directory, logger, keeps });
  }

  /** Comes in step with the ledger, so that the first question need not wait for it. */
  begin(): void {
    this.#ready().catch((error: unknown) => {
      // Whoever asks is told.
      if (this.#closed) return;
      this.#parts.logger.log('warn', 'words.not-filled', { message: messageOf(error) });
    });
  }

  /** The index in step with the ledger: from its files at first, then also after another process has written. */
  async #ready(): Promise<WordIndex> {
    while (this.#inStepWith !== this.#parts.ledger()) {
      this.#coming ??= this.#comeInStep().finally(() => {
        this.#coming = null;
      });
      await this.#coming;
    }
    return this.#index;
  }

  async #comeInStep(): Promise<void> {
    if (this.#inStepWith === null) await this.#index.load();
    const ledger = this.#parts.ledger();
    await this.#read(this.#index.keepOnly(livePassages(ledger)));
    this.#inStepWith = ledger;
  }

  /** Takes up passages that were written, once the ledger names them. */
  async add(passages: readonly WordedPassage[]): Promise<void> {
    await this.#index.add(passages);
  }

  remove(pids: Iterable<number>): void {
    this.#index.remove(pids);
  }

  async #read(pids: Uint32Array): Promise<void> {
    let waiting: WordedPassage[] = [];
    const put = async (): Promise<void> => {
      const part = waiting;
      waiting = [];
      await this.#index.add(part);
      // What went while it was being read.
      this.#index.remove(part.flatMap(({ pid }) => (this.#parts.ledger().fileOfPid(pid) ? [] : pid)));
    };
    for await (const { pid, words } of this.#words(pids)) {
      if (this.#closed) throw new PassimError('engine-stopped', 'The index is closed.');
      const file = this.#parts.ledger().fileOfPid(pid);
      if (file === undefined) continue;
      waiting.push({ pid, tag: tagOf(file), words });
      if (waiting.length >= FILLED_AT_ONCE) await put();
    }
    await put();
  }

  /** The column `words` of these passages (ascending), in any order. */
  async *#words(pids: Uint32Array): AsyncGenerator<{ pid: number; words: string }> {
    if (pids.length === 0) return;
    const columns = ['pid', 'words'];
    const all = pids.length > this.#parts.ledger().passages * READ_ALL_SHARE;
    const wanted = all ? new Set(pids) : null;
    for (const where of all ? [undefined] : predicateChunks(toRanges(pids)))
      for await (const batch of this.#parts.table.scan({
        columns,
        ...(where === undefined ? {} : { where }),
      })) {
        const pid = numbersOf(batch, 'pid');
        const wordsAt = stringsOf(batch, 'words');
        for (let i = 0; i < batch.numRows; i += 1) {
          const number = pid[i] ?? 0;
          if (wanted === null || wanted.has(number)) yield { pid: number, words: wordsAt(i) };
        }
      }
  }

  /** BM25 of all passages. The query is plain words: nothing in it is syntax. */
  async score(query: string): Promise<WordScores> {
    const index = await this.#ready();
    return index.score(plain(query));
  }

  /** Whether any passage holds a word of the query, in any form. */
  async holdsAny(query: string): Promise<boolean> {
    const index = await this.#ready();
    return index.holdsAny(plain(query));
  }

  /**
   * Passages that hold exactly these words in this order, ascending. The word index gives every passage that has all their
   * stems; their text decides. Runs of scripts without blanks, over-long words and bare punctuation are looked for in
   * the text of every passage.
   */
  async containing(phrase: string): Promise<number[]> {
    const index = await this.#ready();
    const text = plain(phrase);
    const matcher = phraseExpression(text);
    if (!matcher) return [];
    const indexed = wordsOf(text).filter((word) => !isUnspaced(word) && word.length < MAX_WORD_LENGTH);
    const candidates =
      indexed.length > 0
        ? Uint32Array.from(index.holding(indexed.join(' ')))
        : this.#parts.ledger().pidsWhere(() => true);
    const found: number[] = [];
    for await (const { pid, words } of this.#words(candidates)) if (matcher.test(words)) found.push(pid);
    return found;
  }

  /** Writes what is in no file yet. */
  async save(): Promise<void> {
    await (await this.#ready()).save();
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#coming?.catch(() => {});
    await this.#index.close();
  }
}

function plain(text: string): string {
  return foldWords(text.slice(0, MAX_QUERY_CHARS).toWellFormed());
}

/** What a passage's number stands for: a number that is given out again, after all was lost, has another tag. */
export function tagOf({
  fileId,
  generation,
}: {
  readonly fileId: string;
  readonly generation: number;
}): number {
  return crc32(`${generation} ${fileId}`);
}

function livePassages(ledger: Ledger): LivePassages {
  const pids = ledger.pidsWhere(() => true);
  const tags = new Uint32Array(pids.length);
  let at = 0;
  for (const { first, count } of ledger.liveRanges()) {
    const file = ledger.fileOfPid(first);
    if (file !== undefined) tags.fill(tagOf(file), at, at + count);
    at += count;
  }
  return { pids, tags };
}
