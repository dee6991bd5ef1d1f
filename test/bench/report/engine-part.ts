/**
 * The engine on one corpus, a phase a process, so that each phase's memory and start are its own:
 *   engine-part.ts index FOLDER HOME [SIZE] indexes at a size of the settings; prints rate, bytes by part, peak memory
 *   engine-part.ts cold HOME              opens and answers once; prints the time from the start of the process
 *   engine-part.ts query FOLDER HOME FILE asks the queries of FILE (JSON); prints times, recall and edit to answer
 * Each prints one JSON object. See main.ts.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { silentLogger, systemScheduler } from '../../../app/contract/ports.ts';
import type { SearchInput, SearchResponse } from '../../../app/contract/search.ts';
import { type IndexSize, settingsOfSize, watchedFolderSchema } from '../../../app/contract/settings.ts';
import { nodeSpawner } from '../../../app/engine/spawner.ts';
import { createEngine } from '../../../app/engine.ts';
import { quantile } from '../../../app/eval/metrics.ts';

/** Queries that are also answered exhaustively. */
const EXHAUSTIVE = 200;
const K = 10;
const [phase, ...rest] = process.argv.slice(2);

const open = (home: string, watch: boolean) =>
  createEngine({
    home,
    mode: 'write',
    watch,
    suspects: [],
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
  });

const peakMemory = (): number => process.resourceUsage().maxRSS * 1024;

/** Bytes below a folder by what they hold: for each table its rows, its search structures and the rest. */
function bytesByPart(folder: string): Record<string, number> {
  const parts: Record<string, number> = {};
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const steps = path.slice(folder.length + 1).split('/');
    const table = steps.find((step) => step.endsWith('.lance'))?.replace('.lance', '');
    let part = steps.find((step) => step === 'snapshot' || step === 'words') ?? 'other';
    if (table !== undefined) {
      if (steps.includes('_indices')) part = `${table} search structures`;
      else part = steps.includes('data') ? `${table} rows` : `${table} other`;
    }
    parts[part] = (parts[part] ?? 0) + statSync(path).size;
  }
  return parts;
}

async function index(folder: string, home: string, size: string): Promise<unknown> {
  if (size !== '') {
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, 'settings.json'), JSON.stringify(settingsOfSize(size as IndexSize)));
  }
  const engine = await open(home, false);
  engine.begin();
  await engine.call('addFolder', watchedFolderSchema.parse({ path: folder }));
  const from = performance.now();
  await engine.call('sync', {});
  const seconds = (performance.now() - from) / 1000;
  const { encodedTokens } = await engine.call('sync', {});
  const status = await engine.call('status', { problems: 5 });
  await engine.stop();
  return {
    files: status.files,
    passages: status.passages,
    vectors: status.vectors,
    encodedTokens,
    problems: status.problems,
    seconds,
    passagesPerSecond: status.passages / seconds,
    tokensPerSecond: encodedTokens / seconds,
    diskBytes: status.diskBytes,
    parts: bytesByPart(join(home, 'index')),
    kernel: status.index.kernel,
    threads: status.threads,
    model: status.model.id,
    peakMemory: peakMemory(),
  };
}

async function cold(home: string): Promise<unknown> {
  const opening = performance.now();
  const engine = await open(home, false);
  const opened = performance.now();
  const { results } = await engine.call('search', { query: 'what the first answer is about' });
  const answered = performance.now();
  await engine.stop();
  // performance.now() counts from the start of the process.
  return {
    processMs: answered,
    openMs: opened - opening,
    answerMs: answered - opening,
    results: results.length,
  };
}

/** The best passages by their own score: files stand in the order of their best one, with all that is known of each. */
const ids = (answer: SearchResponse): string[] =>
  answer.results
    .flatMap(({ passages }) => passages)
    .toSorted((a, b) => b.score - a.score)
    .slice(0, K)
    .map(({ id }) => id);

async function query(folder: string, home: string, file: string): Promise<unknown> {
  const queries = JSON.parse(readFileSync(file, 'utf8')) as string[];
  const engine = await open(home, true);
  engine.begin();
  await engine.call('sync', {});
  const ask = (input: SearchInput) => engine.call('search', input);
  for (const text of queries.slice(0, 20)) await ask({ query: text });
  const times: number[] = [];
  const stages = new Map<string, number[]>();
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (const text of queries) {
    const from = performance.now();
    const answer = await ask({ query: text });
    times.push(performance.now() - from);
    for (const [stage, ms] of Object.entries(answer.stages))
      stages.set(stage, [...(stages.get(stage) ?? []), ms]);
  }
  loop.disable();

  // What the pruned index finds of the exhaustive ten best; the gain of each is its place from the end.
  let found = 0;
  let wanted = 0;
  let gain = 0;
  let best = 0;
  const step = Math.max(1, Math.floor(queries.length / EXHAUSTIVE));
  const discount = (rank: number) => 1 / Math.log2(rank + 2);
  for (let at = 0; at < queries.length; at += step) {
    const text = queries[at] ?? '';
    const request = { query: text, ranker: 'maxsim', passagesPerFile: K, k: K } as const;
    const truth = ids(await ask({ ...request, exhaustive: true }));
    const pruned = ids(await ask(request));
    const gains = new Map(truth.map((id, rank) => [id, truth.length - rank]));
    found += pruned.filter((id) => gains.has(id)).length;
    wanted += truth.length;
    gain += pruned.reduce((sum, id, rank) => sum + (gains.get(id) ?? 0) * discount(rank), 0);
    best += truth.reduce((sum, id, rank) => sum + (gains.get(id) ?? 0) * discount(rank), 0);
  }

  const edits: number[] = [];
  for (let i = 0; i < 3; i += 1) edits.push(await editToAnswer(folder, ask));
  const peak = peakMemory();
  await engine.stop();
  return {
    queries: queries.length,
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    stages: Object.fromEntries(
      [...stages].map(([stage, sample]) => [
        stage,
        { p50: quantile(sample, 0.5), p95: quantile(sample, 0.95) },
      ]),
    ),
    // Milliseconds for which nothing else had a turn in the engine's process; the timer itself takes one of them.
    eventLoop: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, most: loop.max / 1e6 },
    exhaustiveQueries: Math.ceil(queries.length / step),
    recall: found / wanted,
    ndcg: gain / best,
    editToAnswerMs: edits.map((ms) => Math.round(ms)),
    peakMemory: peak,
  };
}

/** Milliseconds from the save of a note until a search finds it; NaN when it is not found in half a minute. */
async function editToAnswer(
  folder: string,
  ask: (input: SearchInput) => Promise<SearchResponse>,
): Promise<number> {
  const note = join(folder, 'passim-bench-note.md');
  const word = `zebrafinch${Date.now()}`;
  writeFileSync(note, `The secret of the ${word} is written in this note.\n`);
  const from = performance.now();
  let ms = Number.NaN;
  while (performance.now() - from < 30_000) {
    const { results } = await ask({ query: `secret of the ${word}`, k: 1 });
    if (results[0]?.path === note && results[0].passages.some(({ text }) => text.includes(word))) {
      ms = performance.now() - from;
      break;
    }
    await new Promise((done) => setTimeout(done, 20));
  }
  rmSync(note);
  return ms;
}

const [first = '', second = '', third = ''] = rest;
let report: unknown;
if (phase === 'index') report = await index(first, second, third);
else if (phase === 'cold') report = await cold(first);
else if (phase === 'query') report = await query(first, second, third);
else throw new Error(`no phase ${phase}`);
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
