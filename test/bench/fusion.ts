/**
 * How much BM25 should count beside MaxSim: nDCG@10 of the fused ranking with every weight of BM25 multiplied by a
 * factor, over indexes that `passim eval COLLECTION --home HOME` made.
 *
 *   node scripts/with-node.mjs test/bench/fusion.ts --data FOLDER --homes FOLDER [--factors 0.5,1,2] COLLECTION...
 *
 * --data holds the collections in the BEIR layout, --homes an index for each by the same name. The last lines judge each
 * collection by the factor that is best for the others.
 */
import { parseArgs } from 'node:util';
import { searchRequestSchema } from '../../app/contract/search.ts';
import { mean, ndcg } from '../../app/eval/metrics.ts';
import { timesAsked } from '../../app/search/evidence.ts';
import { rank } from '../../app/search/search.ts';
import { chanceRoom, chanceSpread, fuse, fusionWeight, lexicalWeight } from '../../app/text/fusion.ts';
import { documentOf, openCollection } from './collection.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string', default: '' },
    homes: { type: 'string', default: '' },
    factors: { type: 'string', default: '0,0.25,0.35,0.5,0.6,0.7,0.8,0.9,1,1.2,1.5,2' },
  },
});
const DEPTH = 10;
const factors = values.factors.split(',').map(Number);
const table = new Map<string, number[]>();

for (const name of positionals) {
  const { data, core } = await openCollection(name, values);
  const found = factors.map((): number[] => []);
  for (const { id, text } of data.queries) {
    const judged = data.qrels.get(id);
    if (judged === undefined) continue;
    const request = searchRequestSchema.parse({ query: text, k: 100 });
    const { groups, parsed, encoded, chance, evidence, asked } = await rank(request, core.searchParts, {
      plain: true,
      literal: true,
    });
    if (encoded === null || chance === null || evidence === null) continue;
    const spread = chanceSpread(chance, timesAsked(evidence, asked));
    const lexical = lexicalWeight(parsed, chanceRoom(chance, encoded.tokens));
    const all = groups.flatMap(({ file, candidates }) =>
      candidates.map((candidate) => ({ ...candidate, document: documentOf(file) })),
    );
    const maxsim = new Map(all.map((candidate) => [candidate.pid, candidate.maxsim]));
    const bm25 = new Map(
      all.flatMap(({ pid, bm25: score }) => (score === null ? [] : [[pid, score] as const])),
    );
    factors.forEach((factor, f) => {
      const fused = fuse(maxsim, bm25, fusionWeight(maxsim, bm25, { spread, lexical: factor * lexical }));
      const best = new Map<string, number>();
      for (const { pid, document } of all)
        best.set(document, Math.max(best.get(document) ?? 0, fused.get(pid) ?? 0));
      const ranking = [...best].toSorted(([, a], [, b]) => b - a).map(([document]) => document);
      found[f]?.push(ndcg(ranking.slice(0, DEPTH), judged, DEPTH));
    });
  }
  await core.close();
  const row = found.map(mean);
  table.set(name, row);
  console.log(name, factors.map((factor, f) => `${factor}: ${row[f]?.toFixed(4)}`).join(', '));
}
const rows = [...table];
console.log(
  'mean',
  factors.map((factor, f) => `${factor}: ${mean(rows.map(([, row]) => row[f] ?? 0)).toFixed(4)}`).join(', '),
);
for (const [name, row] of rows) {
  const others = rows.filter(([other]) => other !== name);
  const sums = factors.map((_, f) => mean(others.map(([, other]) => other[f] ?? 0)));
  const chosen = sums.indexOf(Math.max(...sums));
  console.log(`${name} by the others' factor ${factors[chosen]}: ${row[chosen]?.toFixed(4)}`);
}
