import type { PassageRow } from '../store/types.ts';
import { NearDuplicates } from '../text/near-duplicate.ts';
import type { FileGroup } from './group.ts';

export interface Twins {
  /** Passages that stand under a better one of another file. */
  readonly hidden: ReadonlySet<number>;
  /** For a passage that is shown, those that stand under it. */
  readonly of: ReadonlyMap<number, readonly number[]>;
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
      const twin = seen.find(row.text);
      if (twin === undefined || twin.fileId === row.fileId) {
        seen.add(row.text, row);
        continue;
      }
      hidden.add(row.pid);
      of.set(twin.pid, [...(of.get(twin.pid) ?? []), row.pid]);
    }
  }
  return { hidden, of };
}
