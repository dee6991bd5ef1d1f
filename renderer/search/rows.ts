import type { FileResult, PassageResult, SearchResponse } from '../../app/contract/search.ts';
import type { SortOrder } from './session.ts';

/** One file of the list with the passages that are shown. */
export interface FileRow {
  readonly file: FileResult;
  readonly passages: readonly PassageResult[];
  /** Passages that can be asked for. */
  readonly more: number;
  readonly isExpanded: boolean;
  /** Whether there is a strength to tell: not without words to look for. */
  readonly isRated: boolean;
  /** Position of its first passage among all passages shown, from 1. */
  readonly first: number;
}

export interface Rows {
  readonly files: readonly FileRow[];
  readonly passages: readonly {
    readonly file: FileResult;
    readonly passage: PassageResult;
    readonly row: number;
  }[];
}

const ORDERS: Record<SortOrder, (a: FileResult, b: FileResult) => number> = {
  relevance: () => 0,
  newest: (a, b) => b.modified - a.modified,
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
};

/** Stands before the path in the id of a result that only a file's name brought. */
const FILE_ID = 'file:';

/** Whether a result is a file as a whole: found by its name, with no text that could be searched. */
export const isFileHit = (passage: Pick<PassageResult, 'id'>): boolean => passage.id.startsWith(FILE_ID);

/** A file without passages takes the place of one, so that it can be chosen, shown and opened like any other. */
function fileHit(file: FileResult): PassageResult {
  return {
    id: `${FILE_ID}${file.path}`,
    score: file.score,
    scores: { maxsim: 0, bm25: null, dense: null, maxsimWeight: 0 },
    text: '',
    title: '',
    headings: [],
    start: 0,
    end: 0,
    place: null,
    placeLabel: '',
    highlights: [],
    coverage: [],
    contextShare: 0,
    duplicates: [],
  };
}

/** What the list shows, in order. */
export function rowsOf(
  response: SearchResponse | null,
  sort: SortOrder,
  expanded: Readonly<Record<string, readonly PassageResult[]>>,
): Rows {
  const files: FileRow[] = [];
  const passages: Rows['passages'][number][] = [];
  for (const file of [...(response?.results ?? [])].sort(ORDERS[sort])) {
    const extra = expanded[file.path];
    const found = file.passages.length === 0 ? [fileHit(file)] : file.passages;
    const shown = extra === undefined || extra.length === 0 ? found : extra;
    files.push({
      file,
      passages: shown,
      more: file.morePassages,
      isExpanded: extra !== undefined,
      isRated: response?.words.some((word) => word.weight > 0) ?? false,
      first: passages.length + 1,
    });
    for (const passage of shown) passages.push({ file, passage, row: files.length - 1 });
  }
  return { files, passages };
}
