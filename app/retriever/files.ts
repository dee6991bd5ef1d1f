import { silentLogger, systemScheduler } from '../contract/ports.ts';
import { searchRequestSchema } from '../contract/search.ts';
import { homeDirectory } from '../engine/home.ts';
import { nodeSpawner } from '../engine/spawner.ts';
import { createEngine, type RunningEngine } from '../engine.ts';
import { metadataOfFile } from './documents.ts';
import type { RetrieverResult } from './types.ts';

export interface FilesOptions {
  /** Passim's data directory; the person's own when absent. */
  readonly home?: string;
}

export interface FilesSearchOptions {
  /** Passages of one file at most. */
  readonly passagesPerFile?: number;
  readonly ranker?: 'fused' | 'maxsim' | 'bm25' | 'dense';
  readonly signal?: AbortSignal;
}

/**
 * The person's indexed files for programs, to be read only: Passim itself may index meanwhile, and what it commits is
 * found.
 */
export class Files {
  readonly #engine: RunningEngine;

  private constructor(engine: RunningEngine) {
    this.#engine = engine;
  }

  /** @throws PassimError 'not-found' when nothing is indexed yet, 'settings', 'index-…', 'model-…' */
  static async open(options: FilesOptions = {}): Promise<Files> {
    return new Files(
      await createEngine({
        home: options.home ?? homeDirectory(),
        mode: 'read',
        watch: false,
        suspects: [],
        spawner: nodeSpawner,
        scheduler: systemScheduler,
        logger: silentLogger,
      }),
    );
  }

  /**
   * The `k` best passages of all files for a query in the search bar's syntax; `id` names the passage until its file
   * changes, and `metadata` tells the file.
   * @throws PassimError 'bad-request', 'query-syntax', 'cancelled'
   */
  async search(query: string, k = 10, options: FilesSearchOptions = {}): Promise<RetrieverResult[]> {
    const response = await this.#engine.call(
      'search',
      {
        query,
        k: Math.min(k, searchRequestSchema.shape.k.unwrap().maxValue ?? k),
        passagesPerFile: options.passagesPerFile ?? 3,
        ranker: options.ranker ?? 'fused',
      },
      options.signal,
    );
    return response.results
      .flatMap((file) => file.passages.map((passage) => ({ file, passage })))
      .toSorted((a, b) => b.passage.score - a.passage.score)
      .slice(0, k)
      .map(({ file, passage }, i) => ({
        id: passage.id,
        score: passage.score,
        content: passage.text,
        rank: i + 1,
        metadata: metadataOfFile(file, passage.headings),
        start: passage.start,
        end: passage.end,
        place: passage.placeLabel,
        title: passage.title,
      }));
  }

  async close(): Promise<void> {
    await this.#engine.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
