import type { FileRecord } from '../contract/file.ts';
import type { NameMatch } from './names.ts';
import type { SearchParts } from './parts.ts';
import type { Candidate } from './retrieve.ts';

/** A file with its candidates, best first. */
export interface FileGroup {
  readonly file: FileRecord;
  readonly score: number;
  /** Empty for a file that only its name brought here. */
  readonly candidates: readonly Candidate[];
  readonly nameRanges: NameMatch['ranges'];
}

interface Options {
  /** Files given back at most. */
  readonly files: number;
  /** The query has operators only: files are listed, newest first. */
  readonly browse: boolean;
  readonly accept: ((file: FileRecord) => boolean) | null;
}

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
  const groups = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const file = ledger.fileOfPid(candidate.pid);
    if (file === undefined) continue;
    const group = groups.get(file.fileId);
    if (group === undefined) groups.set(file.fileId, [candidate]);
    else group.push(candidate);
  }
  const best = candidates[0]?.score ?? 0;
  const named = new Map(names.map((match) => [match.fileId, match]));
  const all: FileGroup[] = [];
  for (const fileId of new Set([...named.keys(), ...groups.keys()])) {
    const file = ledger.fileById(fileId);
    if (file === undefined) continue;
    const own = groups.get(fileId) ?? [];
    const match = named.get(fileId);
    const score = own[0]?.score ?? 0;
    all.push({
      file,
      score: match === undefined ? score : best + score,
      candidates: own,
      nameRanges: match?.ranges ?? [],
    });
  }
  const order = new Map([...named.keys()].map((fileId, i) => [fileId, i]));
  const rank = (group: FileGroup): number => order.get(group.file.fileId) ?? Number.POSITIVE_INFINITY;
  return all
    .toSorted((a, b) => {
      const [rankA, rankB] = [rank(a), rank(b)];
      if (rankA !== rankB) return rankA - rankB;
      return b.score - a.score || (a.file.path < b.file.path ? -1 : 1);
    })
    .slice(0, options.files);
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
