import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { EncodedPassage, PassimError } from '../../../app/contract/index.ts';
import { createEncoder, type Encoder, type EncoderOptions } from '../../../app/encode/encoder.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';
import { PassageTokenizer } from '../../../app/encode/tokenizer.ts';
import {
  byteLevelTokenizer,
  expected,
  idOf,
  type TinyGraph,
  type TinyPackage,
  tinyGraph,
  VOCABULARY,
  writePackage,
} from './tiny-package.ts';

let folder: string;
const open: Encoder[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-encoder-'));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((encoder) => encoder.close()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
async function encoderFor(tiny: TinyPackage, options: Partial<EncoderOptions> = {}): Promise<Encoder> {
  made += 1;
  const place = join(folder, String(made));
  writePackage(place, tiny);
  const encoder = await createEncoder({ package: await loadModelPackage(place), threads: 1, ...options });
  open.push(encoder);
  return encoder;
}

function rows(vectors: Float32Array, dimension: number): number[][] {
  return Array.from({ length: vectors.length / dimension }, (_, i) => [
    ...vectors.subarray(i * dimension, (i + 1) * dimension),
  ]);
}

function expectClose(found: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): void {
  expect(found.length).toBe(wanted.length);
  found.forEach((row, i) => {
    row.forEach((value, d) => {
      expect(Math.abs(value - (wanted[i]?.[d] ?? Number.NaN))).toBeLessThan(1e-5);
    });
  });
}

describe('any late-interaction graph', () => {
  const shapes: [string, TinyGraph][] = [
    ['16 dimensions, not normalised', { dimension: 16 }],
    ['96 dimensions, normalised', { dimension: 96, normalise: true }],
    ['48 dimensions, token types', { dimension: 48, types: true }],
    [
      '128 dimensions, other names',
      { dimension: 128, inputs: { ids: 'ids', mask: 'mask' }, output: 'contextual' },
    ],
    [
      '64 dimensions, attention over all tokens, no shape said',
      { dimension: 64, mix: true, shapeless: true },
    ],
  ];
  test.each(shapes)('%s', async (_, graph) => {
    const encoder = await encoderFor({
      graph,
      manifest: {
        ...(graph.inputs ? { inputs: graph.inputs } : {}),
        ...(graph.output ? { output: graph.output } : {}),
      },
    });
    const [passage] = await encoder.encodePassages(['the river']);
    const wanted = expected(graph, ['[CLS]', 'the', 'river', '[SEP]'].map(idOf));
    expectClose(rows(passage?.vectors ?? new Float32Array(), graph.dimension), wanted);
    expect(passage).toMatchObject({ count: 4, tokenCount: 4, truncated: false });
    expect([...(passage?.spans ?? [])]).toEqual([0, 0, 0, 3, 4, 9, 0, 0]);
    const mean = Array.from({ length: graph.dimension }, (_v, d) =>
      wanted.reduce((sum, row) => sum + (row[d] ?? 0), 0),
    );
    const norm = Math.hypot(...mean);
    expectClose([[...(passage?.dense ?? [])]], [mean.map((value) => value / norm)]);
    expect(encoder.dimension).toBe(graph.dimension);
  });

  test('query expansion, attended to or not, and prefixes on both sides', async () => {
    const graph: TinyGraph = { dimension: 32, mix: true };
    for (const attend of [false, true]) {
      const encoder = await encoderFor({
        graph,
        manifest: {
          queryPrefix: '[Q] ',
          passagePrefix: '[D] ',
          queryExpansion: { token: '[MASK]', length: 8, attend },
        },
      });
      const query = await encoder.encodeQuery('the river');
      const ids = ['[CLS]', '[Q] ', 'the', 'river', '[SEP]', '[MASK]', '[MASK]', '[MASK]'].map(idOf);
      const attention = attend ? ids.map(() => 1) : [1, 1, 1, 1, 1, 0, 0, 0];
      expectClose(rows(query.vectors, 32), expected(graph, ids, attention));
      expect(query.tokens).toHaveLength(8);
      const [passage] = await encoder.encodePassages(['the river']);
      expectClose(
        rows(passage?.vectors ?? new Float32Array(), 32),
        expected(graph, ['[CLS]', '[D] ', 'the', 'river', '[SEP]'].map(idOf)),
      );
    }
  });

  test('skipped and special tokens are read but not kept', async () => {
    const graph: TinyGraph = { dimension: 16, mix: true };
    const encoder = await encoderFor({ graph, manifest: { skipTokens: ['.'], keepSpecialTokens: false } });
    const [passage] = await encoder.encodePassages(['the river.']);
    const all = expected(graph, ['[CLS]', 'the', 'river', '.', '[SEP]'].map(idOf));
    expectClose(rows(passage?.vectors ?? new Float32Array(), 16), all.slice(1, 3));
    expect(passage).toMatchObject({ count: 2, tokenCount: 5 });
    expect([...(passage?.spans ?? [])]).toEqual([0, 3, 4, 9]);
  });

  test('a byte-level tokenizer', async () => {
    const graph: TinyGraph = { dimension: 16, vocabulary: 300 };
    const encoder = await encoderFor({ graph, tokenizer: byteLevelTokenizer() });
    const text = 'the é the';
    const [passage] = await encoder.encodePassages([text]);
    const spans = passage?.spans ?? new Uint32Array();
    const words = Array.from({ length: spans.length / 2 }, (_, i) =>
      text.slice(spans[2 * i], spans[2 * i + 1]),
    );
    expect(words.filter((word) => word === 'the')).toHaveLength(2);
    expect(words.filter((word) => word === 'é')).toHaveLength(2);
  });
});

describe('many passages', () => {
  const texts = [
    'the river',
    '',
    'the bridge of the river the cost of repair',
    'hello world',
    'the river',
    'x',
    ...Array.from({ length: 300 }, (_, i) => `${'the river '.repeat(i % 9)}world ${i}`),
  ];

  test('come back in order, whatever their lengths, over several lanes and windows', async () => {
    const graph: TinyGraph = { dimension: 16, mix: true };
    const encoder = await encoderFor({ graph }, { threads: 3 });
    const passages = await encoder.encodePassages(texts);
    expect(passages).toHaveLength(texts.length);
    const tokenizer = await PassageTokenizer.load(
      join(folder, String(made), 'tokenizer.json'),
      (await loadModelPackage(join(folder, String(made)))).manifest,
    );
    const framed = await tokenizer.passages(texts);
    passages.forEach((passage, i) => {
      expectClose(rows(passage.vectors, 16), expected(graph, [...(framed[i]?.ids ?? [])]));
    });
    expect(passages[4]?.vectors).toEqual(passages[0]?.vectors);
  });

  test('several calls at once all get their own', async () => {
    const graph: TinyGraph = { dimension: 16 };
    const encoder = await encoderFor({ graph }, { threads: 2 });
    const calls = await Promise.all(
      ['river', 'bridge', 'cost', 'end'].map((word) => encoder.encodePassages(new Array(50).fill(word))),
    );
    const found = calls.map((call) => new Set(call.map((passage) => passage.vectors.join())));
    expect(found.every((set) => set.size === 1)).toBe(true);
    expect(new Set(found.flatMap((set) => [...set])).size).toBe(4);
  });

  test('queries asked at once get the vectors that they get one by one', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16, mix: true } });
    const texts = Array.from(
      { length: 40 },
      (_, i) => `${['river', 'bridge', 'cost', 'end'][i % 4]} ${'the '.repeat(i % 3)}`,
    );
    const together = await Promise.all(texts.map((text) => encoder.encodeQuery(text)));
    for (const [i, text] of texts.entries()) {
      const alone = await encoder.encodeQuery(text);
      expect(together[i]?.vectors).toEqual(alone.vectors);
      expect(together[i]?.tokens).toEqual(alone.tokens);
    }
  });

  test('no text at all', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    expect(await encoder.encodePassages([])).toEqual([]);
  });

  test('a text of 100,000 characters is cut and says so', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    const [passage, short] = await encoder.encodePassages(['the river '.repeat(10_000), 'the river']);
    expect(passage).toMatchObject({ truncated: true, tokenCount: 64 });
    expect(short?.truncated).toBe(false);
  });

  test('a signal ends the wait, and the encoder goes on', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    const controller = new AbortController();
    const work = encoder.encodePassages(new Array(3000).fill('the bridge of the river'), {
      signal: controller.signal,
    });
    controller.abort();
    await expect(work).rejects.toMatchObject({ code: 'cancelled' });
    await expect(encoder.encodePassages(['river'], { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(await encoder.encodePassages(['the river'])).toHaveLength(1);
  });

  test('a signal that fires while lanes are at work', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    await encoder.encodePassages(['the river']);
    const controller = new AbortController();
    const work = encoder.encodePassages(new Array(3000).fill('the bridge of the river'), {
      signal: controller.signal,
    });
    const failed = expect(work).rejects.toMatchObject({ code: 'cancelled' });
    await encoder.encodeQuery('the river');
    controller.abort();
    await failed;
    expect(await encoder.encodePassages(['the river'])).toHaveLength(1);
  });
});

describe('what a model does wrong', () => {
  const poison = (value: number) => {
    const model = tinyGraph({ dimension: 16 });
    const table = model.graph.initializer.find((tensor) => tensor.name === 'embedding');
    if (table === undefined) throw new Error('the tiny graph has no table');
    const values = new Float32Array(table.rawData.slice().buffer);
    values.fill(value, idOf('cost') * 16, (idOf('cost') + 1) * 16);
    table.rawData = new Uint8Array(values.buffer);
    return model;
  };

  test.each([
    ['no number', Number.NaN],
    ['without end', Number.POSITIVE_INFINITY],
    ['of no length', 0],
  ])('a vector that is %s fails its text alone', async (_, value) => {
    const encoder = await encoderFor({ graph: poison(value) });
    const results = await encoder.encodeEach(['the river', 'the cost', 'the end']);
    expect(results.map((result) => ('code' in result ? result.code : 'fine'))).toEqual([
      'fine',
      'bad-vector',
      'fine',
    ]);
    const failed = expect(encoder.encodePassages(['the river', 'the cost'])).rejects;
    await failed.toMatchObject({ code: 'bad-vector', subject: '1' });
    await expect(encoder.encodeQuery('cost')).rejects.toMatchObject({ code: 'bad-vector' });
    expect((await encoder.encodeQuery('river')).tokens).toHaveLength(3);
  });

  test('a graph that says it normalises and does not', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 }, manifest: { normalized: true } });
    await expect(encoder.encodePassages(['the river'])).rejects.toMatchObject({ code: 'bad-vector' });
  });

  test('an id beyond the vocabulary fails its text alone', async () => {
    const graph: TinyGraph = { dimension: 16, vocabulary: VOCABULARY.length - 2 };
    const encoder = await encoderFor({ graph });
    const results = await encoder.encodeEach(['the river', 'hello', 'the end']);
    expect(results.map((result) => ('code' in result ? result.code : 'fine'))).toEqual([
      'fine',
      'encode-failed',
      'fine',
    ]);
  });

  test.each([
    ['output', { output: 'elsewhere' }],
    ['inputs', { inputs: { ids: 'tokens', mask: 'attention_mask' } }],
    ['dimension', { dimension: 24 }],
  ])('a manifest whose %s is not the graph’s', async (subject, manifest) => {
    await expect(encoderFor({ graph: { dimension: 16 }, manifest })).rejects.toMatchObject({
      code: 'model-invalid',
      subject,
    });
  });

  test('a graph that can not be opened', async () => {
    const encoder = encoderFor({ graph: { dimension: 16 }, extra: { 'model.onnx': 'no graph' } });
    await expect(encoder).rejects.toMatchObject({ code: 'model-invalid' });
  });

  test('a closed encoder says so', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    await encoder.encodePassages(['the river']);
    await encoder.close();
    await expect(encoder.encodePassages(['the river'])).rejects.toMatchObject({ code: 'engine-stopped' });
    await expect(encoder.encodeQuery('the river')).rejects.toMatchObject({ code: 'engine-stopped' });
  });

  test('closing while passages wait rejects them', async () => {
    const encoder = await encoderFor({ graph: { dimension: 16 } });
    await encoder.encodePassages(['the river']);
    const outcome = encoder.encodePassages(new Array(2000).fill('the bridge of the river')).then(
      () => 'done',
      (error: PassimError) => error.code,
    );
    await encoder.encodeQuery('the river');
    await encoder.close();
    expect(['engine-stopped', 'encode-failed']).toContain(await outcome);
  });
});

describe('the model that ships with Passim', () => {
  const texts = [
    'The committee approved the budget of 4,200 euros for the repair of the northern bridge.',
    'def read_table(path, encoding="utf-8"): return [line.split("\\t") for line in open(path)]',
    'Café naïve ﬁnd 漢字 “quoted” it’s 😀 and more.',
    'Measured at 25 °C, the enzyme lost half of its activity within three hours.',
    'x',
  ];

  async function shipped(): Promise<{ encoder: Encoder; passages: EncodedPassage[] }> {
    const model = await loadModelPackage(resolve(import.meta.dirname, '../../../models/default'));
    const encoder = await createEncoder({ package: model, threads: 2 });
    open.push(encoder);
    return { encoder, passages: await encoder.encodePassages(texts) };
  }

  test('gives what ONNX Runtime gives for each text alone', async () => {
    const { encoder, passages } = await shipped();
    const model = await loadModelPackage(resolve(import.meta.dirname, '../../../models/default'));
    const { manifest } = model;
    const tokenizer = await PassageTokenizer.load(model.tokenizerFile, manifest);
    const session = await InferenceSession.create(model.modelFile, { intraOpNumThreads: 1 });
    const framed = await tokenizer.passages(texts);
    for (const [i, row] of framed.entries()) {
      const shape = [1, row.ids.length];
      const answer = await session.run({
        [manifest.inputs.ids]: new Tensor('int64', BigInt64Array.from(row.ids, BigInt), shape),
        [manifest.inputs.mask]: new Tensor('int64', new BigInt64Array(row.ids.length).fill(1n), shape),
      });
      const data = answer[manifest.output]?.data;
      if (!(data instanceof Float32Array)) throw new Error('no floats');
      const width = encoder.dimension;
      const kept = [...row.keep.keys()].filter((token) => row.keep[token] === 1);
      expect(passages[i]?.count).toBe(kept.length);
      kept.forEach((token, k) => {
        let dot = 0;
        for (let d = 0; d < width; d += 1)
          dot += (data[token * width + d] ?? 0) * (passages[i]?.vectors[k * width + d] ?? 0);
        expect(dot).toBeGreaterThan(0.9999);
      });
    }
    await session.release();
  });

  test('spans cut out the words, and every vector has length 1', async () => {
    const { encoder, passages } = await shipped();
    const text = texts[0] ?? '';
    const passage = passages[0];
    if (passage === undefined) throw new Error('no passage');
    const words = Array.from({ length: passage.count }, (_, i) =>
      text.slice(passage.spans[2 * i], passage.spans[2 * i + 1]),
    );
    expect(words.join('')).toBe('Thecommitteeapprovedthebudgetof4200eurosfortherepairofthenorthernbridge');
    for (const { vectors, dense } of passages) {
      for (const row of [...rows(vectors, encoder.dimension), [...dense]])
        expect(Math.abs(Math.hypot(...row) - 1)).toBeLessThan(1e-5);
    }
  });

  test('a passage’s vectors do not depend on its neighbours', async () => {
    const { encoder, passages } = await shipped();
    const [alone] = await encoder.encodePassages([texts[3] ?? '']);
    expect(alone?.vectors).toEqual(passages[3]?.vectors);
  });

  test('finds the passage that a query means', async () => {
    const { encoder, passages } = await shipped();
    const query = await encoder.encodeQuery('how much money will fixing the crossing take');
    const width = encoder.dimension;
    const scores = passages.map((passage) => {
      const words = rows(passage.vectors, width);
      return rows(query.vectors, width).reduce(
        (sum, q) =>
          sum + Math.max(...words.map((p) => p.reduce((dot, value, d) => dot + value * (q[d] ?? 0), 0))),
        0,
      );
    });
    expect(scores.indexOf(Math.max(...scores))).toBe(0);
    expect(query.tokens.filter((token) => token.kind === 'word').map((token) => token.piece)).toContain(
      'money',
    );
  });
});
