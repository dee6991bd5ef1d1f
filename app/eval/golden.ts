import { readFileSync } from 'node:fs';
import { PassimError } from '../contract/errors.ts';
import { type GoldenQuery, goldenQuerySchema } from '../contract/quality.ts';
import type { Dataset } from './dataset.ts';

/**
 * Reads a golden set: one JSON object a line, `{"query": "…", "relevant": {"/path/of/file": 1}}`.
 * @throws PassimError 'not-found', 'bad-request' naming the line
 */
export function readGolden(file: string): GoldenQuery[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new PassimError('not-found', `The golden set ${file} cannot be read: ${(error as Error).message}`, {
      subject: file,
      cause: error,
    });
  }
  return text.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [goldenQuerySchema.parse(JSON.parse(line))];
    } catch (error) {
      throw new PassimError(
        'bad-request',
        `${file} line ${i + 1} is not {"query": "…", "relevant": {"/path": 1}}: ${(error as Error).message}`,
        { subject: `${file}:${i + 1}`, cause: error },
      );
    }
  });
}

/** A golden set as queries and judgements, documents being paths; queries without an answer are left out. */
export function goldenDataset(golden: readonly GoldenQuery[]): Pick<Dataset, 'queries' | 'qrels'> {
  const answered = golden.filter(({ relevant }) => Object.values(relevant).some((gain) => gain > 0));
  return {
    queries: answered.map(({ query }, i) => ({ id: `q${i + 1}`, text: query })),
    qrels: new Map(answered.map(({ relevant }, i) => [`q${i + 1}`, new Map(Object.entries(relevant))])),
  };
}
