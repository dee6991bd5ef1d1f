import type { FileRecord } from '../contract/file.ts';
import type { IndexCore } from '../engine/core.ts';
import { passageId } from '../search/present.ts';
import { placeLabel, placeOf } from '../text/place.ts';

/** A passage with its vectors as an export writes it. */
export interface VectorPassage {
  readonly id: string;
  /** Passage number, unique in the index: for programs whose ids are numbers. */
  readonly number: number;
  readonly path: string;
  readonly title: string;
  readonly headings: string;
  readonly place: string;
  readonly text: string;
  /** UTF-16 offsets in the document's text. */
  readonly start: number;
  readonly end: number;
  /** Token vectors as they are stored and scored, row-major count × dimension, each of length 1. */
  readonly vectors: Float32Array;
  readonly count: number;
  /** Mean of the token vectors, of length 1. */
  readonly dense: Float32Array;
}

/** Passages read at once. */
const BATCH = 128;

/** All passages of the files that pass, in batches, so that memory does not grow with the index. */
export async function* vectorPassages(
  core: IndexCore,
  accept: (file: FileRecord) => boolean,
  signal?: AbortSignal,
): AsyncGenerator<VectorPassage[], void, undefined> {
  const pids = core.store.ledger.pidsWhere((file) => file.passages > 0 && accept(file));
  for (let at = 0; at < pids.length; at += BATCH) {
    signal?.throwIfAborted();
    const wanted = [...pids.subarray(at, at + BATCH)];
    const [rows, vectors] = await Promise.all([
      core.store.getPassages(wanted),
      core.store.getVectors(wanted),
    ]);
    yield rows.flatMap((row): VectorPassage[] => {
      const stored = vectors.get(row.pid);
      const file = core.store.ledger.fileById(row.fileId);
      // A file that was changed or deleted meanwhile is left out.
      if (stored === undefined || file === undefined) return [];
      return [
        {
          id: passageId(row.pid),
          number: row.pid,
          path: file.path,
          title: row.title,
          headings: row.headings.join(' › '),
          place: placeLabel(placeOf(row, null)),
          text: row.text,
          start: row.start,
          end: row.end,
          vectors: core.decompress(stored.multivector),
          count: stored.multivector.count,
          dense: stored.dense,
        },
      ];
    });
  }
}

/** Row-major vectors as a list for each. */
export function rowsOf(vectors: Float32Array, dimension: number): number[][] {
  const rows: number[][] = [];
  for (let at = 0; at < vectors.length; at += dimension)
    rows.push(numbersOf(vectors.subarray(at, at + dimension)));
  return rows;
}

/** Values as decimals that give the same 32-bit floats again: nine digits do. */
export function numbersOf(values: Float32Array): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}
