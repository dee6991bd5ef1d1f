/**
 * The engine's figures from one run on a folder: encoding and indexing rate, query times by stage, bytes on disk,
 * peak memory, time from a saved edit to a right answer.
 *
 *   node scripts/with-node.mjs test/bench/engine.ts FOLDER [--queries FILE] [--json] [--keep HOME]
 *
 * FOLDER is copied nowhere and not changed, but for one note that is written into it and removed again. FILE has one
 * query a line, or is a BEIR queries.jsonl(.gz).
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { watchedFolderSchema } from '../../app/contract/settings.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { createEngine } from '../../app/engine.ts';
import { quantile } from '../../app/eval/metrics.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    queries: { type: 'string' },
    json: { type: 'boolean', default: false },
    keep: { type: 'string' },
  },
});
const folder = resolve(positionals[0] ?? '.');
const home = values.keep ?? mkdtempSync(join(tmpdir(), 'passim-bench-'));

const DEFAULT_QUERIES = [
  'how to end a contract early',
  'convert a string to a date',
  'what happens when the disk is full',
  'install a package without root',
  'exception handling in a loop',
  'who maintains this software',
  'license terms for redistribution',
  'difference between a list and a tuple',
];

function readQueries(file: string | undefined): string[] {
  if (file === undefined) return DEFAULT_QUERIES;
  const bytes = readFileSync(file);
  const lines = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes)
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines.map((line) =>
    line.startsWith('{') ? String((JSON.parse(line) as { text: unknown }).text) : line,
  );
}

/** Nothing in a collection's query is meant as syntax. */
function plain(query: string): string {
  return query.replace(/["“”„«»:]/g, ' ').replace(/(^|\s)[-+]+/g, '$1 ');
}

const open = (watch: boolean) =>
  createEngine({
    home,
    mode: 'write',
    watch,
    suspects: [],
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
  });

// Indexing.
const indexing = await open(false);
indexing.begin();
await indexing.call('addFolder', watchedFolderSchema.parse({ path: folder }));
const indexFrom = performance.now();
await indexing.call('sync', {});
const indexSeconds = (performance.now() - indexFrom) / 1000;
const done = await indexing.call('sync', {});
const status = await indexing.call('status', { problems: 0 });
await indexing.stop();

// Cold start: open, load, first answer.
const coldFrom = performance.now();
const engine = await open(true);
await engine.call('search', { query: 'first answer' });
const coldMs = performance.now() - coldFrom;
engine.begin();

// Warm queries.
const queries = readQueries(values.queries).map(plain);
for (const query of queries.slice(0, 20)) await engine.call('search', { query });
const times: number[] = [];
const stages = new Map<string, number[]>();
for (const query of queries) {
  const from = performance.now();
  const answer = await engine.call('search', { query });
  times.push(performance.now() - from);
  for (const [stage, ms] of Object.entries(answer.stages))
    stages.set(stage, [...(stages.get(stage) ?? []), ms]);
}

// Saved edit to right answer.
await engine.call('sync', {});
const note = join(folder, 'passim-bench-note.txt');
const word = `zebrafinch${Date.now()}`;
writeFileSync(note, `The secret of the ${word} is written in this note.\n`);
const editFrom = performance.now();
let editMs = Number.NaN;
while (performance.now() - editFrom < 30_000) {
  const { results } = await engine.call('search', { query: `secret of the ${word}`, k: 1 });
  if (results[0]?.path === note) {
    editMs = performance.now() - editFrom;
    break;
  }
  await new Promise((done) => setTimeout(done, 20));
}
rmSync(note);
await engine.stop();
if (values.keep === undefined) rmSync(home, { recursive: true, force: true });

const ms = (value: number) => Number(value.toFixed(1));
const report = {
  node: process.versions.node,
  files: status.files,
  searchable: status.searchable,
  problems: status.problemCounts,
  passages: status.passages,
  vectors: status.vectors,
  indexSeconds: ms(indexSeconds),
  passagesPerSecond: ms(status.passages / indexSeconds),
  tokensPerSecond: ms(done.encodedTokens / indexSeconds),
  coldStartMs: ms(coldMs),
  queries: queries.length,
  queryP50ms: ms(quantile(times, 0.5)),
  queryP95ms: ms(quantile(times, 0.95)),
  stagesP50ms: Object.fromEntries([...stages].map(([stage, sample]) => [stage, ms(quantile(sample, 0.5))])),
  diskBytes: status.diskBytes,
  bytesPerPassage: Math.round(status.diskBytes / status.passages),
  bytesPerVector: ms(status.diskBytes / status.vectors),
  indexBytesPerVector: ms(status.index.bytes / status.vectors),
  kernel: status.index.kernel,
  threads: status.threads,
  editToAnswerMs: ms(editMs),
  peakMemoryBytes: process.resourceUsage().maxRSS * 1024,
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else
  for (const [name, value] of Object.entries(report))
    console.log(`${name.padEnd(22)} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
process.exit(0);
