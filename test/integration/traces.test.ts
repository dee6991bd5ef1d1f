import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSettings, writeSettings } from '../../app/engine/settings.ts';
import { indexFolder, openEngine } from '../helpers/engine.ts';
import { temporaryFolder } from '../helpers/temp.ts';

describe('traces of searches', { timeout: 120_000 }, () => {
  it('are kept only where they are wanted, and can be deleted', async () => {
    const base = temporaryFolder('traces');
    const folder = join(base, 'notes');
    const home = join(base, 'data');
    mkdirSync(folder);
    writeFileSync(join(folder, 'lease.md'), "The tenant may end the contract with three months' notice.\n");
    const writer = await openEngine(home);
    await indexFolder(writer, folder);
    await writer.call('search', { query: 'cancel my flat' });
    expect(await writer.call('traces', {})).toEqual({ kept: false, traces: [] });
    expect(existsSync(join(home, 'traces'))).toBe(false);

    const settings = join(home, 'settings.json');
    writeSettings(settings, { ...readSettings(settings), traces: true });
    const reader = await openEngine(home, { mode: 'read' });
    const response = await reader.call('search', { query: 'cancel my flat', ranker: 'maxsim' });
    await expect.poll(async () => (await reader.call('traces', {})).traces.length).toBe(1);
    const { kept, traces } = await reader.call('traces', {});
    expect(kept).toBe(true);
    expect(traces[0]).toMatchObject({
      query: 'cancel my flat',
      tookMs: response.tookMs,
      choices: { ranker: 'maxsim', maxsimWeight: 1 },
      found: { files: 1, passages: 1 },
    });
    expect(Object.fromEntries(traces[0]?.stages.map(({ name, ms }) => [name, ms]) ?? [])).toEqual(
      response.stages,
    );
    // A trace tells how a search went, not what the files say.
    expect(readFileSync(join(home, 'traces', 'searches.jsonl'), 'utf8')).not.toContain('tenant');

    await reader.call('forget', { what: 'traces' });
    expect((await reader.call('traces', {})).traces).toEqual([]);
  });
});
