/**
 * Ten clients search over the loopback server (HTTP API and MCP) while 1,000 files are being indexed: errors, and the
 * time until an answer.
 *
 *   node scripts/with-node.mjs test/bench/parallel.ts [--clients 10] [--files 1000] [--sentences 20] [--json]
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { quantile } from '../../app/eval/metrics.ts';
import { hostModule, startHost } from '../../app/host/client.ts';
import { searchWhile, writeNotes } from '../helpers/parallel.ts';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '10' },
    files: { type: 'string', default: '1000' },
    sentences: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
});

const base = realpathSync(mkdtempSync(join(tmpdir(), 'passim-parallel-')));
const folder = join(base, 'notes');
writeNotes(folder, Number(values.files), Number(values.sentences));
const engine = await startHost({
  spawner: nodeSpawner,
  scheduler: systemScheduler,
  logger: silentLogger,
  module: hostModule(),
  start: { home: join(base, 'data'), mode: 'write', watch: false },
});
try {
  await engine.call('addFolder', { path: folder });
  const began = performance.now();
  let indexingMs = 0;
  const indexing = engine.call('sync', {}).then(() => {
    indexingMs = performance.now() - began;
  });
  const run = await searchWhile(engine, Number(values.clients), indexing);
  const sorted = [...run.latencies].sort((a, b) => a - b);
  const { searchable } = await engine.call('status', { problems: 0 });
  const figures = {
    clients: Number(values.clients),
    files: searchable,
    indexingSeconds: Math.round(indexingMs / 100) / 10,
    searches: run.latencies.length,
    during: run.during,
    errors: run.errors.length,
    p50ms: Math.round(quantile(sorted, 0.5)),
    p95ms: Math.round(quantile(sorted, 0.95)),
    maxms: Math.round(sorted.at(-1) ?? 0),
  };
  if (values.json) console.log(JSON.stringify(figures));
  else
    console.log(
      `${figures.clients} clients, ${figures.files} files indexed in ${figures.indexingSeconds} s: ` +
        `${figures.searches} searches (${figures.during} meanwhile), ${figures.errors} errors, ` +
        `p50 ${figures.p50ms} ms, p95 ${figures.p95ms} ms, longest ${figures.maxms} ms`,
    );
  for (const error of new Set(run.errors)) console.error(error);
  process.exitCode = run.errors.length === 0 ? 0 : 1;
} finally {
  await engine.stop();
  rmSync(base, { recursive: true, force: true });
}
