import { FILE_PROBLEMS, type FileProblem } from '../contract/document.ts';
import type { FolderStatus, Progress, Status } from '../contract/engine.ts';
import type { FileRecord } from '../contract/file.ts';
import type { Settings } from '../contract/settings.ts';
import type { IndexCore } from './core.ts';
import type { Home } from './home.ts';
import { VERSION } from './version.ts';

export interface StatusInput {
  readonly core: IndexCore;
  readonly home: Home;
  readonly settings: Settings;
  readonly readOnly: boolean;
  readonly progress: Progress;
  readonly folders: readonly FolderStatus[];
  readonly notices: readonly string[];
  /** Files with problems listed at most. */
  readonly problems: number;
}

export async function engineStatus(input: StatusInput): Promise<Status> {
  const { core, settings } = input;
  const { ledger } = core.store;
  const [storeStats, indexStats] = [await core.store.stats(), core.index.stats()];
  const troubled: FileRecord[] = [];
  const problemCounts: Partial<Record<FileProblem, number>> = {};
  let searchable = 0;
  for (const record of ledger.allFiles()) {
    if (record.passages > 0) searchable += 1;
    if (record.problem === null) continue;
    problemCounts[record.problem] = (problemCounts[record.problem] ?? 0) + 1;
    troubled.push(record);
  }
  const { manifest, modelId, folder } = core.model;
  return {
    version: VERSION,
    home: input.home.directory,
    readOnly: input.readOnly,
    progress: input.progress,
    folders: [...input.folders],
    files: ledger.size,
    searchable,
    passages: ledger.passages,
    vectors: indexStats.vectors,
    diskBytes: storeStats.bytes,
    memoryBytes: process.memoryUsage.rss(),
    problems: troubled.toSorted(byInterest).slice(0, input.problems).flatMap(told),
    problemCounts: problemCounts as Record<string, number>,
    model: {
      id: modelId,
      name: manifest.name,
      version: manifest.version,
      dimension: manifest.dimension,
      bits: settings.bits,
      license: manifest.license,
      folder,
    },
    providers: [...core.encoder.providers],
    threads: core.encoder.threads,
    index: {
      kind: indexStats.kind,
      kernel: indexStats.kernel,
      bytes: indexStats.bytes,
      ...(indexStats.kind === 'typescript' ? { reason: core.indexReason } : {}),
    },
    notices: [...input.notices],
  };
}

/** What a person can do something about comes first; pictures and programs, which nobody expects to be read, last. */
function byInterest(a: FileRecord, b: FileRecord): number {
  const last = (record: FileRecord): number => (record.problem === 'unsupported' ? 1 : 0);
  return last(a) - last(b) || (a.path < b.path ? -1 : 1);
}

function told(record: FileRecord): Status['problems'] {
  if (record.problem === null) return [];
  const detail = record.detail === '' ? FILE_PROBLEMS[record.problem] : record.detail;
  return [{ path: record.path, problem: record.problem, detail }];
}
