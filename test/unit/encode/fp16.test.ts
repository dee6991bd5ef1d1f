import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEncoder } from '../../../app/encode/encoder.ts';
import { toFloatGraph } from '../../../app/encode/float-graph.ts';
import { halfGraphFile, makeHalfGraph } from '../../../app/encode/fp16-graph.ts';
import { agreement, LEAST_AGREEMENT, openGpuSession } from '../../../app/encode/gpu-session.ts';
import { floatTensor } from '../../../app/encode/graph-values.ts';
import { floatToHalf, halfToFloat } from '../../../app/encode/half.ts';
import {
  decodeModel,
  ElementType,
  emptyTensor,
  encodeModel,
  floatAttribute,
  intAttribute,
  intsAttribute,
  makeNode,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../../app/encode/onnx-proto.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';
import { TokenSession } from '../../../app/encode/session.ts';
import { PassageTokenizer } from '../../../app/encode/tokenizer.ts';
import { numbers, tinyGraph, writePackage } from './tiny-package.ts';

const CONTRIB = 'com.microsoft';
const HIDDEN = 16;
const shippedFolder = resolve(import.meta.dirname, '../../../models/default');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-fp16-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scalar = (name: string, value: number) => floatTensor(name, [], Float32Array.of(value));
const bytes = (name: string, dims: number[], values: Int8Array | Uint8Array): OnnxTensor => ({
  ...emptyTensor(name, values instanceof Int8Array ? ElementType.int8 : ElementType.uint8, dims),
  rawData: new Uint8Array(values.buffer.slice(0)),
});
const ints = (name: string, values: number[]): OnnxTensor => ({
  ...emptyTensor(name, ElementType.int64, [values.length]),
  int64Data: values,
});

/** A graph from ids over a table of floats ("x", batch × tokens × 16) through `nodes` to "y". */
function graphOf(nodes: OnnxNode[], weights: OnnxTensor[]): OnnxModel {
  const tokens = (name: string) => ({ name, elementType: ElementType.int64, shape: ['batch', 'tokens'] });
  return {
    irVersion: 8,
    producerName: 'test',
    opsets: [
      { domain: '', version: 17 },
      { domain: CONTRIB, version: 1 },
    ],
    graph: {
      name: 'test',
      node: [makeNode('Gather', ['table', 'input_ids'], ['x']), ...nodes],
      initializer: [floatTensor('table', [50, HIDDEN], numbers(50 * HIDDEN, 5)), ...weights],
      input: [tokens('input_ids'), tokens('attention_mask')],
      output: [{ name: 'y', elementType: ElementType.float, shape: ['batch', 'tokens', HIDDEN] }],
      valueInfo: [],
    },
  };
}

async function answer(graph: Uint8Array): Promise<Float32Array> {
  const session = await InferenceSession.create(graph, { logSeverityLevel: 3 });
  const ids = BigInt64Array.from([3n, 14n, 15n, 9n, 26n, 5n, 35n, 8n, 9n, 7n]);
  const result = await session.run({
    input_ids: new Tensor('int64', ids, [2, 5]),
    attention_mask: new Tensor('int64', new BigInt64Array(10).fill(1n), [2, 5]),
  });
  await session.release();
  const data = result.y?.data;
  if (!(data instanceof Float32Array)) throw new Error('the graph gave no floats');
  return data;
}

/** Mean cosine over the ten tokens. */
function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += HIDDEN) {
    let dot = 0;
    let left = 0;
    let right = 0;
    for (let d = at; d < at + HIDDEN; d += 1) {
      dot += (a[d] ?? 0) * (b[d] ?? 0);
      left += (a[d] ?? 0) ** 2;
      right += (b[d] ?? 0) ** 2;
    }
    sum += dot / Math.sqrt(left * right);
  }
  return (sum * HIDDEN) / a.length;
}

const quantised = Int8Array.from(numbers(HIDDEN * HIDDEN, 6), (value) => Math.round(value * 100));
const shifted = Uint8Array.from(quantised, (value) => value + 120);
const columnScales = Float32Array.from(numbers(HIDDEN, 7), (value) => 0.01 + Math.abs(value) / 50);
const table = (rows: number, seed: number) =>
  Uint8Array.from(numbers(rows * HIDDEN, seed), (value) => Math.round(value * 120) + 128);
const bias = floatTensor('bias', [HIDDEN], numbers(HIDDEN, 8));

describe('16-bit numbers', () => {
  test('every one of them survives the way to 32 bits and back', () => {
    for (let half = 0; half < 0x10000; half += 1) {
      const value = halfToFloat(half);
      if (Number.isNaN(value)) expect(Number.isNaN(halfToFloat(floatToHalf(value)))).toBe(true);
      else if (floatToHalf(value) !== half)
        throw new Error(`${half.toString(16)} became ${floatToHalf(value)}`);
    }
  });

  test('the nearest is taken, ties go to the even one, what is too large stays finite', () => {
    expect(halfToFloat(floatToHalf(1 + 2 ** -11))).toBe(1);
    expect(halfToFloat(floatToHalf(1 + 3 * 2 ** -11))).toBe(1 + 2 ** -9);
    expect(halfToFloat(floatToHalf(1 + 2 ** -11 + 2 ** -20))).toBe(1 + 2 ** -10);
    expect(halfToFloat(floatToHalf(-3.4e38))).toBe(-65504);
    expect(halfToFloat(floatToHalf(2 ** -24))).toBe(2 ** -24);
    expect(halfToFloat(floatToHalf(2 ** -26))).toBe(0);
    expect(halfToFloat(floatToHalf(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY);
    for (const value of numbers(1000, 3)) {
      expect(Math.abs(halfToFloat(floatToHalf(value)) - value)).toBeLessThanOrEqual(
        Math.abs(value) * 2 ** -11 + 2 ** -25,
      );
    }
  });
});

describe('quantised graphs become graphs of floats', () => {
  const forms: [string, OnnxNode[], OnnxTensor[]][] = [
    [
      'MatMulInteger with a scale per column',
      [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 'q_scale', 'q_zero']),
        makeNode('MatMulInteger', ['q', 'w', 'q_zero', 'w_zero'], ['product']),
        makeNode('Cast', ['product'], ['wide'], [intAttribute('to', ElementType.float)]),
        makeNode('Mul', ['q_scale', 'w_scale'], ['scales']),
        makeNode('Mul', ['wide', 'scales'], ['scaled']),
        makeNode('Add', ['scaled', 'bias'], ['y']),
      ],
      [
        bytes('w', [HIDDEN, HIDDEN], quantised),
        bytes('w_zero', [HIDDEN], new Int8Array(HIDDEN)),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bias,
      ],
    ],
    [
      'MatMulInteger with one scale and a zero point, factors the other way round',
      [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 'q_scale', 'q_zero']),
        makeNode('MatMulInteger', ['q', 'w', 'q_zero', 'w_zero'], ['product']),
        makeNode('Cast', ['product'], ['wide'], [intAttribute('to', ElementType.float)]),
        makeNode('Mul', ['w_scale', 'q_scale'], ['scales']),
        makeNode('Mul', ['scales', 'wide'], ['y']),
      ],
      [
        bytes('w', [HIDDEN, HIDDEN], shifted),
        bytes('w_zero', [], Uint8Array.of(120)),
        scalar('w_scale', 0.01),
      ],
    ],
    [
      'DynamicQuantizeMatMul',
      [makeNode('DynamicQuantizeMatMul', ['x', 'w', 'w_scale', 'w_zero', 'bias'], ['y'], [], CONTRIB)],
      [
        bytes('w', [HIDDEN, HIDDEN], quantised),
        bytes('w_zero', [HIDDEN], new Int8Array(HIDDEN)),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bias,
      ],
    ],
    [
      'MatMulIntegerToFloat',
      [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 'q_scale', 'q_zero']),
        makeNode(
          'MatMulIntegerToFloat',
          ['q', 'w', 'q_scale', 'w_scale', 'q_zero', 'w_zero', 'bias'],
          ['y'],
          [],
          CONTRIB,
        ),
      ],
      [
        bytes('w', [HIDDEN, HIDDEN], quantised),
        bytes('w_zero', [HIDDEN], new Int8Array(HIDDEN)),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bias,
      ],
    ],
    [
      'weights and a table that are dequantised before use',
      [
        makeNode('DequantizeLinear', ['w', 'w_scale', 'w_zero'], ['w_float'], [intAttribute('axis', 0)]),
        makeNode('Gather', ['rows', 'input_ids'], ['row_bytes']),
        makeNode('DequantizeLinear', ['row_bytes', 'row_scale', 'row_zero'], ['row_floats']),
        makeNode('Add', ['x', 'row_floats'], ['sum']),
        makeNode('MatMul', ['sum', 'w_float'], ['y']),
      ],
      [
        bytes('w', [HIDDEN, HIDDEN], quantised),
        bytes('w_zero', [HIDDEN], new Int8Array(HIDDEN).fill(3)),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bytes(
          'rows',
          [50, HIDDEN],
          Uint8Array.from(numbers(50 * HIDDEN, 9), (value) => Math.round(value * 120) + 128),
        ),
        bytes('row_zero', [], Uint8Array.of(128)),
        scalar('row_scale', 0.008),
      ],
    ],
    [
      'activations between QuantizeLinear and DequantizeLinear',
      [
        makeNode('QuantizeLinear', ['x', 'x_scale', 'x_zero'], ['x_bytes']),
        makeNode('DequantizeLinear', ['x_bytes', 'x_scale', 'x_zero'], ['x_again']),
        makeNode('Add', ['x_again', 'bias'], ['y']),
      ],
      [scalar('x_scale', 0.01), bytes('x_zero', [], Uint8Array.of(128)), bias],
    ],
    [
      'a scale per token around QuantizeLinear and MatMulIntegerToFloat',
      [
        makeNode('Abs', ['x'], ['sizes']),
        makeNode(
          'ReduceMax',
          ['sizes'],
          ['largest'],
          [intsAttribute('axes', [-1]), intAttribute('keepdims', 1)],
        ),
        makeNode('Mul', ['largest', 'level'], ['step']),
        makeNode('Div', ['x', 'step'], ['scaled']),
        makeNode('QuantizeLinear', ['scaled', 'unit', 'middle'], ['q']),
        makeNode('MatMulIntegerToFloat', ['q', 'w', 'unit', 'w_scale', 'middle'], ['whole'], [], CONTRIB),
        makeNode('Mul', ['whole', 'step'], ['product']),
        makeNode('Add', ['product', 'bias'], ['y']),
      ],
      [
        scalar('level', 1 / 127),
        scalar('unit', 1),
        bytes('middle', [], Uint8Array.of(128)),
        bytes('w', [HIDDEN, HIDDEN], quantised),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bias,
      ],
    ],
    [
      'MatMulNBits of 8 bits',
      [
        makeNode(
          'MatMulNBits',
          ['x', 'w', 'w_scale'],
          ['y'],
          [
            intAttribute('K', HIDDEN),
            intAttribute('N', HIDDEN),
            intAttribute('bits', 8),
            intAttribute('block_size', 16),
          ],
          CONTRIB,
        ),
      ],
      [
        bytes(
          'w',
          [HIDDEN, 1, HIDDEN],
          Uint8Array.from(numbers(HIDDEN * HIDDEN, 40), (value) => (value + 1) * 127),
        ),
        floatTensor('w_scale', [HIDDEN], columnScales),
      ],
    ],
    [
      'MatMulNBits of 8 bits with zero points',
      [
        makeNode(
          'MatMulNBits',
          ['x', 'w', 'w_scale', 'w_zero'],
          ['y'],
          [
            intAttribute('K', HIDDEN),
            intAttribute('N', HIDDEN),
            intAttribute('bits', 8),
            intAttribute('block_size', 16),
          ],
          CONTRIB,
        ),
      ],
      [
        bytes(
          'w',
          [HIDDEN, 1, HIDDEN],
          Uint8Array.from(numbers(HIDDEN * HIDDEN, 40), (value) => (value + 1) * 127),
        ),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bytes(
          'w_zero',
          [HIDDEN],
          Uint8Array.from(columnScales, (_, i) => 100 + i),
        ),
      ],
    ],
    [
      'MatMulNBits of 4 bits',
      [
        makeNode(
          'MatMulNBits',
          ['x', 'w', 'w_scale'],
          ['y'],
          [
            intAttribute('K', HIDDEN),
            intAttribute('N', HIDDEN),
            intAttribute('bits', 4),
            intAttribute('block_size', 16),
          ],
          CONTRIB,
        ),
      ],
      [
        bytes(
          'w',
          [HIDDEN, 1, HIDDEN / 2],
          Uint8Array.from(numbers(HIDDEN * (HIDDEN / 2), 40), (value) => (value + 1) * 127),
        ),
        floatTensor('w_scale', [HIDDEN], columnScales),
      ],
    ],
    [
      'MatMulNBits of 4 bits with zero points',
      [
        makeNode(
          'MatMulNBits',
          ['x', 'w', 'w_scale', 'w_zero'],
          ['y'],
          [
            intAttribute('K', HIDDEN),
            intAttribute('N', HIDDEN),
            intAttribute('bits', 4),
            intAttribute('block_size', 16),
          ],
          CONTRIB,
        ),
      ],
      [
        bytes(
          'w',
          [HIDDEN, 1, HIDDEN / 2],
          Uint8Array.from(numbers(HIDDEN * (HIDDEN / 2), 40), (value) => (value + 1) * 127),
        ),
        floatTensor('w_scale', [HIDDEN], columnScales),
        bytes(
          'w_zero',
          [HIDDEN],
          Uint8Array.from(columnScales, (_, i) => i),
        ),
      ],
    ],
    [
      'QAttention',
      [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 'q_scale', 'q_zero']),
        makeNode(
          'QAttention',
          ['q', 'w', 'attention_bias', 'q_scale', 'w_scale', '', 'q_zero', 'w_zero'],
          ['y'],
          [intAttribute('num_heads', 2)],
          CONTRIB,
        ),
      ],
      [
        bytes(
          'w',
          [HIDDEN, 3 * HIDDEN],
          Int8Array.from(numbers(3 * HIDDEN * HIDDEN, 12), (value) => Math.round(value * 100)),
        ),
        bytes('w_zero', [], new Int8Array(1)),
        scalar('w_scale', 0.01),
        floatTensor('attention_bias', [3 * HIDDEN], numbers(3 * HIDDEN, 13)),
      ],
    ],
    [
      'QEmbedLayerNormalization',
      [
        makeNode('Cast', ['input_ids'], ['ids'], [intAttribute('to', ElementType.int32)]),
        makeNode('Sub', ['ids', 'ids'], ['segments']),
        makeNode(
          'QEmbedLayerNormalization',
          [
            ...['ids', 'segments', 'words', 'places', 'kinds', 'gamma', 'beta', ''],
            ...['scale', 'scale', 'scale', 'scale', 'scale', 'zero', 'zero', 'zero', 'zero', 'zero'],
          ],
          ['embedded', 'mask_index'],
          [floatAttribute('epsilon', 1e-12)],
          CONTRIB,
        ),
        makeNode('Add', ['embedded', 'x'], ['y']),
      ],
      [
        bytes('words', [50, HIDDEN], table(50, 30)),
        bytes('places', [8, HIDDEN], table(8, 31)),
        bytes('kinds', [2, HIDDEN], table(2, 32)),
        bytes('gamma', [HIDDEN], table(1, 33)),
        bytes('beta', [HIDDEN], table(1, 34)),
        scalar('scale', 0.01),
        bytes('zero', [], Uint8Array.of(128)),
      ],
    ],
  ];

  test.each(forms)('%s', async (_, nodes, weights) => {
    const model = graphOf(nodes, weights);
    const before = await answer(encodeModel(model));
    const floats = decodeModel(encodeModel(model));
    toFloatGraph(floats);
    expect(floats.graph.node.some((node) => /Quant|Integer|^Q/.test(node.opType))).toBe(false);
    expect(cosine(before, await answer(encodeModel(floats)))).toBeGreaterThan(0.999);
    const half = makeHalfGraph(encodeModel(model));
    expect(cosine(before, await answer(half))).toBeGreaterThan(0.999);
    const types = decodeModel(half).graph.initializer.map((tensor) => tensor.dataType);
    expect(types).toContain(ElementType.float16);
  });

  test('a scale per token cancels out', () => {
    const [, nodes, weights] = forms.find(([name]) => name.startsWith('a scale per token')) ?? ['', [], []];
    const model = decodeModel(encodeModel(graphOf(nodes, weights)));
    toFloatGraph(model);
    expect(model.graph.node.map((node) => node.opType)).toEqual(['Gather', 'MatMul', 'Add']);
  });

  test('what is quantised in an unknown way is refused by name', () => {
    const model = graphOf(
      [
        makeNode('DynamicQuantizeLinear', ['x'], ['q', 'q_scale', 'q_zero']),
        makeNode('MatMulInteger', ['q', 'w', 'q_zero'], ['product']),
        makeNode('Cast', ['product'], ['y'], [intAttribute('to', ElementType.float)]),
      ],
      [bytes('w', [HIDDEN, HIDDEN], quantised)],
    );
    expect(() => makeHalfGraph(encodeModel(model))).toThrow(/DynamicQuantizeLinear|MatMulInteger/);
  });

  test('a graph that branches is refused', () => {
    const inner = graphOf([makeNode('Identity', ['x'], ['y'])], []).graph;
    const branch = makeNode(
      'If',
      ['condition'],
      ['y'],
      [{ ...intAttribute('then_branch', 0), type: 5, g: inner }],
    );
    expect(() => makeHalfGraph(encodeModel(graphOf([branch], [])))).toThrow(/branches/);
  });
});

describe('graphs of floats become graphs of 16 bits', () => {
  const forms: [string, OnnxNode[], OnnxTensor[]][] = [
    [
      'a normalisation that is written out, with a tiny epsilon',
      [
        makeNode('ReduceMean', ['x'], ['mean'], [intsAttribute('axes', [-1])]),
        makeNode('Sub', ['x', 'mean'], ['centred']),
        makeNode('Pow', ['centred', 'two'], ['squared']),
        makeNode('ReduceMean', ['squared'], ['variance'], [intsAttribute('axes', [-1])]),
        makeNode('Add', ['variance', 'epsilon'], ['safe']),
        makeNode('Sqrt', ['safe'], ['deviation']),
        makeNode('Div', ['centred', 'deviation'], ['normal']),
        makeNode('Mul', ['normal', 'gamma'], ['stretched']),
        makeNode('Add', ['stretched', 'bias'], ['y']),
      ],
      [scalar('two', 2), scalar('epsilon', 1e-12), floatTensor('gamma', [HIDDEN], numbers(HIDDEN, 20)), bias],
    ],
    [
      'values whose squares no 16 bits could hold',
      [
        makeNode('Mul', ['x', 'large'], ['big']),
        makeNode('ReduceL2', ['big'], ['length'], [intsAttribute('axes', [-1])]),
        makeNode('Clip', ['length', 'epsilon'], ['clipped']),
        makeNode('Div', ['big', 'clipped'], ['y']),
      ],
      [scalar('large', 3000), scalar('epsilon', 1e-12)],
    ],
    [
      'LayerNormalization and a mask of the lowest number',
      [
        makeNode(
          'LayerNormalization',
          ['x', 'gamma', 'bias'],
          ['normal'],
          [intAttribute('axis', -1), floatAttribute('epsilon', 1e-12)],
        ),
        makeNode('Cast', ['attention_mask'], ['mask'], [intAttribute('to', ElementType.float)]),
        makeNode('Sub', ['one', 'mask'], ['hidden']),
        makeNode('Mul', ['hidden', 'lowest'], ['shut']),
        makeNode('Unsqueeze', ['shut', 'last'], ['column']),
        makeNode('Add', ['normal', 'column'], ['masked']),
        makeNode('Softmax', ['masked'], ['y'], [intAttribute('axis', -1)]),
      ],
      [
        floatTensor('gamma', [HIDDEN], numbers(HIDDEN, 20)),
        bias,
        scalar('one', 1),
        scalar('lowest', -3.4028234663852886e38),
        ints('last', [2]),
      ],
    ],
    [
      'angles of far positions, as rotary embeddings have them',
      [
        makeNode('Shape', ['input_ids'], ['shape']),
        makeNode('Gather', ['shape', 'one_index'], ['length']),
        makeNode('Range', ['zero', 'length', 'step'], ['positions']),
        makeNode('Add', ['positions', 'far'], ['places']),
        makeNode('Cast', ['places'], ['floats'], [intAttribute('to', ElementType.float)]),
        makeNode('Unsqueeze', ['floats', 'last'], ['column']),
        makeNode('MatMul', ['column', 'frequencies'], ['angles']),
        makeNode('Cos', ['angles'], ['cosines']),
        makeNode('Mul', ['x', 'cosines'], ['y']),
      ],
      [
        { ...emptyTensor('one_index', ElementType.int64, []), int64Data: [1] },
        { ...emptyTensor('zero', ElementType.int64, []), int64Data: [0] },
        { ...emptyTensor('step', ElementType.int64, []), int64Data: [1] },
        { ...emptyTensor('far', ElementType.int64, []), int64Data: [4000] },
        ints('last', [1]),
        floatTensor(
          'frequencies',
          [1, HIDDEN],
          Float32Array.from({ length: HIDDEN }, (_, i) => 10000 ** (-i / HIDDEN)),
        ),
      ],
    ],
    [
      'constants as nodes, a shape filled with floats, a choice between floats',
      [
        makeNode('Constant', [], ['half'], [floatAttribute('value_float', 0.5)]),
        makeNode('Shape', ['x'], ['shape']),
        makeNode(
          'ConstantOfShape',
          ['shape'],
          ['ones'],
          [{ ...intAttribute('value', 0), type: 4, t: floatTensor('', [1], Float32Array.of(1)) }],
        ),
        makeNode('Mul', ['x', 'half'], ['smaller']),
        makeNode('Greater', ['smaller', 'nothing'], ['positive']),
        makeNode('Where', ['positive', 'ones', 'smaller'], ['y']),
      ],
      [scalar('nothing', 0)],
    ],
  ];

  test.each(forms)('%s', async (_, nodes, weights) => {
    const model = graphOf(nodes, weights);
    const before = await answer(encodeModel(model));
    const half = makeHalfGraph(encodeModel(model));
    const after = await answer(half);
    expect(cosine(before, after)).toBeGreaterThan(0.9999);
    expect(after.every((value) => Number.isFinite(value))).toBe(true);
    const rewritten = decodeModel(half);
    expect(rewritten.graph.output).toEqual(decodeModel(encodeModel(model)).graph.output);
    expect(rewritten.graph.initializer.map((tensor) => tensor.dataType)).toContain(ElementType.float16);
  });

  test('sums of squares, softmax and normalisations get and give 32 bits', () => {
    const wide = ['ReduceL2', 'ReduceMean', 'Pow', 'Sqrt', 'LayerNormalization', 'Softmax'];
    const seen = new Set<string>();
    for (const [, nodes, weights] of forms) {
      const { graph } = decodeModel(makeHalfGraph(encodeModel(graphOf(nodes, weights))));
      const weightTypes = new Map(graph.initializer.map((tensor) => [tensor.name, tensor.dataType]));
      const makers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node] as const)));
      for (const node of graph.node.filter((candidate) => wide.includes(candidate.opType))) {
        seen.add(node.opType);
        for (const name of node.input) {
          const maker = makers.get(name);
          const to = maker?.attribute.find((attribute) => attribute.name === 'to')?.i;
          if (maker === undefined) expect(weightTypes.get(name)).not.toBe(ElementType.float16);
          else if (maker.opType === 'Cast') expect(to).toBe(ElementType.float);
          else expect([...wide, 'Sub', 'Add']).toContain(maker.opType);
        }
      }
    }
    expect([...seen].sort()).toEqual([...wide].sort());
  });

  test('a graph survives being read and written', async () => {
    const model = tinyGraph({ dimension: HIDDEN, mix: true, normalise: true });
    const first = encodeModel(model);
    expect(encodeModel(decodeModel(first))).toEqual(first);
  });
});

const PASSAGES = [
  'The committee approved the budget of 4,200 euros for the repair of the northern bridge over the river.',
  'def read_table(path, encoding="utf-8"): return [line.split("\\t") for line in open(path)]',
  'Measured at 25 °C, the enzyme lost half of its activity within three hours; at 4 °C it was stable for a week.',
  'Dear Ms Ivanova, thank you for your letter of 3 May. The contract ends on 31 December and is not renewed by itself.',
  'To restore a backup, stop the service, copy the files into place and start it again. Nothing else is needed.',
  '2019;Berlin;3.645.000;891,7',
];

describe('the graph for GPUs of the model that ships with Passim', () => {
  test('gives the vectors of the processor’s graph', async () => {
    const model = await loadModelPackage(shippedFolder);
    const graph = await halfGraphFile(model.modelFile, model.modelId, join(folder, 'shipped'));
    const half = await TokenSession.open(graph, model.manifest, 'cpu', 2);
    const whole = await TokenSession.open(model.modelFile, model.manifest, 'cpu', 2);
    const tokenizer = await PassageTokenizer.load(model.tokenizerFile, model.manifest);
    const rows = (await tokenizer.passages(PASSAGES)).map((row) => ({ ...row, attention: null }));
    const together = await half.run(rows);
    const alone = [];
    for (const row of rows) alone.push(...(await whole.run([row])));
    expect(agreement(together, alone, model.manifest.dimension)).toBeGreaterThanOrEqual(LEAST_AGREEMENT);
    // Padding must not reach the vectors: a batch gives what its texts give alone.
    const apart = [];
    for (const row of rows) apart.push(...(await half.run([row])));
    expect(agreement(together, apart, model.manifest.dimension)).toBeGreaterThan(0.9999);
    expect(statSync(graph).size).toBeGreaterThan(statSync(model.modelFile).size);
    await Promise.all([half.release(), whole.release()]);
  });

  test('is made once', async () => {
    const place = join(folder, 'once');
    writePackage(place, { graph: { dimension: HIDDEN } });
    const model = await loadModelPackage(place);
    const cache = join(folder, 'once-cache');
    const graph = await halfGraphFile(model.modelFile, model.modelId, cache);
    const { mtimeMs } = statSync(graph);
    expect(await halfGraphFile(model.modelFile, model.modelId, cache)).toBe(graph);
    expect(statSync(graph).mtimeMs).toBe(mtimeMs);
    expect(readdirSync(cache)).toHaveLength(1);
  });
});

describe('a GPU whose vectors are wrong is refused', () => {
  async function setupFor(name: string) {
    const place = join(folder, name);
    writePackage(place, { graph: { dimension: HIDDEN, mix: true } });
    const model = await loadModelPackage(place);
    const cacheFolder = join(folder, `${name}-cache`);
    mkdirSync(cacheFolder);
    return {
      role: 'lane' as const,
      manifest: model.manifest,
      modelId: model.modelId,
      modelFile: model.modelFile,
      tokenizerFile: model.tokenizerFile,
      // The 16-bit graph runs on the processor too; what is tested is the comparison.
      provider: 'cpu' as const,
      threads: 1,
      cacheFolder,
      niceness: 0,
    };
  }

  test('right ones are taken', async () => {
    const session = await openGpuSession(await setupFor('right'));
    await session.release();
  });

  test('a graph of other weights is told by its vectors', async () => {
    const setup = await setupFor('wrong');
    const graph = await halfGraphFile(setup.modelFile, setup.modelId, setup.cacheFolder);
    writeFileSync(graph, makeHalfGraph(encodeModel(tinyGraph({ dimension: HIDDEN, mix: true, seed: 99 }))));
    await expect(openGpuSession(setup)).rejects.toThrow(/mean cosine/);
  });

  test('without a folder for its graph there is none', async () => {
    const setup = { ...(await setupFor('homeless')), cacheFolder: null };
    await expect(openGpuSession(setup)).rejects.toThrow(/no folder/);
  });

  test('a provider that can not be loaded leaves the processor to do the work, and the reason is shown', async () => {
    const place = join(folder, 'fallback');
    writePackage(place, { graph: { dimension: HIDDEN } });
    const cacheDirectory = join(folder, 'fallback-cache');
    // A machine that seems to have everything that CUDA needs.
    const host = { platform: 'linux' as const, arch: 'x64', libraries: '/nowhere', exists: () => true };
    const encoder = await createEncoder({
      package: await loadModelPackage(place),
      threads: 1,
      cacheDirectory,
      host,
    });
    expect(encoder.providers.some((choice) => choice.chosen)).toBe(false);
    const [passage] = await encoder.encodePassages(['the river']);
    expect(passage?.count).toBe(4);
    const [cuda, dml, coreml, cpu] = encoder.providers;
    expect(cuda).toMatchObject({ provider: 'cuda', chosen: false });
    expect(cuda?.reason).toMatch(/can't be opened|cuda/i);
    expect(dml?.reason).toContain('Windows');
    expect(coreml?.reason).toContain('macOS');
    expect(cpu).toMatchObject({ provider: 'cpu', chosen: true });
    expect(
      existsSync(cacheDirectory) &&
        readFileSync(join(cacheDirectory, readdirSync(cacheDirectory)[0] ?? '')).length,
    ).toBeGreaterThan(0);
    await encoder.close();
  });

  test('the settings may ask for the processor', async () => {
    const place = join(folder, 'asked');
    writePackage(place, { graph: { dimension: HIDDEN } });
    const encoder = await createEncoder({
      package: await loadModelPackage(place),
      threads: 1,
      provider: 'cpu',
    });
    expect(encoder.providers.map((choice) => choice.chosen)).toEqual([false, false, false, true]);
    expect(encoder.providers[0]?.reason).toContain('settings');
    await encoder.close();
  });
});
