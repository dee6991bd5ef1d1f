import type { FileRecord } from '../contract/file.ts';
import { compareMatches, type NameMatch } from './names/name-index.ts';
import type { SearchParts } from './parts.ts';
import type { Candidate } from './retrieve.ts';

/** A file with its candidates, best first. */
export interface FileGroup {
  readonly file: FileRecord;
  readonly score: number;
  /** Empty for a file that only its name brought here. */
  readonly candidates: readonly Candidate[];
  readonly nameRanges: NameMatch['ranges'];
  /** Share of the name that the query has, when the name brought the file here. */
  readonly nameCovers?: number;
}

interface Options {
  /** Files given back at most. */
  readonly files: number;
  /** The query has operators only: files are listed, newest first. */
  readonly browse: boolean;
  readonly accept: ((file: FileRecord) => boolean) | null;
  /** Milliseconds since the epoch, for preferring the newer of nearly equal files; null lets age count nothing. */
  readonly now: number | null;
  /** How much of the query a file's name holds, 0 … 1; null lets names that are not meant count nothing. */
  readonly inName: ((file: FileRecord) => number) | null;
}

/** What a file of today has before one of long ago, as a share of the best score: enough to part near ties. */
const RECENCY_SHARE = 0.01;
/** What a file has whose name holds all words of the query, as a share of the best score: notes are named for what they are about. */
const NAME_SHARE = 0.1;
/** Age at which half of that is left. */
const RECENCY_HALF_LIFE_MS = 90 * 24 * 3_600_000;

/**
 * Groups candidates by file; a file scores as its best passage. Files whose name holds the whole query come first:
 * who types a file's name wants that file.
 */
export function groupByFile(
  candidates: readonly Candidate[],
  names: readonly NameMatch[],
  ledger: SearchParts['store']['ledger'],
  options: Options,
): FileGroup[] {
  if (options.browse) return newestFiles(ledger, options);
  // A file has one record at a time, so that records tell files apart.
  const named = new Map<FileRecord, NameMatch>();
  for (const match of names) {
    const file = ledger.fileById(match.fileId);
    if (file !== undefined) named.set(file, match);
  }
  const groups = new Map<FileRecord, Candidate[]>(Array.from(named.keys(), (file) => [file, []]));
  for (const candidate of candidates) {
    const file = ledger.fileOfPid(candidate.pid);
    if (file === undefined) continue;
    const group = groups.get(file);
    if (group === undefined) groups.set(file, [candidate]);
    else group.push(candidate);
  }
  const best = candidates[0]?.score ?? 0;
  const all = Array.from(groups, ([file, own]): FileGroup => {
    const match = named.get(file);
    const score = own[0]?.score ?? 0;
    return {
      file,
      score: match === undefined ? score : best + score,
      candidates: own,
      nameRanges: match?.ranges ?? [],
      ...(match === undefined ? {} : { nameCovers: match.covers }),
    };
  });
  const { now, inName } = options;
  const inNames = all.map(({ file }) => (inName === null ? 0 : best * NAME_SHARE * inName(file)));
  const key = (i: number, recent: number): number =>
    (all[i]?.score ?? 0) + best * RECENCY_SHARE * recent + (inNames[i] ?? 0);
  // Most files are too far from the best for their age to matter: only the others are put in order.
  const most = now === null ? 0 : 1;
  const least = Float64Array.from(all, (_, i) => Math.min(key(i, 0), key(i, most)))
    .sort()
    .at(-options.files);
  return all
    .map((group, i) => ({ group, rank: named.get(group.file), i }))
    .filter(
      ({ rank, i }) =>
        least === undefined || rank !== undefined || !(Math.max(key(i, 0), key(i, most)) < least),
    )
    .map(({ group, rank, i }) => ({
      group,
      rank,
      key: key(i, now === null ? 0 : recency(group.file, now)),
    }))
    .sort((a, b) => {
      if (a.rank !== undefined && b.rank !== undefined)
        return compareMatches(a.rank, b.rank) || b.key - a.key;
      if (a.rank !== b.rank) return a.rank === undefined ? 1 : -1;
      return b.key - a.key || (a.group.file.path < b.group.file.path ? -1 : 1);
    })
    .slice(0, options.files)
    .map(({ group }) => group);
}

/** 1 for a file of this moment, halved with every half-life. */
function recency(file: FileRecord, now: number): number {
  return 2 ** -(Math.max(0, now - file.modified) / RECENCY_HALF_LIFE_MS);
}

function newestFiles(ledger: SearchParts['store']['ledger'], options: Options): FileGroup[] {
  const { accept } = options;
  if (accept === null) return [];
  return [...ledger.allFiles()]
    .filter(accept)
    .toSorted((a, b) => b.modified - a.modified || (a.path < b.path ? -1 : 1))
    .slice(0, options.files)
    .map((file) => ({ file, score: 0, candidates: [], nameRanges: [] }));
}
