/**
 * Whether a person who types a file's name gets the file first: unique names drawn by a seed from an index, typed
 * whole, in part, and with one letter wrong.
 *
 *   node scripts/with-node.mjs test/bench/names.ts HOME [--names 100] [--seed 1] [--misses]
 *
 * HOME is a data directory with an index (`PASSIM_HOME=HOME passim index FOLDER` makes one); it is only read.
 */
import { parseArgs } from 'node:util';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { createEngine } from '../../app/engine.ts';
import { seededRandom } from '../../app/eval/statistics.ts';
import { misspell, partOf, uniqueNames } from '../helpers/names.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    names: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    misses: { type: 'boolean', default: false },
  },
});
const home = positionals[0];
if (home === undefined) throw new Error('give a data directory with an index');
const engine = await createEngine({
  home,
  mode: 'read',
  watch: false,
  suspects: [],
  spawner: nodeSpawner,
  scheduler: systemScheduler,
  logger: silentLogger,
});
const paths: string[] = [];
for (let from = 0; ; from += 1000) {
  const { files, total } = await engine.call('listFiles', { from, count: 1000 });
  paths.push(...files.map((file) => file.path));
  if (from + 1000 >= total) break;
}
const random = seededRandom(Number(values.seed));
const drawn = uniqueNames(paths, Number(values.names), random);
const first = { whole: 0, part: 0, misspelt: 0 };
for (const { path, name } of drawn) {
  const typed = { whole: name, part: partOf(name, paths, random), misspelt: misspell(name, random) };
  for (const [how, query] of Object.entries(typed) as [keyof typeof first, string][]) {
    const { results } = await engine.call('search', { query, k: 5, passagesPerFile: 1 });
    if (results[0]?.path === path) first[how] += 1;
    else if (values.misses) console.log(`${how}: ${query} → ${results[0]?.name ?? 'nothing'}, not ${name}`);
  }
}
console.log(`${paths.length} files, ${drawn.length} names drawn:`, JSON.stringify(first));
await engine.stop();
process.exit(0);
