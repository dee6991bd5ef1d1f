/**
 * What weighing query tokens is worth: nDCG@10 of exhaustive MaxSim by several rules, over collections that
 * cache-vectors.ts has encoded, compressed as an index is by default.
 *
 *   node scripts/with-node.mjs test/bench/evidence.ts CACHE --data FOLDER COLLECTION...
 *
 * CACHE holds a folder for each COLLECTION, FOLDER the collection itself in the BEIR layout.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { settingsSchema } from '../../app/contract/settings.ts';
import type { ChanceLevel } from '../../app/contract/vectors.ts';
import { loadModelPackage } from '../../app/encode/package.ts';
import { defaultModelFolder } from '../../app/engine/model-folder.ts';
import { readDataset } from '../../app/eval/dataset.ts';
import { mean, ndcg } from '../../app/eval/metrics.ts';
import { readCodebook } from '../../app/index/codebook.ts';
import { createCodec, createIndex } from '../../app/index/open-index.ts';
import { bestMatches, evidenceWeights } from '../../app/search/evidence.ts';
import { fillIndex, readCached } from './cached.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
const [cache = '', ...collections] = positionals;
const DEPTH = 10;
const PROBED = 100;
const SAMPLE = 256;

type Rule = (best: Float32Array, chance: ChanceLevel) => Float32Array | undefined;
const power =
  (exponent: number): Rule =>
  (best, chance) =>
    evidenceWeights(best, chance).map((weight) => weight ** exponent);
const RULES: Record<string, Rule> = {
  'all alike': () => undefined,
  evidence: evidenceWeights,
  'its square root': power(0.5),
  'its square': power(2),
  'room above chance': (_, chance) => chance.mean.map((level) => 1 - level),
  'evidence in deviations': (best, chance) =>
    evidenceWeights(best, chance).map((weight, i) => weight / (chance.deviation[i] || 1)),
};

const model = await loadModelPackage(defaultModelFolder());
const codebook = await readCodebook(model.codebookFile ?? '');
const { bits, pooling } = settingsSchema.parse({});
const means = new Map(Object.keys(RULES).map((rule) => [rule, [] as number[]]));
for (const name of collections) {
  const data = readDataset(join(values.data ?? '', name));
  const collection = readCached(join(cache, name));
  const { index } = createIndex({ codebook, bits });
  await fillIndex(index, createCodec({ codebook, bits }), collection, pooling);
  const found = new Map(Object.keys(RULES).map((rule) => [rule, [] as number[]]));
  for (const { id, vectors } of collection.queries) {
    const judged = data.qrels.get(id);
    if (judged === undefined) continue;
    const tokens = vectors.length / collection.dimension;
    const plain = await index.searchMatches(vectors, { k: PROBED, exhaustive: true });
    const best = bestMatches(plain.matches, tokens);
    const chance = await index.chance(vectors, SAMPLE);
    for (const [rule, weigh] of Object.entries(RULES)) {
      const weights = weigh(best, chance);
      const hits = await index.search(vectors, {
        k: 2 * PROBED,
        exhaustive: true,
        ...(weights === undefined ? {} : { weights }),
      });
      const documents = [...new Set(hits.map((hit) => collection.passages[hit.key]?.document ?? ''))];
      found.get(rule)?.push(ndcg(documents.slice(0, DEPTH), judged, DEPTH));
    }
  }
  index.close();
  for (const [rule, scores] of found) means.get(rule)?.push(mean(scores));
  console.log(name, [...found].map(([rule, scores]) => `${rule} ${mean(scores).toFixed(4)}`).join(', '));
}
for (const [rule, scores] of means) console.log(`${rule}: mean ${mean(scores).toFixed(4)}`);
