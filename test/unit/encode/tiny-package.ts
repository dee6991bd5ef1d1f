import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { byteLevelAlphabet } from 'tokenizers';
import type { ModelManifest } from '../../../app/contract/index.ts';
import { floatTensor } from '../../../app/encode/graph-values.ts';
import {
  ElementType,
  emptyTensor,
  encodeModel,
  intAttribute,
  makeNode,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from '../../../app/encode/onnx-proto.ts';

/** Small real model packages: graphs of a few nodes that ONNX Runtime runs, whose answers can be worked out by hand. */

const WORDS = [
  'the',
  'bridge',
  'river',
  'contract',
  '##ual',
  'cost',
  'of',
  'repair',
  'cafe',
  'naive',
  'end',
  'hello',
  'world',
];
const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const PUNCTUATION = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
const SPECIAL = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[unused0]', '[unused1]', '[Q] ', '[D] '];

/** Vocabulary of the word-piece tokenizer, by id. */
export const VOCABULARY: readonly string[] = [
  ...SPECIAL,
  ...PUNCTUATION,
  ...LETTERS,
  ...LETTERS.map((letter) => `##${letter}`),
  ...WORDS,
];

export function idOf(token: string): number {
  const id = VOCABULARY.indexOf(token);
  if (id < 0) throw new Error(`${token} is not in the vocabulary`);
  return id;
}

const template = (cls: number, sep: number) => ({
  type: 'TemplateProcessing',
  single: [
    { SpecialToken: { id: '[CLS]', type_id: 0 } },
    { Sequence: { id: 'A', type_id: 0 } },
    { SpecialToken: { id: '[SEP]', type_id: 0 } },
  ],
  pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
  special_tokens: {
    '[CLS]': { id: '[CLS]', ids: [cls], tokens: ['[CLS]'] },
    '[SEP]': { id: '[SEP]', ids: [sep], tokens: ['[SEP]'] },
  },
});

const added = (tokens: readonly string[]) =>
  tokens.map((content, id) => ({
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  }));

/** A tokenizer like BERT's, with the padding and truncation that such files often carry. */
export function wordPieceTokenizer(): object {
  return {
    version: '1.0',
    truncation: { direction: 'Right', max_length: 12, strategy: 'LongestFirst', stride: 0 },
    padding: {
      strategy: { Fixed: 16 },
      direction: 'Right',
      pad_to_multiple_of: null,
      pad_id: 0,
      pad_type_id: 0,
      pad_token: '[PAD]',
    },
    added_tokens: added(SPECIAL),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template(2, 3),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(VOCABULARY.map((token, id) => [token, id])),
    },
  };
}

/** A byte-level tokenizer like ModernBERT's: a token is a byte, but for a few merges. */
export function byteLevelTokenizer(): object {
  const special = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', '[Q] ', '[D] '];
  const merges = [
    ['t', 'h'],
    ['th', 'e'],
    ['Ġ', 'the'],
  ];
  const tokens = [...special, ...byteLevelAlphabet(), ...merges.map((pair) => pair.join(''))];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added(special),
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: template(2, 3),
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

/** Numbers between −1 and 1 that look random and never change. */
export function numbers(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  let state = seed * 2654435761;
  for (let i = 0; i < count; i += 1) {
    state = (Math.imul(state ^ (state >>> 15), 2246822519) + 3266489917) | 0;
    values[i] = ((state >>> 0) / 2 ** 32) * 2 - 1;
  }
  return values;
}

export interface TinyGraph {
  readonly dimension: number;
  readonly vocabulary?: number;
  readonly hidden?: number;
  readonly seed?: number;
  /** Divide each vector by its length. */
  readonly normalise?: boolean;
  /** Add an input token_type_ids that shifts every vector. */
  readonly types?: boolean;
  /** Add half the mean of the attended tokens to each token. */
  readonly mix?: boolean;
  readonly inputs?: { ids: string; mask: string };
  readonly output?: string;
  /** Leave the output's shape unsaid. */
  readonly shapeless?: boolean;
}

/**
 * Token t gets (E[t] + types + ½ × mean of attended E) × W. Weights follow from the seed, so that {@link expected} can
 * work out the same without ONNX.
 */
export function tinyGraph(graph: TinyGraph): OnnxModel {
  const { dimension, vocabulary = VOCABULARY.length, hidden = 16, seed = 1 } = graph;
  const ids = graph.inputs?.ids ?? 'input_ids';
  const mask = graph.inputs?.mask ?? 'attention_mask';
  const output = graph.output ?? 'token_embeddings';
  const weights: OnnxTensor[] = [
    floatTensor('embedding', [vocabulary, hidden], numbers(vocabulary * hidden, seed)),
    floatTensor('projection', [hidden, dimension], numbers(hidden * dimension, seed + 1)),
  ];
  const nodes: OnnxNode[] = [makeNode('Gather', ['embedding', ids], ['looked_up'])];
  let hiddenName = 'looked_up';
  if (graph.types) {
    weights.push(floatTensor('type_embedding', [2, hidden], numbers(2 * hidden, seed + 2)));
    nodes.push(makeNode('Gather', ['type_embedding', 'token_type_ids'], ['typed']));
    nodes.push(makeNode('Add', [hiddenName, 'typed'], ['with_types']));
    hiddenName = 'with_types';
  }
  if (graph.mix) {
    weights.push(
      floatTensor('half', [], Float32Array.of(0.5)),
      { ...emptyTensor('axis_tokens', ElementType.int64, [1]), int64Data: [1] },
      { ...emptyTensor('axis_last', ElementType.int64, [1]), int64Data: [2] },
    );
    nodes.push(
      makeNode('Cast', [mask], ['mask_float'], [intAttribute('to', ElementType.float)]),
      makeNode('Unsqueeze', ['mask_float', 'axis_last'], ['mask_column']),
      makeNode('Mul', [hiddenName, 'mask_column'], ['attended']),
      makeNode('ReduceSum', ['attended', 'axis_tokens'], ['sum'], [intAttribute('keepdims', 1)]),
      makeNode('ReduceSum', ['mask_column', 'axis_tokens'], ['count'], [intAttribute('keepdims', 1)]),
      makeNode('Div', ['sum', 'count'], ['mean']),
      makeNode('Mul', ['mean', 'half'], ['context']),
      makeNode('Add', [hiddenName, 'context'], ['mixed']),
    );
    hiddenName = 'mixed';
  }
  const projected = graph.normalise ? 'projected' : output;
  nodes.push(makeNode('MatMul', [hiddenName, 'projection'], [projected]));
  if (graph.normalise) {
    nodes.push(
      makeNode('ReduceL2', [projected], ['norm'], [{ ...intAttribute('axes', 0), type: 7, ints: [-1] }]),
      makeNode('Div', [projected, 'norm'], [output]),
    );
  }
  const tokens = (name: string) => ({ name, elementType: ElementType.int64, shape: ['batch', 'tokens'] });
  return {
    irVersion: 8,
    producerName: 'test',
    opsets: [{ domain: '', version: 17 }],
    graph: {
      name: 'tiny',
      node: nodes,
      initializer: weights,
      input: [tokens(ids), tokens(mask), ...(graph.types ? [tokens('token_type_ids')] : [])],
      output: [
        {
          name: output,
          elementType: ElementType.float,
          shape: graph.shapeless ? ['batch', 'tokens', 'width'] : ['batch', 'tokens', dimension],
        },
      ],
      valueInfo: [],
    },
  };
}

/** What {@link tinyGraph} gives for `ids`, brought to length 1: rows of `dimension` numbers. */
export function expected(
  graph: TinyGraph,
  ids: readonly number[],
  attention?: readonly number[],
): number[][] {
  const { dimension, vocabulary = VOCABULARY.length, hidden = 16, seed = 1 } = graph;
  const embedding = numbers(vocabulary * hidden, seed);
  const projection = numbers(hidden * dimension, seed + 1);
  const types = graph.types ? numbers(2 * hidden, seed + 2) : new Float32Array(hidden);
  const states = ids.map((id) =>
    Array.from({ length: hidden }, (_, h) => (embedding[id * hidden + h] ?? 0) + (types[h] ?? 0)),
  );
  const attended = states.filter((_, i) => attention === undefined || attention[i] === 1);
  const mean = Array.from(
    { length: hidden },
    (_, h) => attended.reduce((sum, state) => sum + (state[h] ?? 0), 0) / attended.length,
  );
  return states.map((state) => {
    const mixed = state.map((value, h) => value + (graph.mix ? 0.5 * (mean[h] ?? 0) : 0));
    const row = Array.from({ length: dimension }, (_, d) =>
      mixed.reduce((sum, value, h) => sum + value * (projection[h * dimension + d] ?? 0), 0),
    );
    const norm = Math.hypot(...row);
    return row.map((value) => value / norm);
  });
}

export interface TinyPackage {
  readonly graph: TinyGraph | OnnxModel;
  readonly tokenizer?: object;
  readonly manifest?: Partial<ModelManifest>;
  /** Further files by name. */
  readonly extra?: Readonly<Record<string, string>>;
}

function put(folder: string, name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

export function writeExport(folder: string, tiny: TinyPackage, model = 'model.onnx'): void {
  put(folder, model, encodeModel('irVersion' in tiny.graph ? tiny.graph : tinyGraph(tiny.graph)));
  put(folder, 'tokenizer.json', JSON.stringify(tiny.tokenizer ?? wordPieceTokenizer()));
  for (const [name, content] of Object.entries(tiny.extra ?? {})) put(folder, name, content);
}

/** Writes a whole package with a manifest and returns the manifest. */
export function writePackage(folder: string, tiny: TinyPackage): Record<string, unknown> {
  writeExport(folder, tiny);
  const files: Record<string, { sha256: string; bytes: number }> = {};
  for (const name of ['model.onnx', 'tokenizer.json', ...Object.keys(tiny.extra ?? {})]) {
    const bytes = readFileSync(join(folder, name));
    files[name] = { sha256: createHash('sha256').update(bytes).digest('hex'), bytes: bytes.length };
  }
  const manifest = {
    format: 1,
    name: 'tiny',
    version: '1.0.0',
    license: 'Apache-2.0',
    model: 'model.onnx',
    tokenizer: 'tokenizer.json',
    dimension: 'irVersion' in tiny.graph ? 16 : tiny.graph.dimension,
    maxPassageTokens: 64,
    maxQueryTokens: 32,
    normalized: 'irVersion' in tiny.graph ? false : (tiny.graph.normalise ?? false),
    files,
    ...tiny.manifest,
  };
  put(folder, 'manifest.json', JSON.stringify(manifest, null, 2));
  return manifest;
}
