import type { CallRequest, CallResponse, PassageDetail } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { FileRecord } from '../contract/file.ts';
import { searchRequestSchema } from '../contract/search.ts';
import { encodeWhole } from '../search/encode-query.ts';
import { findEvidence, timesAsked } from '../search/evidence.ts';
import { groupByFile } from '../search/group.ts';
import { passageId, pidOf, presentFiles } from '../search/present.ts';
import { chanceOf, queryWords, tokenWeights, wordOfToken } from '../search/query-tokens.ts';
import { coverageOf } from '../search/search.ts';
import type { PassageRow } from '../store/types.ts';
import { placeLabel, placeOf } from '../text/place.ts';
import { parseQuery } from '../text/query.ts';
import type { IndexCore } from './core.ts';

/** Candidates of a search for similar passages, for each file asked for. */
const SIMILAR_PER_FILE = 10;

async function livePassage(id: string, core: IndexCore): Promise<{ row: PassageRow; file: FileRecord }> {
  const pid = pidOf(id);
  const file = pid === null ? undefined : core.store.ledger.fileOfPid(pid);
  const [row] = pid === null || file === undefined ? [] : await core.store.getPassages([pid]);
  if (row === undefined || file === undefined) {
    throw new PassimError(
      'not-found',
      `There is no passage ${JSON.stringify(id)} any more; its file may have changed. Search again.`,
      { subject: id },
    );
  }
  return { row, file };
}

/** The evidence for one passage and a query, whether the query found it or not. */
export async function answerExplain(
  request: CallRequest<'explain'>,
  core: IndexCore,
): Promise<CallResponse<'explain'>> {
  const { row, file } = await livePassage(request.id, core);
  const parts = core.searchParts;
  const parsed = parseQuery(request.query);
  const words = queryWords(parsed, request.tokenWeights);
  const encoded = await encodeWhole(parsed.text, parts);
  const wordOf = wordOfToken(encoded, parsed);
  const asked = tokenWeights(words, wordOf);
  const chance = await chanceOf(encoded, parts);
  const evidence = await findEvidence(encoded, chance, core.index, asked);
  const pids = Uint32Array.of(row.pid);
  const maxsim = core.index.score(encoded.vectors, pids, timesAsked(evidence, asked))[0] ?? 0;
  const lexical = words.map((word) => word.text).join(' ');
  const bm25 = lexical === '' ? null : (await core.store.scoreWords(lexical)).of(row.pid);
  const candidate = {
    pid: row.pid,
    score: maxsim,
    maxsim,
    bm25,
    dense: null,
    maxsimWeight: 1,
  };
  const [result] = await presentFiles([{ file, score: maxsim, candidates: [candidate], nameRanges: [] }], {
    request: searchRequestSchema.parse({ query: request.query, explain: true }),
    parsed,
    words,
    wordOf,
    asked,
    evidence,
    encoded,
    chance,
    wordFound: null,
    parts,
    collapse: false,
  });
  const passage = result?.passages[0];
  if (passage === undefined)
    throw new PassimError('internal', `Passage ${request.id} could not be explained.`);
  return passage;
}

/**
 * Passages of other files that are about the same: found by the cosine of the mean token vectors, and ordered by
 * MaxSim of the passage's own tokens, which tells more than one vector for each.
 */
export async function answerSimilar(
  request: CallRequest<'similar'>,
  core: IndexCore,
): Promise<CallResponse<'similar'>> {
  const started = performance.now();
  const { row, file } = await livePassage(request.id, core);
  const dense = (await core.store.getVectors([row.pid])).get(row.pid)?.dense;
  if (dense === undefined) throw new PassimError('internal', `Passage ${request.id} has no vectors.`);
  const hits = await core.store.denseSearch(dense, { limit: (request.k + 1) * SIMILAR_PER_FILE });
  const others = hits.filter((hit) => core.store.ledger.fileOfPid(hit.pid)?.fileId !== file.fileId);
  const whole = await encodeWhole(row.context + row.text, core.searchParts);
  const scores = core.index.score(
    whole.vectors,
    Uint32Array.from(others, (hit) => hit.pid),
  );
  const candidates = others
    .map((hit, i) => {
      const maxsim = scores[i] ?? Number.NaN;
      // A passage that has left the index meanwhile has no score.
      const score = Number.isNaN(maxsim) ? 0 : maxsim / whole.tokens.length;
      return { pid: hit.pid, score, maxsim, bm25: null, dense: hit.score, maxsimWeight: 1 };
    })
    .filter((candidate) => candidate.score > 0)
    .sort((a, b) => b.score - a.score || a.pid - b.pid);
  const groups = groupByFile(candidates, [], core.store.ledger, {
    files: request.k,
    browse: false,
    accept: null,
    now: null,
    inName: null,
  });
  const results = await presentFiles(groups, {
    request: searchRequestSchema.parse({ query: '', k: request.k }),
    parsed: parseQuery(''),
    words: [],
    wordOf: [],
    asked: undefined,
    evidence: null,
    encoded: null,
    chance: null,
    wordFound: null,
    parts: core.searchParts,
    collapse: true,
  });
  return {
    query: '',
    tookMs: performance.now() - started,
    stages: {},
    words: [],
    results,
    notices: [],
    coverage: coverageOf(core.store.ledger),
  };
}

export async function answerPassage(
  request: CallRequest<'getPassage'>,
  core: IndexCore,
): Promise<PassageDetail> {
  const { row, file } = await livePassage(request.id, core);
  return passageDetail(row, file, core);
}

/** Several passages with their source maps; ids that name nothing any more are left out. */
export async function answerPassages(
  request: CallRequest<'getPassages'>,
  core: IndexCore,
): Promise<CallResponse<'getPassages'>> {
  const pids = request.ids.flatMap((id) => pidOf(id) ?? []);
  const rows = new Map((await core.store.getPassages(pids)).map((row) => [row.pid, row]));
  const passages = pids.flatMap((pid) => {
    const row = rows.get(pid);
    const file = core.store.ledger.fileOfPid(pid);
    return row === undefined || file === undefined ? [] : [passageDetail(row, file, core)];
  });
  return { passages };
}

export async function answerFilePassages(
  request: CallRequest<'getFilePassages'>,
  core: IndexCore,
): Promise<CallResponse<'getFilePassages'>> {
  const file = core.store.ledger.fileByPath(request.path);
  if (file === undefined)
    throw new PassimError('not-found', `${request.path} is not in the index.`, { subject: request.path });
  const rows = await core.store.passagesOfFile(file.fileId, { from: request.from, count: request.count });
  return { total: file.passages, passages: rows.map((row) => passageDetail(row, file, core)) };
}

/** Searchable files, by path. */
export async function answerFiles(
  request: CallRequest<'listFiles'>,
  core: IndexCore,
): Promise<CallResponse<'listFiles'>> {
  const folder = request.under === undefined ? null : request.under.replace(/[\\/]+$/, '');
  const files = [...core.store.ledger.allFiles()]
    .filter((file) => file.passages > 0 && (folder === null || liesIn(folder, file.path)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    total: files.length,
    files: files
      .slice(request.from, request.from + request.count)
      .map(({ path, root, format, family, title, size, modified, passages }) => ({
        path,
        root,
        format,
        family,
        title,
        size,
        modified,
        passages,
      })),
  };
}

/** Whether a path is the folder or lies below it; both as the ledger spells them. */
function liesIn(folder: string, path: string): boolean {
  return path === folder || (path.startsWith(folder) && /[\\/]/.test(path[folder.length] ?? ''));
}

function passageDetail(row: PassageRow, file: FileRecord, core: IndexCore): PassageDetail {
  const { previous, next } = core.store.neighbours(row.pid);
  return {
    id: passageId(row.pid),
    path: file.path,
    ordinal: row.ordinal,
    text: row.text,
    title: row.title,
    headings: [...row.headings],
    start: row.start,
    end: row.end,
    placeLabel: placeLabel(placeOf(row, null)),
    segments: [...row.segments],
    previous: previous === null ? null : passageId(previous),
    next: next === null ? null : passageId(next),
  };
}
