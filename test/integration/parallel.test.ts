import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../helpers/engine.ts';
import { searchWhile, writeNotes } from '../helpers/parallel.ts';
import { temporaryFolder } from '../helpers/temp.ts';

describe('ten clients at once', { timeout: 180_000 }, () => {
  it('search without an error while files are indexed', async () => {
    const base = temporaryFolder('parallel');
    const folder = join(base, 'notes');
    writeNotes(folder, 120, 6);
    const engine = await openEngine(join(base, 'data'));
    await engine.call('addFolder', { path: folder });
    const run = await searchWhile(engine, 10, engine.call('sync', {}));
    expect(run.errors).toEqual([]);
    expect(run.during).toBeGreaterThan(10);
    expect(run.latencies.length).toBeGreaterThanOrEqual(run.during + 10);
    expect((await engine.call('status', {})).searchable).toBe(120);
  });
});
