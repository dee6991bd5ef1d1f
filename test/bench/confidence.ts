/**
 * How well confidence tells queries that an index answers from such that it does not: the area under the ROC curve for
 * nonsense, for other collections' queries, and for own queries whose answers were taken out. Beside the weights in
 * use, each collection is judged by weights that were fitted on the others.
 *
 *   node scripts/with-node.mjs test/bench/confidence.ts COLLECTION COLLECTION... [--keep FOLDER] [--queries 150] [--json]
 *
 * Collections are in the BEIR layout; FOLDER keeps their indexes, as `passim eval COLLECTION --home FOLDER/NAME` does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { silentLogger, systemScheduler } from '../../app/contract/ports.ts';
import { searchRequestSchema } from '../../app/contract/search.ts';
import { settingsSchema } from '../../app/contract/settings.ts';
import { IndexCore } from '../../app/engine/core.ts';
import { type Dataset, readDataset } from '../../app/eval/dataset.ts';
import { areaUnderCurve, seededRandom } from '../../app/eval/statistics.ts';
import { Retriever } from '../../app/index.ts';
import { type ConfidenceFeatures, confidenceFeatures } from '../../app/search/confidence.ts';
import { rank, search } from '../../app/search/search.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'string' },
    queries: { type: 'string', default: '150' },
    json: { type: 'boolean', default: false },
  },
});
const ROOT = 'documents:';
const KINDS = ['nonsense', 'salad', 'other', 'removed'] as const;
type Kind = (typeof KINDS)[number] | 'own';
/** Weight of each kind in fitting; own queries weigh as much as all others together. */
const SHARES: Record<Kind, number> = { own: 1, nonsense: 0.25, salad: 0.15, other: 0.3, removed: 0.3 };

interface Judged {
  readonly confidence: number;
  readonly features: ConfidenceFeatures;
}
type Sample = Record<Kind, Judged[]>;

const random = seededRandom(7);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
function some<T>(list: readonly T[], count: number): T[] {
  const rest = [...list];
  const drawn: T[] = [];
  while (drawn.length < count && rest.length > 0)
    drawn.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return drawn;
}

/** Made-up words, and keys hit at random. */
function nonsense(count: number): string[] {
  const syllables = 'ba ko ri tus zor ple fen dra mi quo lex vun gri sha nop wex jil kam thu bro'.split(' ');
  const keys = 'qwertyuiopasdfghjklzxcvbnm'.split('');
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () =>
      i % 2 === 0
        ? Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(syllables)).join('')
        : Array.from({ length: 3 + Math.floor(random() * 8) }, () => pick(keys)).join(''),
    ).join(' '),
  );
}

/** Words of the collections themselves, thrown together. */
function salad(collections: readonly Dataset[], count: number): string[] {
  const words = collections.flatMap((data) =>
    some(data.documents, 40).flatMap(({ text }) => text.toLowerCase().match(/\p{L}{4,}/gu) ?? []),
  );
  return Array.from({ length: count }, () =>
    Array.from({ length: 3 + Math.floor(random() * 6) }, () => pick(words)).join(' '),
  );
}

/** The best result's features and confidence; those of an empty answer are at chance. */
async function judge(core: IndexCore, query: string, without: ReadonlySet<string>): Promise<Judged> {
  const request = searchRequestSchema.parse({ query, k: 10, passagesPerFile: 1, explain: true });
  const options = {
    plain: true,
    literal: true,
    ...(without.size === 0
      ? {}
      : { among: ({ path }: { path: string }) => !without.has(path.slice(ROOT.length)) }),
  };
  const response = await search(request, core.searchParts, options);
  const { chance, wordFound } = await rank(request, core.searchParts, options);
  const none: ConfidenceFeatures = { words: 0, tokens: 0, unknown: 1 };
  let best: Judged = { confidence: response.confidence ?? 0, features: none };
  let most = Number.NEGATIVE_INFINITY;
  for (const { passages } of response.results) {
    const features = confidenceFeatures(passages[0]?.tokens ?? [], {
      sampled: chance?.sampled ?? 0,
      wordFound,
    });
    const sum = features === null ? most : features.words + 2 * features.tokens;
    if (features === null || sum <= most) continue;
    most = sum;
    best = { ...best, features };
  }
  return best;
}

/** Logistic regression by Newton's method, with a little ridge. @returns offset first */
function fitWeights(samples: readonly Sample[]): number[] {
  const rows = samples.flatMap((sample) =>
    (Object.keys(sample) as Kind[]).flatMap((kind) =>
      sample[kind].map((judged) => ({
        x: vector(judged.features),
        y: kind === 'own' ? 1 : 0,
        weight: SHARES[kind] / sample[kind].length,
      })),
    ),
  );
  let theta = [0, 0, 0, 0];
  for (let round = 0; round < 30; round += 1) {
    const gradient = theta.map((value, i) => (i === 0 ? 0 : 0.002 * value));
    const hessian = theta.map((_, i) => theta.map((__, j) => (i === j ? 0.002 : 0)));
    for (const { x, y, weight } of rows) {
      const p = 1 / (1 + Math.exp(-dot(theta, x)));
      x.forEach((xi, i) => {
        gradient[i] = (gradient[i] ?? 0) + weight * (p - y) * xi;
        x.forEach((xj, j) => {
          (hessian[i] as number[])[j] = (hessian[i]?.[j] ?? 0) + weight * p * (1 - p) * xi * xj;
        });
      });
    }
    const step = solve(hessian, gradient);
    theta = theta.map((value, i) => value - (step[i] ?? 0));
  }
  return theta;
}

const vector = ({ words, tokens, unknown }: ConfidenceFeatures): number[] => [1, words, tokens, unknown];
const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Gaussian elimination with pivoting. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  const n = rows.length;
  for (let i = 0; i < n; i += 1) {
    const pivot = rows.slice(i).sort((a, b) => Math.abs(b[i] ?? 0) - Math.abs(a[i] ?? 0))[0] as number[];
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(i, 0, pivot);
    for (let j = 0; j < n; j += 1) {
      const row = rows[j] as number[];
      if (j === i) continue;
      const factor = (row[i] ?? 0) / (pivot[i] ?? 1);
      for (let k = i; k <= n; k += 1) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
    }
  }
  return rows.map((row, i) => (row[n] ?? 0) / (row[i] ?? 1));
}

const count = Number(values.queries);
const collections = positionals.map((folder) => ({ name: basename(folder), data: readDataset(folder) }));
const samples = new Map<string, Sample>();
for (const { name, data } of collections) {
  const directory =
    values.keep === undefined ? mkdtempSync(join(tmpdir(), 'passim-confidence-')) : join(values.keep, name);
  const { model, bits, pooling } = settingsSchema.parse({});
  const retriever = await Retriever.open({ directory, bits, pooling });
  await retriever.add(data.documents.map(({ id, title, text }) => ({ id, title, content: text })));
  await retriever.close();
  const core = await IndexCore.open({
    directory,
    cache: join(directory, 'cache'),
    settings: { model, bits, pooling, executionProvider: 'auto', threads: 1 },
    mode: 'read',
    scheduler: systemScheduler,
    logger: silentLogger,
  });
  const others = collections.filter((other) => other.name !== name);
  const own = some(data.queries, count);
  const answers = (id: string) =>
    new Set([...(data.qrels.get(id) ?? [])].filter(([, gain]) => gain > 0).map(([document]) => document));
  const asked: Record<Kind, { text: string; without: ReadonlySet<string> }[]> = {
    own: own.map(({ text }) => ({ text, without: new Set() })),
    removed: own.map(({ id, text }) => ({ text, without: answers(id) })),
    other: some(
      others.flatMap((other) => other.data.queries),
      count,
    ).map(({ text }) => ({ text, without: new Set() })),
    nonsense: nonsense(count).map((text) => ({ text, without: new Set() })),
    salad: salad(
      collections.map((each) => each.data),
      count,
    ).map((text) => ({ text, without: new Set() })),
  };
  const sample: Sample = { own: [], nonsense: [], salad: [], other: [], removed: [] };
  for (const kind of Object.keys(asked) as Kind[])
    for (const { text, without } of asked[kind]) sample[kind].push(await judge(core, text, without));
  samples.set(name, sample);
  await core.close();
  if (values.keep === undefined) rmSync(directory, { recursive: true, force: true });
}

const report: Record<string, unknown> = {};
for (const [name, sample] of samples) {
  const rest = [...samples].filter(([other]) => other !== name).map(([, each]) => each);
  const theta = rest.length === 0 ? null : fitWeights(rest);
  const areas = (score: (judged: Judged) => number) =>
    Object.fromEntries(
      KINDS.map((kind) => [kind, areaUnderCurve(sample.own.map(score), sample[kind].map(score))]),
    );
  const inUse = areas((judged) => judged.confidence);
  const left = theta === null ? null : areas((judged) => dot(theta, vector(judged.features)));
  report[name] = { inUse, fittedOnOthers: left };
  if (values.json) continue;
  const line = (figures: Record<string, number>) =>
    KINDS.map((kind) => `${kind} ${(figures[kind] ?? Number.NaN).toFixed(3)}`).join('  ');
  console.log(
    `${name.padEnd(16)} ${line(inUse)}${left === null ? '' : `   fitted on the others: ${line(left)}`}`,
  );
}
if (values.json) console.log(JSON.stringify(report, null, 2));
else if (samples.size > 0)
  console.log(
    `fitted on all: ${fitWeights([...samples.values()])
      .map((value) => value.toFixed(2))
      .join(' ')}`,
  );
process.exit(0);
