import { PassimError } from '../contract/errors.ts';

/** A document as one ranking scores it. */
export interface ScoredDocument {
  readonly id: string;
  readonly score: number;
}

/** What one system gives for each query, by query id. */
export type Run = ReadonlyMap<string, readonly ScoredDocument[]>;

/**
 * Document ids in the order in which trec_eval reads a run: by score in single precision, equal scores by id from the
 * end of the alphabet. Measures computed from it are those that trec_eval computes from the run's file.
 */
export function trecOrder(documents: readonly ScoredDocument[]): string[] {
  return documents
    .map(({ id, score }) => ({ id, score: Math.fround(score) }))
    .sort((a, b) => b.score - a.score || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0))
    .map(({ id }) => id);
}

/** A run in TREC's format: "query Q0 document rank score tag". */
export function formatRun(run: Run, tag: string): string {
  const lines: string[] = [];
  for (const [query, documents] of run) {
    const scores = new Map(documents.map(({ id, score }) => [id, score]));
    trecOrder(documents).forEach((id, i) => {
      lines.push(`${column(query)} Q0 ${column(id)} ${i + 1} ${scores.get(id) ?? 0} ${tag}\n`);
    });
  }
  return lines.join('');
}

/**
 * Reads a run in TREC's format.
 * @throws PassimError 'bad-request' naming the line
 */
export function parseRun(text: string, name = 'run'): Map<string, ScoredDocument[]> {
  const run = new Map<string, ScoredDocument[]>();
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return;
    const [query, , document, , score] = line.trim().split(/\s+/);
    const value = Number(score);
    if (query === undefined || document === undefined || score === undefined || Number.isNaN(value))
      throw new PassimError(
        'bad-request',
        `${name} line ${i + 1} is not "query Q0 document rank score tag".`,
        { subject: name },
      );
    const list = run.get(query) ?? [];
    list.push({ id: document, score: value });
    run.set(query, list);
  });
  return run;
}

/** Columns are parted by blanks, so that an id with blanks would be two. */
function column(id: string): string {
  return id.replace(/\s/g, '_');
}
