import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { PassimError } from '../contract/errors.ts';
import type { Judgements } from './metrics.ts';

export interface EvalDocument {
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

/** A test collection in the BEIR layout. */
export interface Dataset {
  readonly documents: readonly EvalDocument[];
  readonly queries: readonly { readonly id: string; readonly text: string }[];
  /** Judgements by query id. */
  readonly qrels: ReadonlyMap<string, Judgements>;
}

const documentSchema = z.object({ _id: z.string(), title: z.string().default(''), text: z.string() });
const querySchema = z.object({ _id: z.string(), text: z.string() });

/**
 * Reads `corpus.jsonl`, `queries.jsonl` and `qrels.tsv` (or `qrels/test.tsv`) of a folder, each plain or gzipped.
 * Queries without a relevant document are left out.
 * @throws PassimError 'not-found' or 'bad-request' naming the file and line
 */
export function readDataset(folder: string): Dataset {
  const documents = jsonLines(folder, 'corpus.jsonl', documentSchema).map((row) => ({
    id: row._id,
    title: row.title,
    text: row.text,
  }));
  const qrels = readQrels(folder);
  const queries = jsonLines(folder, 'queries.jsonl', querySchema)
    .map((row) => ({ id: row._id, text: row.text }))
    .filter((query) => [...(qrels.get(query.id)?.values() ?? [])].some((gain) => gain > 0));
  return { documents, queries, qrels };
}

function readQrels(folder: string): Map<string, Map<string, number>> {
  const name = ['qrels.tsv', 'qrels/test.tsv'].find((candidate) => existing(folder, candidate) !== null);
  if (name === undefined)
    throw new PassimError('not-found', `${folder} has neither qrels.tsv nor qrels/test.tsv.`, {
      subject: folder,
    });
  const qrels = new Map<string, Map<string, number>>();
  readLines(folder, name).forEach((line, i) => {
    const [query = '', document = '', score = ''] = line.split('\t');
    const gain = Number(score);
    if (i === 0 && Number.isNaN(gain)) return;
    if (query === '' || document === '' || score.trim() === '' || Number.isNaN(gain)) {
      throw new PassimError(
        'bad-request',
        `${name} line ${i + 1} is not "query-id, document-id, score" separated by tabs.`,
        { subject: name },
      );
    }
    const judged = qrels.get(query) ?? new Map<string, number>();
    judged.set(document, gain);
    qrels.set(query, judged);
  });
  return qrels;
}

function jsonLines<T>(folder: string, name: string, schema: z.ZodType<T>): T[] {
  return readLines(folder, name).map((line, i) => {
    try {
      return schema.parse(JSON.parse(line));
    } catch (error) {
      throw new PassimError(
        'bad-request',
        `${name} line ${i + 1} is not of the BEIR form: ${(error as Error).message}`,
        { subject: name, cause: error },
      );
    }
  });
}

function readLines(folder: string, name: string): string[] {
  const file = existing(folder, name);
  if (file === null)
    throw new PassimError('not-found', `${folder} has no ${name} (or ${name}.gz).`, {
      subject: join(folder, name),
    });
  const bytes = readFileSync(file);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text.split('\n').filter((line) => line.trim() !== '');
}

function existing(folder: string, name: string): string | null {
  return [join(folder, name), join(folder, `${name}.gz`)].find((file) => existsSync(file)) ?? null;
}
