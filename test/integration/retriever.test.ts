import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Retriever, type RetrieverOptions } from '../../app/index.ts';
import { temporaryFolder } from '../helpers/temp.ts';

const DOCUMENTS = [
  {
    id: 'lease',
    title: 'Lease',
    content: "The tenant may end the contract with three months' notice.",
    metadata: { year: 2024, tags: ['home'] },
  },
  { id: 'recipe', content: 'Mix flour, eggs and milk, and fry thin pancakes in hot butter.' },
  {
    id: 'motor',
    content: 'An electric motor turns current into torque.\n\nIts efficiency is above ninety per cent.',
  },
];

async function open(directory: string, options: Partial<RetrieverOptions> = {}): Promise<Retriever> {
  const retriever = await Retriever.open({ directory, ...options });
  onTestFinished(() => retriever.close());
  return retriever;
}

describe('Retriever', () => {
  it('adds, searches, replaces, deletes and persists', async () => {
    const directory = temporaryFolder('retriever');
    const retriever = await open(directory);
    await retriever.add(DOCUMENTS);
    expect(retriever.size).toBe(3);
    const results = await retriever.search('cancel the flat', 2);
    expect(results.map((result) => result.rank)).toEqual([1, 2]);
    expect(results[0]).toMatchObject({ id: 'lease', metadata: { year: 2024, tags: ['home'] } });
    expect(DOCUMENTS[0]?.content.slice(results[0]?.start, results[0]?.end)).toBe(results[0]?.content);

    await retriever.add([{ id: 'lease', content: 'Nothing but daffodils and tulips.' }]);
    expect(retriever.size).toBe(3);
    expect((await retriever.search('spring flowers', 1))[0]).toMatchObject({ id: 'lease', metadata: {} });
    expect(await retriever.delete(['lease', 'unknown'])).toBe(1);
    expect(retriever.has('lease')).toBe(false);
    await retriever.close();

    const again = await open(directory, { readOnly: true });
    expect(again.size).toBe(2);
    expect((await again.search('breakfast from a pan', 1))[0]?.id).toBe('recipe');
    await expect(again.add(DOCUMENTS)).rejects.toMatchObject({ code: 'index-locked' });
  });

  it('gives the alignment on request, and one for each ranker', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    await retriever.add(DOCUMENTS);
    const [best] = await retriever.search('electric torque', 1, { alignment: true, ranker: 'maxsim' });
    const sum = best?.alignment?.reduce((total, token) => total + token.similarity * token.weight, 0);
    expect(sum).toBeCloseTo(best?.score ?? 0, 3);
    for (const ranker of ['fused', 'bm25', 'dense'] as const) {
      expect((await retriever.search('electric torque', 1, { ranker }))[0]?.id).toBe('motor');
    }
  });

  it('reranks without adding', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    const ranked = await retriever.rerank('breakfast', DOCUMENTS, 2);
    expect(ranked.map((result) => result.id)[0]).toBe('recipe');
    expect(ranked).toHaveLength(2);
    expect(retriever.size).toBe(0);
  });

  it('searches in batches and among given documents, and iterates', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    const progress: number[] = [];
    async function* later() {
      for (const document of DOCUMENTS) yield document;
    }
    await retriever.add(later(), { onProgress: (added) => progress.push(added) });
    expect(progress).toEqual([3]);
    const queries = ['breakfast from a pan', 'electric torque', 'cancel the flat'];
    const batch = await retriever.searchBatch(queries, 1);
    expect(batch.map((results) => results[0]?.id)).toEqual(['recipe', 'motor', 'lease']);
    for (const [i, query] of queries.entries()) expect(batch[i]).toEqual(await retriever.search(query, 1));
    const each: string[] = [];
    for await (const { query, results } of retriever.searchEach(queries, 3, { among: ['motor', 'recipe'] }))
      each.push(`${query}: ${results.map((result) => result.id).sort()}`);
    expect(each).toEqual(queries.map((query) => `${query}: motor,recipe`));
    expect(await retriever.search('torque', 5, { among: ['none'] })).toEqual([]);
    const kept = [];
    for await (const document of retriever.documents()) kept.push(document);
    expect(kept.find((document) => document.id === 'lease')).toEqual({
      id: 'lease',
      title: 'Lease',
      metadata: { year: 2024, tags: ['home'] },
      passages: 1,
    });
    await expect(retriever.search('x', 0)).rejects.toMatchObject({ code: 'bad-request', subject: 'k' });
    await expect(retriever.searchBatch(['a', 'modified:never'], 1)).rejects.toMatchObject({
      code: 'query-syntax',
    });
  });

  it('encodes without indexing, so that MaxSim can be computed elsewhere', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    const texts = DOCUMENTS.map((document) => document.content);
    const passages = await retriever.encode(texts);
    const query = await retriever.encodeQuery('electric torque');
    const scores = passages.map((passage) => {
      let sum = 0;
      for (let q = 0; q < query.count; q += 1) {
        let best = Number.NEGATIVE_INFINITY;
        for (let t = 0; t < passage.count; t += 1) {
          let dot = 0;
          for (let d = 0; d < query.dimension; d += 1)
            dot +=
              (query.vectors[q * query.dimension + d] ?? 0) * (passage.vectors[t * query.dimension + d] ?? 0);
          best = Math.max(best, dot);
        }
        sum += best;
      }
      return sum;
    });
    const ranked = await retriever.rerank(
      'electric torque',
      texts.map((content, i) => ({ id: String(i), content })),
    );
    expect(ranked[0]?.id).toBe('2');
    // The motor is two paragraphs in one passage: the whole text is what was encoded.
    expect(ranked.find((result) => result.id === '1')?.score).toBeCloseTo(scores[1] ?? 0, 4);
    expect(passages[1]).toMatchObject({ dimension: query.dimension, truncated: false });
    expect(passages[1]?.vectors.length).toBe((passages[1]?.count ?? 0) * query.dimension);
    expect(retriever.size).toBe(0);
  });

  it('stops when it is told to', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    const stop = new AbortController();
    const endless = (async function* () {
      for (let i = 0; ; i += 1) {
        if (i === 70) stop.abort();
        yield { id: String(i), content: `Note ${i} about nothing.` };
      }
    })();
    await expect(retriever.add(endless, { signal: stop.signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(retriever.size).toBe(64);
    const { signal } = stop;
    await expect(retriever.search('note', 1, { signal })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(retriever.encode(['note'], { signal })).rejects.toMatchObject({ code: 'cancelled' });
    await expect(retriever.rerank('note', DOCUMENTS, 1, { signal })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('names the document that is wrong, and writes nothing', async () => {
    const retriever = await open(temporaryFolder('retriever'));
    const wrong = [...DOCUMENTS, { id: '', content: 'x' }];
    await expect(retriever.add(wrong)).rejects.toMatchObject({
      code: 'bad-request',
      subject: 'documents[3].id',
    });
    expect(retriever.size).toBe(0);
  });

  it('runs the example of its page', { timeout: 120_000 }, async () => {
    const page = readFileSync(resolve('docs/retriever.md'), 'utf8');
    const example = /```ts\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const folder = temporaryFolder('example');
    const runnable = example
      .replace("'passim'", `'${pathToFileURL(resolve('app/index.ts')).href}'`)
      .replace("'./retriever'", JSON.stringify(join(folder, 'index')));
    const file = join(folder, 'example.mts');
    const lines: string[] = [];
    const original = console.log;
    console.log = (...parts: unknown[]) =>
      void lines.push(
        parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' '),
      );
    try {
      writeFileSync(file, runnable);
      await import(/* @vite-ignore */ pathToFileURL(file).href);
    } finally {
      console.log = original;
    }
    expect(lines[0]).toContain('lease 1');
    expect(lines.at(-1)).toBe('a');
  });
});
