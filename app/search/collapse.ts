import type { PassageRow } from '../store/types.ts';
import { NearDuplicates, type Sketch, sketchOf } from '../text/near-duplicate.ts';
import type { FileGroup } from './group.ts';

export interface Twins {
  /** Passages that stand under a better one of another file. */
  readonly hidden: ReadonlySet<number>;
  /** For a passage that is shown, those that stand under it. */
  readonly of: ReadonlyMap<number, readonly number[]>;
}

/** The store keeps the rows it read: while someone types, the same ones come again. */
const sketches = new WeakMap<PassageRow, Sketch>();

function sketchOfRow(row: PassageRow): Sketch {
  const sketch = sketches.get(row) ?? sketchOf(row.text);
  sketches.set(row, sketch);
  return sketch;
}

/** Finds nearly equal passages of different files among those to show; the best-ranked one of each stays. */
export function collapseTwins(groups: readonly FileGroup[], rows: ReadonlyMap<number, PassageRow>): Twins {
  const hidden = new Set<number>();
  const of = new Map<number, number[]>();
  const seen = new NearDuplicates<PassageRow>();
  for (const group of groups) {
    for (const candidate of group.candidates) {
      const row = rows.get(candidate.pid);
      if (row === undefined) continue;
      const sketch = sketchOfRow(row);
      const twin = seen.find(sketch);
      if (twin === undefined || twin.fileId === row.fileId) {
        seen.add(sketch, row);
        continue;
      }
      hidden.add(row.pid);
      of.set(twin.pid, [...(of.get(twin.pid) ?? []), row.pid]);
    }
  }
  return { hidden, of };
}
