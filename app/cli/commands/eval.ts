import { createHash } from 'node:crypto';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { EngineApi } from '../../contract/engine.ts';
import { PassimError } from '../../contract/errors.ts';
import type { GoldenQuery } from '../../contract/quality.ts';
import { readSettings } from '../../engine/settings.ts';
import { type Dataset, readDataset } from '../../eval/dataset.ts';
import { type Evaluation, evaluate, RANKERS, type RankedSystem } from '../../eval/evaluate.ts';
import { goldenDataset, readGolden } from '../../eval/golden.ts';
import { markdownReport, reportCells } from '../../eval/report.ts';
import { formatRun } from '../../eval/trec.ts';
import { Retriever } from '../../retriever/retriever.ts';
import { type CommandContext, withReader } from '../context.ts';
import { counted, duration, EXIT, type Terminal } from '../output.ts';

export interface EvalFlags {
  readonly json: boolean;
  readonly markdown: boolean;
  /** Folder for TREC run files. */
  readonly runs: string | undefined;
  /** Folder that keeps the collection's index. */
  readonly home: string | undefined;
}

/** Documents added between two steps of the progress bar. */
const SLICE = 64;

/** Measures all rankers on a test collection, a golden set, or the golden queries from the person's own use. */
export async function evalCommand(
  context: CommandContext,
  given: string | undefined,
  flags: EvalFlags,
): Promise<number> {
  const evaluation = await evaluateGiven(context, given, flags.home);
  const { report, runs } = evaluation;
  if (flags.runs !== undefined) {
    mkdirSync(flags.runs, { recursive: true });
    for (const ranker of RANKERS)
      writeFileSync(
        join(flags.runs, `${report.dataset}.${ranker}.trec`),
        formatRun(runs[ranker], `passim-${ranker}`),
      );
  }
  const { terminal } = context;
  if (flags.json) terminal.out(`${JSON.stringify(report)}\n`);
  else if (flags.markdown) terminal.out(markdownReport(report));
  else {
    const { head, rows } = reportCells(report);
    const table = new Table({ head: [...head], style: { head: [], border: [] } });
    for (const row of rows) table.push([...row]);
    terminal.out(`${report.dataset}, ${counted(report.queries, 'query', 'queries')}\n${table.toString()}\n`);
  }
  return EXIT.ok;
}

async function evaluateGiven(
  context: CommandContext,
  given: string | undefined,
  home: string | undefined,
): Promise<Evaluation> {
  if (given === undefined)
    return evaluateGolden(context, 'own', async (engine) => (await engine.call('quality', {})).golden);
  const path = resolve(given);
  if (!isFile(path)) return evaluateCollection(context, path, home);
  return evaluateGolden(context, basename(path).replace(/\.jsonl?$/, ''), async () => readGolden(path));
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    throw new PassimError(
      'not-found',
      `${path} does not exist; give a collection's folder or a golden set.`,
      {
        subject: path,
      },
    );
  }
}

/** Golden queries are asked of the person's own index. */
async function evaluateGolden(
  context: CommandContext,
  name: string,
  read: (engine: EngineApi) => Promise<readonly GoldenQuery[]>,
): Promise<Evaluation> {
  return withReader(context, async (engine) => {
    const data = goldenDataset(await read(engine));
    const search = (query: string, ranker: (typeof RANKERS)[number], k: number) =>
      engine.call('search', { query, ranker, k, passagesPerFile: 1 }, context.signal);
    const system: RankedSystem = {
      rank: async (query, ranker, depth) =>
        (await search(query, ranker, depth)).results.map(({ path }, i) => ({ id: path, score: -i })),
      search: (query, ranker) => search(query, ranker, 10),
    };
    return measured(context, name, data, system);
  });
}

/**
 * The collection is indexed by the engine itself, into a folder that is found again: what is there already is not
 * encoded another time.
 */
async function evaluateCollection(
  context: CommandContext,
  folder: string,
  home: string | undefined,
): Promise<Evaluation> {
  const data = readDataset(folder);
  const name = basename(folder);
  const directory = home === undefined ? join(context.home.cache, 'eval', indexName(folder)) : resolve(home);
  const settings = readSettings(context.home.settingsFile);
  const retriever = await Retriever.open({
    directory,
    ...(settings.model === null ? {} : { model: settings.model }),
    bits: settings.bits,
    pooling: settings.pooling,
    leastWins: settings.leastWins,
    threads: settings.threads,
  });
  try {
    await fill(context, retriever, data);
    const system: RankedSystem = {
      rank: (query, ranker, k) => retriever.rank(query, k, { ranker, literal: true }),
      search: (query, ranker) => retriever.search(query, 10, { ranker, literal: true }),
    };
    return await measured(context, name, data, system);
  } finally {
    await retriever.close();
  }
}

/** Brings the index in step with the collection. */
async function fill(context: CommandContext, retriever: Retriever, data: Dataset): Promise<void> {
  const { terminal, signal } = context;
  const started = performance.now();
  const wanted = new Set(data.documents.map(({ id }) => id));
  await retriever.delete(retriever.ids().filter((id) => !wanted.has(id)));
  const bar = progressBar(terminal, 'documents');
  bar.start(data.documents.length);
  try {
    for (let at = 0; at < data.documents.length; at += SLICE) {
      const slice = data.documents.slice(at, at + SLICE);
      await retriever.add(
        slice.map(({ id, title, text }) => ({ id, title, content: text })),
        { signal },
      );
      bar.update(at + slice.length);
    }
  } finally {
    bar.stop();
  }
  terminal.err(
    `${counted(data.documents.length, 'document')} indexed in ${duration((performance.now() - started) / 1000)}.\n`,
  );
}

async function measured(
  context: CommandContext,
  name: string,
  data: Pick<Dataset, 'queries' | 'qrels'>,
  system: RankedSystem,
): Promise<Evaluation> {
  if (data.queries.length === 0)
    throw new PassimError('bad-request', `${name} has no query with an answer.`, { subject: name });
  const bar = progressBar(context.terminal, 'rankings');
  bar.start(data.queries.length * RANKERS.length);
  try {
    return await evaluate(name, data, system, {
      now: () => performance.now(),
      signal: context.signal,
      onProgress: (done) => bar.update(done),
    });
  } catch (error) {
    if (context.signal.aborted)
      throw new PassimError('cancelled', 'Measuring was cancelled.', { cause: error });
    throw error;
  } finally {
    bar.stop();
  }
}

interface Progress {
  start(total: number): void;
  update(done: number): void;
  stop(): void;
}

/** A bar where a person watches; a line for each tenth elsewhere, so that a log shows that it goes on. */
function progressBar(terminal: Terminal, what: string): Progress {
  if (terminal.live) {
    const bar = new SingleBar({
      format: `{bar} {value}/{total} ${what}  {eta_formatted} left`,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false,
      barsize: 24,
      stream: process.stderr,
    });
    return {
      start: (total) => bar.start(total, 0),
      update: (done) => bar.update(done),
      stop: () => bar.stop(),
    };
  }
  let total = 0;
  let tenths = 0;
  return {
    start: (all) => {
      total = all;
    },
    update: (done) => {
      if (Math.floor((10 * done) / total) <= tenths) return;
      tenths = Math.floor((10 * done) / total);
      terminal.err(`${done} of ${total} ${what}\n`);
    },
    stop: () => {},
  };
}

/** Names the folder of a collection's index: by its name, and by its place, since names are few. */
function indexName(folder: string): string {
  const place = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return `${basename(folder).replace(/[^\w.-]/g, '_')}-${place}`;
}
