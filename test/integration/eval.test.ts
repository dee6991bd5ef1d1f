import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseRun } from '../../app/eval/trec.ts';
import { passim } from '../helpers/passim.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const DOCUMENTS = [
  { _id: 'lease', title: 'Lease', text: "The tenant may end the contract with three months' notice." },
  { _id: 'bread', title: 'Bread', text: 'Knead the dough and let it rise for an hour before baking.' },
  { _id: 'stars', title: 'Stars', text: 'A red dwarf burns its hydrogen slowly. path: size: "quoted' },
];
const QUERIES = [
  { _id: '1', text: 'how long is the period of notice' },
  { _id: '2', text: 'baking size:huge "dough' },
  { _id: '3', text: 'never judged' },
];
const lines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

describe('passim eval', { timeout: 120_000 }, () => {
  it('indexes a collection through the engine, measures four rankers, and finds its index again', async () => {
    const base = temporaryFolder('eval');
    const [folder, home] = [join(base, 'tiny'), join(base, 'data')];
    mkdirSync(join(folder, 'qrels'), { recursive: true });
    writeFileSync(join(folder, 'corpus.jsonl.gz'), gzipSync(lines(DOCUMENTS)));
    writeFileSync(join(folder, 'queries.jsonl'), lines(QUERIES));
    writeFileSync(join(folder, 'qrels/test.tsv'), 'query-id\tcorpus-id\tscore\n1\tlease\t1\n2\tbread\t2\n');
    const first = await passim(home, ['eval', folder, '--json', '--runs', join(base, 'runs')]);
    const report = JSON.parse(first.out);
    expect(Object.keys(report)).toEqual(['dataset', 'queries', 'rankers']);
    expect(report).toMatchObject({ dataset: 'tiny', queries: 2 });
    expect(Object.keys(report.rankers).sort()).toEqual(['bm25', 'dense', 'fused', 'maxsim']);
    expect(report.rankers.fused['ndcg@10']).toBe(1);
    expect(report.rankers.bm25.p95ms).toBeGreaterThan(0);
    expect(readdirSync(join(base, 'runs')).sort()).toEqual([
      'tiny.bm25.trec',
      'tiny.dense.trec',
      'tiny.fused.trec',
      'tiny.maxsim.trec',
    ]);
    expect(parseRun(readFileSync(join(base, 'runs/tiny.fused.trec'), 'utf8')).get('1')?.[0]?.id).toBe(
      'lease',
    );
    const [index = ''] = readdirSync(join(home, 'cache/eval'));
    expect(index).toMatch(/^tiny-/);

    // A document fewer: the index follows, and what stayed is not encoded again.
    writeFileSync(join(folder, 'corpus.jsonl.gz'), gzipSync(lines(DOCUMENTS.slice(0, 2))));
    const again = await passim(home, ['eval', folder, '--markdown', '--runs', join(base, 'again')]);
    expect(readdirSync(join(home, 'cache/eval'))).toEqual([index]);
    expect(again.out).toContain('### tiny, 2 queries');
    expect(readFileSync(join(base, 'again/tiny.dense.trec'), 'utf8')).not.toContain('stars');
    expect((await passim(home, ['eval', folder, '--home', join(base, 'kept')])).out).toContain('MaxSim');
    expect(existsSync(join(base, 'kept/index'))).toBe(true);
  });

  it('measures a golden set on the own index, and says what is wrong with one', async () => {
    const base = temporaryFolder('eval');
    const [folder, home] = [join(base, 'notes'), join(base, 'data')];
    mkdirSync(folder);
    writeFileSync(join(folder, 'lease.md'), DOCUMENTS[0]?.text ?? '');
    writeFileSync(join(folder, 'bread.md'), DOCUMENTS[1]?.text ?? '');
    await passim(home, ['index', folder]);
    const golden = join(base, 'mine.jsonl');
    writeFileSync(
      golden,
      lines([{ query: 'end of a tenancy', relevant: { [join(folder, 'lease.md')]: 1 } }]),
    );
    const report = JSON.parse((await passim(home, ['eval', golden, '--json'])).out);
    expect(report).toMatchObject({ dataset: 'mine', queries: 1, rankers: { fused: { 'mrr@10': 1 } } });
    writeFileSync(golden, lines([{ query: 'x', relevant: {} }]));
    await expect(passim(home, ['eval', golden])).rejects.toThrow(/no query with an answer/);
    await expect(passim(home, ['eval', join(base, 'gone')])).rejects.toThrow(/does not exist/);
  });
});
