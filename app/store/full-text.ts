import { Index, MatchQuery, Operator } from '@lancedb/lancedb';
import { foldWords } from '../text/fold.ts';
import { numbersOf, stringsOf } from './columns.ts';
import type { LanceTable } from './lance-table.ts';
import { pidPredicate, toRanges } from './pid-filter.ts';
import type { FullTextOptions, ScoredPid } from './types.ts';
import { isUnspaced, phraseExpression, wordsOf } from './word-match.ts';

/** Words longer than this are not in the index; hashes and encoded blobs need no word search. */
const MAX_WORD_BYTES = 128;
const MAX_QUERY_CHARS = 10_000;
/** Above so many ranges a filter is applied to the answer instead of being sent along. */
const MAX_FILTER_RANGES = 2_000;

/**
 * BM25 over stems. Stop words stay in the index: "to be or not to be" is a phrase that people look for, and their
 * weight in BM25 is next to nothing.
 */
export function fullTextIndex(): Index {
  return Index.fts({
    // Splits as "simple" does, at all that is no letter or digit, and Chinese, Japanese and Thai into words.
    baseTokenizer: 'icu/split',
    language: 'English',
    lowercase: true,
    asciiFolding: true,
    stem: true,
    removeStopWords: false,
    withPosition: false,
    maxTokenLength: MAX_WORD_BYTES,
  });
}

/**
 * BM25 over the column `words`.
 * @param rows rows in the table, stale ones included
 */
export async function fullTextSearch(
  table: LanceTable,
  query: string,
  options: FullTextOptions & { readonly rows: number },
): Promise<ScoredPid[]> {
  const text = foldWords(query.slice(0, MAX_QUERY_CHARS).toWellFormed());
  if (wordsOf(text).length === 0 || options.limit <= 0 || options.rows === 0) return [];
  const { pids } = options;
  if (pids?.length === 0) return [];
  const ranges = pids ? toRanges(pids) : null;
  // Rows outside the index are scored by the words of those that pass the filter, which is another scale: then the
  // filter is applied to the answer.
  const left = ranges === null ? undefined : (await table.indices()).get('words');
  const indexedOnly = options.indexedOnly === true && left !== undefined;
  const covered = indexedOnly || left === 0;
  const sendFilter = ranges !== null && covered && ranges.length <= MAX_FILTER_RANGES;
  const limit = ranges !== null && !sendFilter ? options.rows : Math.min(options.limit, options.rows);
  let request = table.lance
    .query()
    .fullTextSearch(new MatchQuery(text, 'words'))
    .select(['pid', '_score'])
    .limit(limit);
  if (sendFilter) request = request.where(pidPredicate(ranges));
  if (sendFilter && indexedOnly) request = request.fastSearch();
  const allowed = ranges !== null && !sendFilter && pids ? new Set(pids) : null;
  const hits: ScoredPid[] = [];
  for await (const batch of table.run(request)) {
    const pid = numbersOf(batch, 'pid');
    const score = numbersOf(batch, '_score');
    for (let i = 0; i < batch.numRows; i += 1) {
      const hit = { pid: pid[i] ?? 0, score: score[i] ?? 0 };
      if (!allowed || allowed.has(hit.pid)) hits.push(hit);
    }
  }
  return hits.sort((a, b) => b.score - a.score || a.pid - b.pid).slice(0, options.limit);
}

/**
 * Passages that hold exactly these words in this order. The full-text index gives every passage that has all their
 * stems; their text decides. Runs of scripts without blanks, over-long words and bare punctuation are looked for in
 * the text of every passage.
 */
export async function passagesContaining(table: LanceTable, phrase: string, rows: number): Promise<number[]> {
  const text = foldWords(phrase.slice(0, MAX_QUERY_CHARS).toWellFormed());
  const matcher = phraseExpression(text);
  if (!matcher || rows === 0) return [];
  const words = wordsOf(text);
  const indexed = words.filter((word) => !isUnspaced(word) && Buffer.byteLength(word) < MAX_WORD_BYTES);
  const rest = words.filter((word) => !indexed.includes(word));
  const needles = words.length === 0 ? [text.trim()] : rest;
  let request = table.lance.query().select(['pid', 'words']);
  if (indexed.length > 0)
    request = request
      .fullTextSearch(new MatchQuery(indexed.join(' '), 'words', { operator: Operator.And }))
      .select(['pid', 'words', '_score'])
      .limit(rows);
  // Punctuation that folding changes (curly quotes) is left to the test below.
  const literal = needles.filter((needle) => words.length > 0 || !/['"\u2018-\u201d]/.test(needle));
  if (literal.length > 0)
    request = request.where(
      literal.map((needle) => `contains(lower(words), ${sqlString(needle)})`).join(' AND '),
    );
  const found: number[] = [];
  for await (const batch of table.run(request)) {
    const pid = numbersOf(batch, 'pid');
    const wordsAt = stringsOf(batch, 'words');
    for (let i = 0; i < batch.numRows; i += 1) if (matcher.test(wordsAt(i))) found.push(pid[i] ?? 0);
  }
  return found;
}

function sqlString(text: string): string {
  return `'${text.toLowerCase().replaceAll("'", "''")}'`;
}
