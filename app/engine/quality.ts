import { basename, join } from 'node:path';
import { z } from 'zod';
import type { CallRequest, CallResponse } from '../contract/engine.ts';
import { PassimError } from '../contract/errors.ts';
import type { Logger, Scheduler } from '../contract/ports.ts';
import { type Judgement, judgementSchema, type Measurement, measurementSchema } from '../contract/quality.ts';
import { searchRequestSchema } from '../contract/search.ts';
import { type Evaluation, evaluate, type RankedSystem } from '../eval/evaluate.ts';
import { goldenDataset } from '../eval/golden.ts';
import { goldenFromJudgements, qualityDays } from '../eval/judgements.ts';
import { rank, type SearchOptions, search } from '../search/search.ts';
import { JsonLog } from '../trace/log.ts';
import type { IndexCore } from './core.ts';

/** Golden queries measured at most, the newest ones. */
const MAX_MEASURED = 200;
/** Worst queries told of a measurement. */
const WORST = 10;
const KEPT_JUDGEMENTS = 20_000;
const KEPT_SEARCHES = 50_000;
const SHOWN_MEASUREMENTS = 200;
const timeSchema = z.object({ at: z.number(), tookMs: z.number() });

interface Options {
  /** The data directory. */
  readonly home: string;
  readonly core: IndexCore;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Whether the person agreed to keep what they use. */
  readonly keep: () => boolean;
  readonly searchOptions: () => SearchOptions;
}

/** Golden queries from the person's own use, and how well they are answered. All of it stays in the data directory. */
export class QualityLog {
  readonly #options: Options;
  readonly #judgements: JsonLog;
  readonly #times: JsonLog;
  readonly #measurements: JsonLog;

  constructor(options: Options) {
    this.#options = options;
    const folder = join(options.home, 'quality');
    this.#judgements = new JsonLog(join(folder, 'judgements.jsonl'));
    this.#times = new JsonLog(join(folder, 'times.jsonl'));
    this.#measurements = new JsonLog(join(folder, 'measurements.jsonl'));
  }

  /** Keeps how long a search took, never what was asked. */
  searched(tookMs: number): void {
    const { keep, scheduler, logger } = this.#options;
    if (!keep()) return;
    this.#times
      .append({ at: scheduler.now(), tookMs: Math.round(tookMs * 10) / 10 })
      .catch((error: unknown) => logger.log('warn', 'quality', { message: String(error) }));
  }

  async judge(request: CallRequest<'judge'>): Promise<CallResponse<'judge'>> {
    const { keep, scheduler, core } = this.#options;
    if (!keep()) return { kept: false };
    if (core.store.ledger.fileByPath(request.path) === undefined)
      throw new PassimError('not-found', `${request.path} is not in the index.`, { subject: request.path });
    await this.#judgements.append({ ...request, at: scheduler.now() } satisfies Judgement);
    return { kept: true };
  }

  async quality(): Promise<CallResponse<'quality'>> {
    const judgements = await this.#read();
    const times = parsed(await this.#times.read(KEPT_SEARCHES), timeSchema);
    return {
      keeping: this.#options.keep(),
      golden: goldenFromJudgements(judgements),
      measurements: parsed(await this.#measurements.read(SHOWN_MEASUREMENTS), measurementSchema),
      days: qualityDays(times, judgements),
    };
  }

  /** Ranks every golden query by every ranker, on the index as it is now. @throws PassimError 'not-found' when there is none */
  async measure(signal: AbortSignal): Promise<CallResponse<'measureQuality'>> {
    const { core, scheduler } = this.#options;
    const all = goldenFromJudgements(await this.#read());
    // What has left the index can't be found any more; that is no fault of the ranking.
    const known = all.map((golden) => ({
      ...golden,
      relevant: Object.fromEntries(
        Object.entries(golden.relevant).filter(([path]) => core.store.ledger.fileByPath(path) !== undefined),
      ),
    }));
    const data = goldenDataset(known.slice(0, MAX_MEASURED));
    if (data.queries.length === 0)
      throw new PassimError(
        'not-found',
        'There is no golden query yet: open, copy or mark some results first, with keeping them agreed to.',
      );
    const options = { ...this.#options.searchOptions(), signal };
    const system: RankedSystem = {
      rank: async (query, ranker, depth) => {
        const request = searchRequestSchema.parse({ query, k: depth, ranker });
        const { groups } = await rank(request, core.searchParts, options);
        // The order is what is shown; a name or a file's age may put a lower score first.
        return groups.map(({ file }, i) => ({ id: file.path, score: -i }));
      },
      search: (query, ranker) =>
        search(searchRequestSchema.parse({ query, ranker }), core.searchParts, options),
    };
    const evaluation = await evaluate('golden', data, system, { now: () => scheduler.monotonic(), signal });
    const measurement: Measurement = {
      at: scheduler.now(),
      model: core.model.modelId,
      queries: data.queries.length,
      rankers: evaluation.report.rankers,
      worst: worstQueries(data, evaluation),
    };
    const stored = measurementSchema.parse(measurement);
    await this.#measurements.append(stored);
    return stored;
  }

  async forget(): Promise<CallResponse<'forgetQuality'>> {
    await Promise.all([this.#judgements.clear(), this.#times.clear(), this.#measurements.clear()]);
    return {};
  }

  async #read(): Promise<Judgement[]> {
    return parsed(await this.#judgements.read(KEPT_JUDGEMENTS), judgementSchema);
  }
}

/** What was kept in the expected form, oldest first. */
function parsed<T>(newestFirst: readonly unknown[], schema: z.ZodType<T>): T[] {
  return newestFirst.flatMap((value) => schema.safeParse(value).data ?? []).reverse();
}

function worstQueries(data: ReturnType<typeof goldenDataset>, evaluation: Evaluation): Measurement['worst'] {
  return data.queries
    .map(({ id, text }) => {
      const judged = data.qrels.get(id) ?? new Map<string, number>();
      const order = evaluation.runs.fused.get(id) ?? [];
      const at = order.findIndex((document) => (judged.get(document.id) ?? 0) > 0);
      const [expected = ''] = [...judged].filter(([, gain]) => gain > 0).map(([path]) => basename(path));
      return { query: text, rank: at < 0 ? null : at + 1, expected };
    })
    .filter(({ rank }) => rank !== 1)
    .sort((a, b) => (b.rank ?? Number.POSITIVE_INFINITY) - (a.rank ?? Number.POSITIVE_INFINITY))
    .slice(0, WORST);
}
