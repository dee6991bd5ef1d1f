import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { EngineApi, EngineEvent } from '../../app/contract/engine.ts';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import type { SearchInput, SearchResponse } from '../../app/contract/search.ts';
import { watchedFolderSchema } from '../../app/contract/settings.ts';
import { nodeSpawner } from '../../app/engine/spawner.ts';
import { createEngine, type EngineOptions, type RunningEngine } from '../../app/engine.ts';

/** Opens an engine in this process and stops it when the test has finished. */
export async function openEngine(home: string, options: Partial<EngineOptions> = {}): Promise<RunningEngine> {
  const engine = await createEngine({
    home,
    mode: 'write',
    watch: false,
    suspects: [],
    spawner: nodeSpawner,
    scheduler: systemScheduler,
    logger: silentLogger,
    ...options,
  });
  onTestFinished(() => engine.stop());
  engine.begin();
  return engine;
}

/** Adds a folder and brings the index in step with it. */
export async function indexFolder(
  engine: EngineApi,
  path: string,
  rules: Record<string, unknown> = {},
): Promise<void> {
  await engine.call('addFolder', watchedFolderSchema.parse({ path, ...rules }));
  await engine.call('sync', {});
}

export function search(
  engine: EngineApi,
  query: string,
  more: Partial<SearchInput> = {},
): Promise<SearchResponse> {
  return engine.call('search', { query, ...more });
}

/** Names of the files found, relative to a folder, best first. */
export async function found(
  engine: EngineApi,
  folder: string,
  query: string,
  more: Partial<SearchInput> = {},
): Promise<string[]> {
  const { results } = await search(engine, query, more);
  return results.map((file) => file.path.slice(join(folder, '/').length));
}

/** Waits until an event passes. */
export function eventWhere(engine: EngineApi, accept: (event: EngineEvent) => boolean): Promise<EngineEvent> {
  return new Promise((resolve) => {
    const off = engine.onEvent((event) => {
      if (!accept(event)) return;
      off();
      resolve(event);
    });
  });
}
