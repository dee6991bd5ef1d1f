/**
 * nDCG@10 of each ranking as a person gets it, by the number of candidates that a search takes (ten for each result
 * asked for), over indexes that `passim eval COLLECTION --home HOME` made.
 *
 *   node scripts/with-node.mjs test/bench/candidates.ts --data FOLDER --homes FOLDER COLLECTION...
 *
 * --data holds the collections in the BEIR layout, --homes an index for each by the same name.
 */
import { parseArgs } from 'node:util';
import { searchRequestSchema } from '../../app/contract/search.ts';
import { mean, ndcg } from '../../app/eval/metrics.ts';
import { rank } from '../../app/search/search.ts';
import { documentOf, openCollection } from './collection.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { data: { type: 'string', default: '' }, homes: { type: 'string', default: '' } },
});
const DEPTH = 10;
const columns = [
  { title: 'BM25', ranker: 'bm25', k: 10 },
  { title: 'dense', ranker: 'dense', k: 10 },
  { title: 'MaxSim', ranker: 'maxsim', k: 10 },
  { title: 'fused of 100', ranker: 'fused', k: 10 },
  { title: 'of 200', ranker: 'fused', k: 20 },
  { title: 'of 1,000', ranker: 'fused', k: 100 },
] as const;
const means = columns.map((): number[] => []);
const line = (name: string, figures: readonly number[]): void =>
  console.log(`| ${[name, ...figures.map((figure) => figure.toFixed(4))].join(' | ')} |`);

console.log(`| nDCG@10 | ${columns.map(({ title }) => title).join(' | ')} |`);
console.log(`|---|${columns.map(() => '---:').join('|')}|`);
for (const name of positionals) {
  const { data, core } = await openCollection(name, values);
  const found = columns.map((): number[] => []);
  for (const { id, text } of data.queries) {
    const judged = data.qrels.get(id);
    if (judged === undefined) continue;
    for (const [i, { ranker, k }] of columns.entries()) {
      const request = searchRequestSchema.parse({ query: text, ranker, k });
      const { groups } = await rank(request, core.searchParts, { plain: true, literal: true });
      const documents = groups.map(({ file }) => documentOf(file));
      found[i]?.push(ndcg(documents.slice(0, DEPTH), judged, DEPTH));
    }
  }
  await core.close();
  const figures = found.map(mean);
  for (const [i, figure] of figures.entries()) means[i]?.push(figure);
  line(name, figures);
}
line('mean', means.map(mean));
process.exit(0);
