/**
 * The benchmark: one command, one report (JSON, Markdown and a picture).
 *
 *   npm run bench -- [--passages 1000,10000] [--million [N]] [--json] [--out FOLDER] [--python PYTHON] [--keep FOLDER]
 *                    [--peers N] [--peer-minutes 30] [--queries N] [--small N]
 *
 * For each number of passages a folder is made from real texts, indexed, opened cold and asked the queries of two
 * collections; then the index alone on N passages resampled from the largest of them, other engines on the vectors
 * of the first 10,000 passages (LanceDB here; maxsim-cpu and fast-plaid where PYTHON has them), filters, N passages
 * indexed at the small size, and the encoder beside the plain pipeline. Every part runs in a process of its own. With --keep, indexes that are there already are
 * asked again and not made again.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { HEAP_ENVIRONMENT } from '../../../app/index/native-heap.ts';
import { at, bars } from './bars.ts';
import { benchQueries, makeCorpus, sharedData } from './corpus.ts';
import { markdown, picture } from './render.ts';

type Part = Record<string, unknown>;

const { values } = parseArgs({
  options: {
    passages: { type: 'string', default: '1000,10000' },
    million: { type: 'string' },
    json: { type: 'boolean', default: false },
    out: { type: 'string' },
    keep: { type: 'string' },
    python: { type: 'string', default: 'python3' },
    peers: { type: 'string', default: '10000' },
    'peer-minutes': { type: 'string', default: '30' },
    queries: { type: 'string', default: '0' },
    small: { type: 'string', default: '10000' },
  },
});
const here = import.meta.dirname;
const data = sharedData();
const place = values.keep === undefined ? mkdtempSync(join(tmpdir(), 'passim-bench-')) : resolve(values.keep);
mkdirSync(place, { recursive: true });
const say = (line: string): void => console.error(line);

/** Runs a command and reads the JSON object that it prints last. */
function run(
  command: string,
  args: string[],
  { env = {}, minutes = Number.POSITIVE_INFINITY }: { env?: NodeJS.ProcessEnv; minutes?: number } = {},
): Promise<Part> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    const limit = Number.isFinite(minutes)
      ? setTimeout(() => {
          fail(new Error(`${args[0]} was ended after ${minutes} minutes`));
          child.kill('SIGKILL');
        }, minutes * 60_000)
      : undefined;
    child.on('error', fail);
    child.on('exit', (code) => {
      clearTimeout(limit);
      const start = output.indexOf('{');
      if (code !== 0 || start === -1)
        fail(new Error(`${args[0]} ended with ${code}: ${output.slice(0, 500)}`));
      else done(JSON.parse(output.slice(start)) as Part);
    });
  });
}

/** As the engine is started: with compiled code kept from one process to the next, and few heaps. */
const node = (script: string, ...args: string[]): Promise<Part> =>
  run(process.execPath, [join(here, script), ...args], {
    env: { ...HEAP_ENVIRONMENT, NODE_COMPILE_CACHE: join(place, 'compiled') },
  });

const all = benchQueries(data);
const wantedQueries = Number(values.queries) || all.length;
const queryFile = join(place, 'queries.json');
const stride = Math.max(1, Math.floor(all.length / wantedQueries));
writeFileSync(queryFile, JSON.stringify(all.filter((_, i) => i % stride === 0).slice(0, wantedQueries)));
const fewQueries = join(place, 'few-queries.json');
writeFileSync(fewQueries, JSON.stringify(all.filter((_, i) => i % 8 === 0).slice(0, 100)));

/** Adds bytes for each token before pooling: of tables and words, and of the snapshot beside them, which counts apart. */
function perToken(index: Part): Part {
  const tokens = at(index, 'tokens') ?? at(index, 'vectors');
  const snapshot = at(index, 'parts.snapshot');
  const disk = at(index, 'diskBytes');
  if (tokens === null || disk === null) return index;
  return {
    ...index,
    bytesPerToken: disk / tokens,
    ...(snapshot === null ? {} : { snapshotBytesPerToken: snapshot / tokens }),
  };
}

const sizes = values.passages
  .split(',')
  .map(Number)
  .toSorted((a, b) => a - b);
const corpora: Part[] = [];
for (const wanted of sizes) {
  const folder = join(place, String(wanted), 'files');
  const home = join(place, String(wanted), 'home');
  const note = join(place, String(wanted), 'index.json');
  const { sections } = makeCorpus(folder, wanted, data);
  say(`${wanted} passages: ${sections} texts`);
  if (!existsSync(note)) {
    rmSync(home, { recursive: true, force: true });
    writeFileSync(
      note,
      JSON.stringify({
        ...(await node('engine-part.ts', 'index', folder, home)),
        ...(await node('index-part.ts', 'tokens', home)),
        loadAverage: loadavg()[0],
      }),
    );
  }
  const index = perToken(JSON.parse(readFileSync(note, 'utf8')) as Part);
  say(`  indexed at ${Math.round(at(index, 'passagesPerSecond') ?? 0)} passages a second`);
  const starts: Part[] = [];
  for (let i = 0; i < 3; i += 1) starts.push(await node('engine-part.ts', 'cold', home));
  const cold = starts.toSorted((a, b) => (at(a, 'processMs') ?? 0) - (at(b, 'processMs') ?? 0))[1] ?? {};
  const query = await node('engine-part.ts', 'query', folder, home, queryFile);
  say(`  query p50 ${at(query, 'p50')?.toFixed(1)} ms, p95 ${at(query, 'p95')?.toFixed(1)} ms`);
  corpora.push({ wanted, index, cold, query });
}

const largest = sizes.at(-1) ?? 0;
const largestHome = join(place, String(largest), 'home');
let million: Part | null = null;
if (values.million !== undefined) {
  say(`${values.million} resampled passages`);
  million = await node('index-part.ts', 'resampled', largestHome, queryFile, values.million);
}

let peers: Part | null = null;
if (Number(values.peers) > 0) {
  const folder = join(place, 'peers');
  mkdirSync(folder, { recursive: true });
  say('other engines on the same vectors');
  peers = { native: await node('index-part.ts', 'peers', largestHome, fewQueries, values.peers, folder) };
  const attempt = async (name: string, work: () => Promise<Part>): Promise<void> => {
    try {
      if (peers !== null) peers[name] = await work();
    } catch (error) {
      say(`  ${name}: ${(error as Error).message}`);
      if (peers !== null) peers[name] = { missing: (error as Error).message };
    }
  };
  const minutes = Number(values['peer-minutes']);
  await attempt('lancedb', () => run(process.execPath, [join(here, 'lancedb-part.ts'), folder], { minutes }));
  const has = (module: string): boolean => spawnSync(values.python, ['-c', `import ${module}`]).status === 0;
  if (has('maxsim_cpu'))
    await attempt('maxsimCpu', () =>
      run(values.python, [join(here, 'peers/maxsim_cpu_part.py'), folder], {
        env: { RAYON_NUM_THREADS: '1', OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
        minutes,
      }),
    );
  else say(`  ${values.python} has no maxsim-cpu`);
  if (has('fast_plaid'))
    await attempt('fastPlaid', () =>
      run(values.python, [join(here, 'peers/fast_plaid_part.py'), folder], { minutes }),
    );
  else say(`  ${values.python} has no fast-plaid`);
}

let small: Part | null = null;
if (Number(values.small) > 0) {
  const folder = join(place, values.small, 'files');
  const home = join(place, values.small, 'home-small');
  makeCorpus(folder, Number(values.small), data);
  say(`${values.small} passages at the small size`);
  rmSync(home, { recursive: true, force: true });
  small = perToken({
    ...(await node('engine-part.ts', 'index', folder, home, 'small')),
    ...(await node('index-part.ts', 'tokens', home)),
  });
}

say('filters');
const filters = await node('index-part.ts', 'filters', largestHome, fewQueries);

say('encoding');
const encoding = await run(process.execPath, [
  join(here, '../encode.ts'),
  '--passages',
  '200',
  '--threads',
  String(availableParallelism()),
  '--json',
]);

const report = {
  machine: {
    processor: cpus()[0]?.model ?? '',
    cores: cpus().length,
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    date: new Date().toISOString().slice(0, 10),
    loadAverage: loadavg()[0],
  },
  queries: wantedQueries,
  corpora,
  million,
  peers,
  encoding,
  small,
  filters,
  bars: bars({ corpora, million, peers, encoding, small, filters }),
};
if (values.out !== undefined) {
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'benchmark.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(join(out, 'benchmark.md'), markdown(report, 'benchmark.svg'));
  writeFileSync(join(out, 'benchmark.svg'), picture(report.bars));
  say(`written to ${out}`);
}
if (values.json) console.log(JSON.stringify(report, null, 2));
else
  for (const bar of report.bars)
    console.log(
      `${bar.held === null ? '–' : bar.held ? '✓' : '✗'} ${bar.what}: ${bar.value === null ? '–' : bar.value.toPrecision(4)} ${bar.unit} (${bar.direction} ${bar.bar}); ${bar.note}`,
    );
if (values.keep === undefined) rmSync(place, { recursive: true, force: true });
