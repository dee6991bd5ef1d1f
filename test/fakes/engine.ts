import {
  type CallInput,
  type CallRequest,
  type CallResponse,
  ENGINE_CALLS,
  type EngineApi,
  type EngineCall,
  type EngineEvent,
  type FolderStatus,
  type PassageDetail,
  type Status,
} from '../../app/contract/engine.ts';
import { PassimError } from '../../app/contract/errors.ts';
import type { FileResult, Highlight, PassageResult, SearchResponse } from '../../app/contract/search.ts';
import { parseQuery } from '../../app/text/query.ts';

export interface FakeDocument {
  readonly path: string;
  readonly root: string;
  readonly text: string;
  readonly format?: string;
  readonly family?: string;
}

export interface FakeEngine extends EngineApi {
  /** Calls in the order in which they came, with their input. */
  readonly calls: readonly { readonly name: EngineCall; readonly input: unknown }[];
  emit(event: EngineEvent): void;
  /** Makes the next call of a name fail. */
  failNext(name: EngineCall, error: PassimError): void;
  /** Holds back answers of a name until the function that is given back is called. */
  hold(name: EngineCall): () => void;
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** Passages of a document: its paragraphs, each mapped to its lines. */
function passagesOf(document: FakeDocument): PassageDetail[] {
  const paragraphs = [...document.text.matchAll(/\S[\s\S]*?(?=\n\s*\n|$)/g)];
  return paragraphs.map((match, ordinal) => {
    const start = match.index;
    const text = match[0].trimEnd();
    const line = document.text.slice(0, start).split('\n').length;
    return {
      id: `${document.path}#${ordinal}`,
      path: document.path,
      ordinal,
      text,
      title: '',
      headings: [],
      start,
      end: start + text.length,
      placeLabel: `line ${line}`,
      segments: [{ start: 0, end: text.length, place: { kind: 'line', line }, sourceStart: start }],
      previous: ordinal > 0 ? `${document.path}#${ordinal - 1}` : null,
      next: ordinal + 1 < paragraphs.length ? `${document.path}#${ordinal + 1}` : null,
    };
  });
}

/**
 * An engine in memory that finds words letter for letter: it keeps the contract and nothing else, for tests of
 * what stands on top of the engine.
 */
export function createFakeEngine(documents: readonly FakeDocument[], folders: readonly string[]): FakeEngine {
  const calls: { name: EngineCall; input: unknown }[] = [];
  const listeners = new Set<(event: EngineEvent) => void>();
  const failures = new Map<EngineCall, PassimError>();
  const held = new Map<EngineCall, Promise<void>>();
  const watched = new Map<string, FolderStatus>();
  const passages = documents.flatMap(passagesOf);
  let paused = false;

  const addFolder = (path: string): FolderStatus => {
    const count = documents.filter((document) => document.root === path).length;
    const folder: FolderStatus = {
      path,
      include: [],
      exclude: [],
      hidden: false,
      ignoreFiles: true,
      state: 'ready',
      files: count,
      searchable: count,
      problems: 0,
      watching: 'events',
    };
    watched.set(path, folder);
    return folder;
  };
  for (const folder of folders) addFolder(folder);

  const resultOf = (passage: PassageDetail, words: readonly string[]): PassageResult => {
    const highlights: Highlight[] = words.flatMap((word, index) => {
      const at = passage.text.toLowerCase().indexOf(word.toLowerCase());
      if (at < 0) return [];
      return [{ part: 'text', start: at, end: at + word.length, heat: 0.8, words: [index], exact: true }];
    });
    const share = 1 / Math.max(1, highlights.length);
    return {
      id: passage.id,
      score: highlights.length,
      scores: { maxsim: highlights.length, bm25: null, dense: null, maxsimWeight: 1 },
      text: passage.text,
      title: passage.title,
      headings: passage.headings,
      start: passage.start,
      end: passage.end,
      place: passage.segments[0]?.place ?? null,
      placeLabel: passage.placeLabel,
      highlights,
      coverage: words.map((_, word) => {
        const found = highlights.some((highlight) => highlight.words.includes(word));
        return { word, share: found ? share : 0, heat: found ? 0.8 : 0, found };
      }),
      contextShare: 0,
      duplicates: [],
    };
  };

  const search = (query: string, k: number, perFile: number): SearchResponse => {
    const parsed = parseQuery(query);
    const words = parsed.words.map((word) => word.text);
    const results: FileResult[] = documents.flatMap((document) => {
      const found = passages
        .filter((passage) => passage.path === document.path)
        .map((passage) => resultOf(passage, words))
        .filter((passage) => passage.highlights.length > 0)
        .sort((a, b) => b.score - a.score);
      if (found.length === 0) return [];
      return [
        {
          path: document.path,
          name: baseName(document.path),
          root: document.root,
          format: document.format ?? 'text',
          family: document.family ?? 'text',
          title: '',
          size: document.text.length,
          modified: 1_700_000_000_000,
          score: found[0]?.score ?? 0,
          strength: (found[0]?.score ?? 0) / Math.max(1, words.length),
          nameMatches: [],
          passages: found.slice(0, perFile),
          morePassages: Math.max(0, found.length - perFile),
        },
      ];
    });
    return {
      query,
      tookMs: 1,
      stages: {},
      words: parsed.words.map((word, index) => ({
        index,
        text: word.text,
        start: word.start,
        end: word.end,
        weight: 1,
        required: word.required,
      })),
      results: results.sort((a, b) => b.score - a.score).slice(0, k),
      notices: [],
      coverage: { searchable: documents.length, known: documents.length },
    };
  };

  const passageOf = (id: string): PassageDetail => {
    const passage = passages.find((each) => each.id === id);
    if (passage === undefined)
      throw new PassimError('not-found', `There is no passage "${id}" in the index.`);
    return passage;
  };

  const status = (): Status => ({
    version: '0.0.0',
    home: '/home/of/passim',
    readOnly: false,
    progress: {
      state: paused ? 'paused' : 'idle',
      done: documents.length,
      total: documents.length,
      current: null,
      encodedTokens: 0,
      encodedPassages: 0,
      passagesPerSecond: 0,
      tokensPerSecond: 0,
      etaSeconds: null,
    },
    folders: [...watched.values()],
    files: documents.length,
    searchable: documents.length,
    passages: passages.length,
    vectors: passages.length * 20,
    diskBytes: 1_000_000,
    memoryBytes: 2_000_000,
    problems: [],
    problemCounts: {},
    model: {
      id: 'fake',
      name: 'fake',
      version: '1',
      dimension: 96,
      bits: 4,
      license: 'Apache-2.0',
      folder: '/model',
    },
    providers: [{ provider: 'cpu', chosen: true, reason: 'always there' }],
    threads: 1,
    index: { kind: 'typescript', kernel: 'none', bytes: 0 },
    notices: [],
  });

  const handlers: { [C in EngineCall]: (request: CallRequest<C>) => CallResponse<C> } = {
    addFolder: ({ path }) => addFolder(path),
    removeFolder: ({ path }) => ({ removedFiles: watched.delete(path) ? 1 : 0 }),
    status,
    search: ({ query, k, passagesPerFile }) => search(query, k, passagesPerFile),
    explain: ({ id, query }) =>
      resultOf(
        passageOf(id),
        parseQuery(query).words.map((word) => word.text),
      ),
    similar: ({ id, k }) => search(passageOf(id).text.split(/\s+/).slice(0, 3).join(' '), k, 3),
    getPassage: ({ id }) => passageOf(id),
    getPassages: ({ ids }) => ({
      passages: ids.flatMap((id) => passages.find((passage) => passage.id === id) ?? []),
    }),
    getFilePassages: ({ path, from, count }) => {
      if (!documents.some((document) => document.path === path))
        throw new PassimError('not-found', `${path} is not in the index.`, { subject: path });
      const all = passages.filter((passage) => passage.path === path);
      return { total: all.length, passages: all.slice(from, from + count) };
    },
    listFiles: ({ from, count, under }) => {
      const all = documents
        .filter((document) => under === undefined || document.path.startsWith(`${under}/`))
        .map((document) => ({
          path: document.path,
          root: document.root,
          format: document.format ?? 'text',
          family: document.family ?? 'text',
          title: '',
          size: document.text.length,
          modified: 1_700_000_000_000,
          passages: passages.filter((passage) => passage.path === document.path).length,
        }))
        .sort((a, b) => (a.path < b.path ? -1 : 1));
      return { total: all.length, files: all.slice(from, from + count) };
    },
    traces: () => ({ kept: false, traces: [] }),
    sentPrompts: () => ({ prompts: [] }),
    forget: () => ({}),
    judge: () => ({ kept: false }),
    quality: () => ({ keeping: false, golden: [], measurements: [], days: [] }),
    measureQuality: () => {
      const none = { 'ndcg@10': 0, 'mrr@10': 0, 'recall@10': 0, 'recall@100': 0, p50ms: 0, p95ms: 0 };
      const rankers = { bm25: none, dense: none, maxsim: none, fused: none };
      return { at: 0, model: 'fake', queries: 0, rankers, worst: [] };
    },
    forgetQuality: () => ({}),
    pause: () => {
      paused = true;
      return {};
    },
    resume: () => {
      paused = false;
      return {};
    },
    sync: () => status().progress,
    reindex: () => ({ files: documents.length }),
  };

  return {
    calls,
    async call<C extends EngineCall>(
      name: C,
      input: CallInput<C>,
      signal?: AbortSignal,
    ): Promise<CallResponse<C>> {
      calls.push({ name, input });
      await held.get(name);
      if (signal?.aborted) throw new PassimError('cancelled', 'The call was cancelled.');
      const failure = failures.get(name);
      failures.delete(name);
      if (failure !== undefined) throw failure;
      return handlers[name](ENGINE_CALLS[name].request.parse(input) as CallRequest<C>);
    },
    onEvent(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async stop() {},
    emit(event) {
      for (const listener of listeners) listener(event);
    },
    failNext(name, error) {
      failures.set(name, error);
    },
    hold(name) {
      const gate = Promise.withResolvers<void>();
      held.set(name, gate.promise);
      return () => {
        held.delete(name);
        gate.resolve();
      };
    },
  };
}
