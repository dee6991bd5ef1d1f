import { FILE_PROBLEMS, type FileProblem, type FileRecord } from '../contract/index.ts';
import { Float64, type RecordBatch, type Table, Uint32, Utf8 } from './arrow.ts';
import {
  arrowTable,
  float64Column,
  numbersOf,
  required,
  schemaOf,
  stringColumn,
  stringsOf,
  uint32Column,
} from './columns.ts';
import type { LedgerRow } from './ledger.ts';

const STRINGS = [
  'fileId',
  'path',
  'root',
  'identity',
  'contentHash',
  'format',
  'family',
  'title',
  'detail',
] as const satisfies readonly (keyof FileRecord)[];
const COUNTS = ['generation', 'passages', 'strikes'] as const satisfies readonly (keyof FileRecord)[];
const NUMBERS = ['size', 'modified', 'indexedAt'] as const satisfies readonly (keyof FileRecord)[];

/** Columns of the table `files`. "problem" is "" when there is none. */
export const LEDGER_SCHEMA = schemaOf([
  required('seq', new Float64()),
  required('removed', new Uint32()),
  required('firstPid', new Uint32()),
  required('nextPid', new Float64()),
  required('problem', new Utf8()),
  ...STRINGS.map((name) => required(name, new Utf8())),
  ...COUNTS.map((name) => required(name, new Uint32())),
  ...NUMBERS.map((name) => required(name, new Float64())),
]);

export const LEDGER_COLUMNS: readonly string[] = LEDGER_SCHEMA.fields.map((field) => field.name);

export function ledgerTable(rows: readonly LedgerRow[]): Table {
  return arrowTable(LEDGER_SCHEMA, rows.length, [
    float64Column(rows.map((row) => row.seq)),
    uint32Column(rows.map((row) => (row.removed ? 1 : 0))),
    uint32Column(rows.map((row) => row.firstPid)),
    float64Column(rows.map((row) => row.nextPid)),
    stringColumn(rows.map((row) => row.record.problem ?? '')),
    ...STRINGS.map((name) => stringColumn(rows.map((row) => row.record[name]))),
    ...COUNTS.map((name) => uint32Column(rows.map((row) => row.record[name]))),
    ...NUMBERS.map((name) => float64Column(rows.map((row) => row.record[name]))),
  ]);
}

function problemOf(text: string): FileProblem | null {
  return Object.hasOwn(FILE_PROBLEMS, text) ? (text as FileProblem) : null;
}

export function* readLedgerRows(batch: RecordBatch): IterableIterator<LedgerRow> {
  const number = (name: string) => {
    const values = numbersOf(batch, name);
    return (row: number): number => values[row] ?? 0;
  };
  const string = (name: string) => stringsOf(batch, name);
  const seq = number('seq');
  const removed = number('removed');
  const firstPid = number('firstPid');
  const nextPid = number('nextPid');
  const problem = string('problem');
  const fileId = string('fileId');
  const path = string('path');
  const root = string('root');
  const identity = string('identity');
  const contentHash = string('contentHash');
  const format = string('format');
  const family = string('family');
  const title = string('title');
  const detail = string('detail');
  const generation = number('generation');
  const passages = number('passages');
  const strikes = number('strikes');
  const size = number('size');
  const modified = number('modified');
  const indexedAt = number('indexedAt');
  for (let i = 0; i < batch.numRows; i += 1) {
    yield {
      seq: seq(i),
      removed: removed(i) === 1,
      firstPid: firstPid(i),
      nextPid: nextPid(i),
      record: {
        fileId: fileId(i),
        path: path(i),
        root: root(i),
        size: size(i),
        modified: modified(i),
        identity: identity(i),
        contentHash: contentHash(i),
        format: format(i),
        family: family(i),
        title: title(i),
        generation: generation(i),
        passages: passages(i),
        problem: problemOf(problem(i)),
        detail: detail(i),
        strikes: strikes(i),
        indexedAt: indexedAt(i),
      },
    };
  }
}
