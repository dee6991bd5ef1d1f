import type { CallRequest, CallResponse } from '../contract/engine.ts';
import type { Logger, Scheduler } from '../contract/ports.ts';
import type { SearchRequest, SearchResponse } from '../contract/search.ts';
import { traceOf } from '../trace/record.ts';
import { readPrompts, readTraces, type TraceLogs, traceLogs } from '../trace/store.ts';
import type { IndexCore } from './core.ts';

interface Options {
  /** The data directory. */
  readonly home: string;
  readonly core: IndexCore;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Whether the person wants traces kept. */
  readonly keep: () => boolean;
}

/** Keeps traces of searches where they are wanted, and reads back what was kept. */
export class Tracing {
  readonly #options: Options;
  readonly #logs: TraceLogs;
  #model: { readonly model: string; readonly index: string; readonly kernel: string } | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#logs = traceLogs(options.home);
  }

  /** Does not hold the search up; a trace that cannot be written is no reason to fail it. */
  record(request: SearchRequest, response: SearchResponse): void {
    const { keep, core, scheduler, logger } = this.#options;
    if (!keep()) return;
    if (this.#model === null) {
      const { kind, kernel } = core.index.stats();
      this.#model = { model: core.model.modelId, index: kind, kernel };
    }
    const began = scheduler.now() - response.tookMs;
    this.#logs.traces
      .append(traceOf(request, response, began, this.#model))
      .catch((error: unknown) => logger.log('warn', 'trace', { message: String(error) }));
  }

  async traces({ limit }: CallRequest<'traces'>): Promise<CallResponse<'traces'>> {
    return { kept: this.#options.keep(), traces: await readTraces(this.#logs.traces, limit) };
  }

  async sentPrompts({ limit }: CallRequest<'sentPrompts'>): Promise<CallResponse<'sentPrompts'>> {
    return { prompts: await readPrompts(this.#logs.prompts, limit) };
  }

  async forget({ what }: CallRequest<'forget'>): Promise<CallResponse<'forget'>> {
    await this.#logs[what].clear();
    return {};
  }
}
