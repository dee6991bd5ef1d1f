import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { indexFolder, openEngine, search } from '../helpers/engine.ts';
import { passim } from '../helpers/passim.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const NOTES = {
  'lease.md': "The tenant may end the contract with three months' notice.",
  'bread.md': 'Knead the dough and let it rise for an hour before baking.',
  'stars.md': 'A red dwarf burns its hydrogen slowly and lives very long.',
};

async function setUp(settings: object) {
  const base = temporaryFolder('quality');
  const [home, folder] = [join(base, 'data'), join(base, 'notes')];
  mkdirSync(home);
  mkdirSync(folder);
  writeFileSync(join(home, 'settings.json'), JSON.stringify(settings));
  for (const [name, text] of Object.entries(NOTES)) writeFileSync(join(folder, name), text);
  const engine = await openEngine(home);
  await indexFolder(engine, folder);
  return { engine, home, folder };
}

describe('golden queries', { timeout: 120_000 }, () => {
  it('are kept only when the person agreed', async () => {
    const { engine, home, folder } = await setUp({});
    const judgement = { query: 'tenancy', path: join(folder, 'lease.md'), rank: 1, kind: 'open' } as const;
    expect(await engine.call('judge', judgement)).toEqual({ kept: false });
    await search(engine, 'tenancy');
    expect(await engine.call('quality', {})).toEqual({
      keeping: false,
      golden: [],
      measurements: [],
      days: [],
    });
    expect(existsSync(join(home, 'quality'))).toBe(false);
    await expect(engine.call('measureQuality', {})).rejects.toMatchObject({ code: 'not-found' });
  });

  it('are measured by every ranker, told with the worst of them, and forgotten when asked', async () => {
    const { engine, home, folder } = await setUp({ judgements: true });
    const judge = (query: string, name: string, kind: 'open' | 'right') =>
      engine.call('judge', { query, path: join(folder, name), rank: 1, kind });
    expect(await judge('end of a tenancy', 'lease.md', 'right')).toEqual({ kept: true });
    expect(await judge('how to bake', 'bread.md', 'open')).toEqual({ kept: true });
    // Nobody finds stars by asking for bread: this one is the worst.
    await judge('dough', 'stars.md', 'open');
    await expect(judge('x', 'gone.md', 'open')).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      engine.call('judge', { query: 'x', path: join(folder, 'lease.md'), rank: 0, kind: 'open' }),
    ).rejects.toMatchObject({ code: 'bad-request' });
    await search(engine, 'dwarf');

    const measured = await engine.call('measureQuality', {});
    expect(measured.queries).toBe(3);
    expect(measured.rankers.fused['mrr@10']).toBeGreaterThan(0.6);
    expect(measured.rankers.fused['recall@10']).toBe(1);
    expect(Object.keys(measured.rankers).sort()).toEqual(['bm25', 'dense', 'fused', 'maxsim']);
    expect(measured.worst).toMatchObject([{ query: 'dough', expected: 'stars.md' }]);

    await expect
      .poll(async () => (await engine.call('quality', {})).days.at(-1))
      .toMatchObject({ searches: 1, uses: 3, mrr: 1 });
    const quality = await engine.call('quality', {});
    expect(quality.keeping).toBe(true);
    expect(quality.golden.map(({ query }) => query)).toEqual(['dough', 'how to bake', 'end of a tenancy']);
    expect(quality.measurements).toEqual([measured]);
    // What a search was for is not kept with its time.
    expect(readFileSync(join(home, 'quality/times.jsonl'), 'utf8')).not.toContain('dwarf');
    expect(statSync(join(home, 'quality/judgements.jsonl')).mode & 0o077).toBe(0);

    const own = JSON.parse((await passim(home, ['eval', '--json'])).out);
    expect(own).toMatchObject({ dataset: 'own', queries: 3 });

    await engine.call('forgetQuality', {});
    expect((await engine.call('quality', {})).golden).toEqual([]);
    expect(existsSync(join(home, 'quality/judgements.jsonl'))).toBe(false);
  });
});
