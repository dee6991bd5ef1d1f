import { setImmediate } from 'node:timers/promises';
import type { TokenSpans } from '../contract/passage.ts';
import type { FileResult, PassageResult, QueryWord, SearchRequest } from '../contract/search.ts';
import type { Alignment, ChanceLevel, EncodedQuery } from '../contract/vectors.ts';
import type { PassageRow } from '../store/types.ts';
import { placeLabel, placeOf } from '../text/place.ts';
import type { ParsedQuery } from '../text/query.ts';
import { collapseTwins, type Twins } from './collapse.ts';
import { confidenceOf, nameConfidence } from './confidence.ts';
import { type Explanation, explain, strengthOf } from './explain.ts';
import type { FileGroup } from './group.ts';
import { nameRanges } from './names/name-index.ts';
import { baseName, namePieces } from './names/pieces.ts';
import type { SearchParts } from './parts.ts';
import type { Candidate } from './retrieve.ts';

export interface PresentInput {
  readonly request: SearchRequest;
  readonly parsed: ParsedQuery;
  readonly words: readonly QueryWord[];
  readonly wordOf: readonly (number | null)[];
  /** Weights that the person gave to the query's tokens; undefined when all are 1. */
  readonly asked: Float32Array | undefined;
  /** What each token tells in this index, which multiplies that; null where that is not known. */
  readonly evidence: Float32Array | null;
  readonly encoded: EncodedQuery | null;
  /** See {@link chanceOf}; null when there is no query. */
  readonly chance: ChanceLevel | null;
  /** Whether any passage of the index holds a word of the query; null when that was not looked at. */
  readonly wordFound: boolean | null;
  readonly parts: SearchParts;
  /** Show nearly equal passages of other files under the best of them. */
  readonly collapse: boolean;
}

interface Shown {
  readonly row: PassageRow;
  readonly candidate: Candidate | null;
  readonly spans: TokenSpans | undefined;
  readonly alignment: Alignment | undefined;
}

/** Names a passage until its file changes. */
export function passageId(pid: number): string {
  return `p${pid}`;
}

/** The pid behind a passage's id, null when it is none. */
export function pidOf(id: string): number | null {
  const match = /^p(\d{1,10})$/.exec(id);
  return match === null ? null : Number(match[1]);
}

/** Reads the passages to show and explains each. */
export async function presentFiles(groups: readonly FileGroup[], input: PresentInput): Promise<FileResult[]> {
  const { parts, request } = input;
  const wanted = groups.flatMap((group) => shownPids(group, request, parts));
  const [rows, spans] = await Promise.all([
    parts.store.getPassages(wanted),
    input.encoded === null ? new Map<number, TokenSpans>() : parts.store.getSpans(wanted),
  ]);
  const rowOf = new Map(rows.map((row) => [row.pid, row]));
  const twins: Twins = input.collapse ? collapseTwins(groups, rowOf) : { hidden: new Set(), of: new Map() };
  const alignments = alignmentsOf(
    wanted.filter((pid) => rowOf.has(pid) && spans.has(pid) && !twins.hidden.has(pid)),
    input,
  );
  const nameWords = namePieces(input.parsed.text)
    .map((piece) => piece.text)
    .filter((piece) => piece.length > 2);

  const results: FileResult[] = [];
  for (const group of groups) {
    const shown = shownPids(group, request, parts).flatMap((pid): Shown[] => {
      const row = rowOf.get(pid);
      if (row === undefined || twins.hidden.has(pid)) return [];
      return [
        {
          row,
          candidate: group.candidates.find((candidate) => candidate.pid === pid) ?? null,
          spans: spans.get(pid),
          alignment: alignments.get(pid),
        },
      ];
    });
    // A file all of whose passages stand under another one's is told there.
    if (shown.length === 0 && group.candidates.length > 0 && group.nameRanges.length === 0) continue;
    // Explaining a file takes up to some milliseconds.
    await setImmediate();
    results.push(presentFile(group, shown, twins, rowOf, nameWords, input));
  }
  return results;
}

/** Which of their tokens the query's tokens found, by passage; what has left the index meanwhile is not there. */
function alignmentsOf(pids: readonly number[], { encoded, parts }: PresentInput): Map<number, Alignment> {
  const alignments = new Map<number, Alignment>();
  if (encoded === null || pids.length === 0) return alignments;
  parts.index.align(encoded.vectors, Uint32Array.from(pids)).forEach((alignment, i) => {
    if (alignment !== null) alignments.set(pids[i] ?? 0, alignment);
  });
  return alignments;
}

/** Best candidates of a file; its beginning when only the name was found. */
function shownPids(group: FileGroup, request: SearchRequest, parts: SearchParts): number[] {
  if (group.candidates.length > 0)
    return group.candidates.slice(0, request.passagesPerFile).map((candidate) => candidate.pid);
  const { first, count } = parts.store.ledger.pidsOfFile(group.file.fileId);
  return count > 0 ? [first] : [];
}

function presentFile(
  group: FileGroup,
  shown: readonly Shown[],
  twins: Twins,
  rowOf: ReadonlyMap<number, PassageRow>,
  nameWords: readonly string[],
  input: PresentInput,
): FileResult {
  const { file } = group;
  const name = baseName(file.path);
  let strength = 0;
  const passages = shown.map((entry): PassageResult => {
    const explanation = explainPassage(entry, input);
    if (explanation !== null) strength = Math.max(strength, strengthOf(explanation));
    return presentPassage(entry, explanation, twins, rowOf, input);
  });
  const confidences = [
    ...passages.flatMap((passage) => passage.confidence ?? []),
    ...(group.nameCovers === undefined ? [] : [nameConfidence(group.nameCovers)]),
  ];
  return {
    path: file.path,
    name,
    root: file.root,
    format: file.format,
    family: file.family,
    title: file.title,
    size: file.size,
    modified: file.modified,
    score: group.score,
    strength: group.nameRanges.length > 0 ? 1 : strength,
    ...(confidences.length === 0 ? {} : { confidence: Math.max(...confidences) }),
    nameMatches: [...(group.nameRanges.length > 0 ? group.nameRanges : nameRanges(name, nameWords))],
    passages,
    morePassages: Math.max(0, group.candidates.length - shown.length),
  };
}

function explainPassage(entry: Shown, input: PresentInput): Explanation | null {
  const { chance, encoded } = input;
  const { alignment, spans } = entry;
  if (encoded === null || chance === null || spans === undefined || alignment === undefined) return null;
  return explain({
    row: entry.row,
    spans,
    query: encoded,
    alignment,
    chance,
    words: input.words,
    wordOf: input.wordOf,
    asked: input.asked,
    evidence: input.evidence,
  });
}

function presentPassage(
  entry: Shown,
  explanation: Explanation | null,
  twins: Twins,
  rowOf: ReadonlyMap<number, PassageRow>,
  input: PresentInput,
): PassageResult {
  const { row, candidate } = entry;
  const highlights = explanation?.highlights ?? [];
  const strongest = highlights
    .filter((mark) => mark.part === 'text')
    .toSorted((a, b) => b.heat - a.heat || a.start - b.start)[0];
  const place = placeOf(row, strongest ?? null);
  return {
    id: passageId(row.pid),
    score: candidate?.score ?? 0,
    scores: {
      maxsim: candidate?.maxsim ?? 0,
      bm25: candidate?.bm25 ?? null,
      dense: candidate?.dense ?? null,
      maxsimWeight: candidate?.maxsimWeight ?? 0,
    },
    text: row.text,
    title: row.title,
    headings: [...row.headings],
    start: row.start,
    end: row.end,
    place,
    placeLabel: placeLabel(place),
    highlights,
    coverage: explanation?.coverage ?? [],
    contextShare: explanation?.contextShare ?? 0,
    ...(explanation === null
      ? {}
      : {
          confidence: confidenceOf(explanation.tokens, {
            sampled: input.chance?.sampled ?? 0,
            wordFound: input.wordFound,
          }),
        }),
    ...(input.request.explain && explanation !== null ? { tokens: explanation.tokens } : {}),
    duplicates: (twins.of.get(row.pid) ?? []).flatMap((pid) => {
      const twin = rowOf.get(pid);
      const file = twin === undefined ? undefined : input.parts.store.ledger.fileById(twin.fileId);
      return twin === undefined || file === undefined
        ? []
        : [{ id: passageId(pid), path: file.path, placeLabel: placeLabel(placeOf(twin, null)) }];
    }),
  };
}
