/**
 * What makes the engine's main thread wait while it searches: each wait over LIMIT milliseconds with the collections of
 * V8 that fell into it.
 *
 *   node scripts/with-node.mjs test/bench/event-loop.ts HOME QUERIES [--limit 10.5]
 *
 * HOME is one that the benchmark has indexed, QUERIES a JSON array of texts.
 */
import { readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { createEngine } from '../../app/engine.ts';
import { quantile } from '../../app/eval/metrics.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { limit: { type: 'string', default: '10.5' } },
});
const [home = '', file = ''] = positionals;
const limit = Number(values.limit);
const WARM = 20;
const queries = JSON.parse(readFileSync(file, 'utf8')) as string[];

const collections: { start: number; ms: number; kind: string }[] = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const detail = 'detail' in entry ? (entry.detail as { kind?: number }) : {};
    collections.push({ start: entry.startTime, ms: entry.duration, kind: String(detail.kind ?? '') });
  }
}).observe({ entryTypes: ['gc'] });

const engine = await createEngine({
  home,
  mode: 'write',
  watch: false,
  suspects: [],
  spawner: nodeSpawner,
  scheduler: systemScheduler,
  logger: silentLogger,
});
engine.begin();
for (const query of queries.slice(0, WARM)) await engine.call('search', { query });

const waits: { start: number; ms: number; query: string }[] = [];
let last = performance.now();
let current = '';
const timer = setInterval(() => {
  const now = performance.now();
  if (now - last > limit) waits.push({ start: last, ms: now - last, query: current });
  last = now;
}, 1);
const times: number[] = [];
for (const query of queries) {
  current = query;
  const from = performance.now();
  await engine.call('search', { query });
  times.push(performance.now() - from);
}
clearInterval(timer);
// Collections are told of a moment later.
await new Promise((resolve) => setTimeout(resolve, 100));
await engine.stop();

console.log(`p50 ${quantile(times, 0.5).toFixed(1)} ms, p95 ${quantile(times, 0.95).toFixed(1)} ms`);
console.log(`${waits.length} waits over ${limit} ms in ${queries.length} queries`);
for (const { start, ms, query } of waits) {
  const within = collections
    .filter((collection) => collection.start + collection.ms > start && collection.start < start + ms)
    .map((collection) => `${collection.ms.toFixed(1)} ms of kind ${collection.kind}`);
  console.log(`  ${ms.toFixed(1)} ms (collections: ${within.join(', ') || 'none'}): ${query.slice(0, 60)}`);
}
process.exit(0);
