import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeExport } from '../../../app/encode/describe.ts';
import { loadModelPackage } from '../../../app/encode/package.ts';
import { byteLevelTokenizer, writeExport } from './tiny-package.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'passim-export-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = JSON.stringify({
  model_type: 'bert',
  hidden_size: 16,
  num_attention_heads: 2,
  num_hidden_layers: 1,
  max_position_embeddings: 48,
  vocab_size: 100,
});

describe('describeExport', () => {
  test('PyLate: prefixes, lengths, expansion and skipped words', async () => {
    writeExport(folder, {
      graph: { dimension: 128, output: 'output', shapeless: false },
      extra: {
        'config.json': config,
        'config_sentence_transformers.json': JSON.stringify({
          query_prefix: '[Q] ',
          document_prefix: '[D] ',
          query_length: 32,
          document_length: 300,
          attend_to_expansion_tokens: false,
          do_query_expansion: true,
          skiplist_words: ['.', ','],
          prompts: {},
        }),
      },
    });
    const manifest = await describeExport(folder);
    expect(manifest).toMatchObject({
      model: 'model.onnx',
      dimension: 128,
      output: 'output',
      queryPrefix: '[Q] ',
      passagePrefix: '[D] ',
      maxQueryTokens: 32,
      // The network has 48 positions, whatever the export says.
      maxPassageTokens: 48,
      queryExpansion: { token: '[MASK]', length: 32, attend: false },
      skipTokens: ['.', ','],
      normalized: false,
    });
    const model = await loadModelPackage(folder);
    expect(model.manifest).toEqual(manifest);
  });

  test('PyLate expands queries when its file does not say', async () => {
    writeExport(folder, {
      graph: { dimension: 128 },
      extra: {
        'config_sentence_transformers.json': JSON.stringify({
          query_prefix: '[Q] ',
          document_prefix: '[D] ',
          query_length: 32,
          document_length: 300,
          attend_to_expansion_tokens: false,
        }),
      },
    });
    const manifest = await describeExport(folder);
    expect(manifest.queryExpansion).toEqual({ token: '[MASK]', length: 32, attend: false });
    expect(manifest.skipTokens).toContain('!');
    expect(manifest.maxPassageTokens).toBe(300);
  });

  test("PyLate's ONNX exporter: int8 graph first, token types, mask by its id", async () => {
    const extra = {
      'onnx_config.json': JSON.stringify({
        model_name: 'someone/edge-colbert',
        query_prefix: '[Q] ',
        document_prefix: '[D] ',
        query_length: 24,
        document_length: 40,
        do_query_expansion: true,
        attend_to_expansion_tokens: true,
        skiplist_words: [],
        embedding_dim: 48,
        mask_token_id: 4,
      }),
    };
    writeExport(folder, { graph: { dimension: 48, types: true, output: 'output', shapeless: true }, extra });
    writeExport(
      folder,
      { graph: { dimension: 48, types: true, output: 'output', shapeless: true } },
      'model_int8.onnx',
    );
    expect(await describeExport(folder)).toMatchObject({
      name: 'edge-colbert',
      model: 'model_int8.onnx',
      dimension: 48,
      inputs: { ids: 'input_ids', mask: 'attention_mask', types: 'token_type_ids' },
      queryExpansion: { token: '[MASK]', length: 24, attend: true },
      skipTokens: [],
    });
  });

  test('answerai-colbert-small: markers from artifact.metadata, graph under onnx/', async () => {
    writeExport(
      folder,
      {
        graph: { dimension: 96, output: 'contextual' },
        extra: {
          'artifact.metadata': JSON.stringify({
            query_token_id: '[unused0]',
            doc_token_id: '[unused1]',
            query_maxlen: 32,
            doc_maxlen: 300,
            dim: 96,
            mask_punctuation: true,
            attend_to_mask_tokens: false,
          }),
        },
      },
      'onnx/model.onnx',
    );
    const manifest = await describeExport(folder);
    expect(manifest).toMatchObject({
      model: 'onnx/model.onnx',
      output: 'contextual',
      queryPrefix: '[unused0]',
      passagePrefix: '[unused1]',
      maxPassageTokens: 300,
      queryExpansion: { token: '[MASK]', length: 32, attend: false },
    });
    expect(manifest.skipTokens).toHaveLength(32);
    expect(Object.keys(manifest.files).sort()).toEqual(['onnx/model.onnx', 'tokenizer.json']);
  });

  test("sentence-transformers' multi-vector encoder: prompts, lengths and the mask module", async () => {
    writeExport(folder, {
      graph: { dimension: 64 },
      tokenizer: byteLevelTokenizer(),
      extra: {
        'config_sentence_transformers.json': JSON.stringify({
          model_type: 'MultiVectorEncoder',
          prompts: { query: '[Q] ', document: '[D] ' },
        }),
        'sentence_bert_config.json': JSON.stringify({
          query_length: 40,
          document_length: 200,
          do_query_expansion: false,
        }),
        '2_MultiVectorMask/config.json': JSON.stringify({ skiplist_words: ['!'] }),
      },
    });
    expect(await describeExport(folder)).toMatchObject({
      queryPrefix: '[Q] ',
      passagePrefix: '[D] ',
      maxQueryTokens: 40,
      maxPassageTokens: 200,
      queryExpansion: null,
      skipTokens: ['!'],
    });
  });

  test('names the configuration file that can not be understood', async () => {
    writeExport(folder, {
      graph: { dimension: 16 },
      extra: { 'onnx_config.json': '{"query_length":"long"}' },
    });
    await expect(describeExport(folder)).rejects.toMatchObject({
      code: 'model-invalid',
      subject: 'onnx_config.json',
    });
  });

  test('a graph without an output of token vectors is refused by name', async () => {
    const { tinyGraph } = await import('./tiny-package.ts');
    const graph = tinyGraph({ dimension: 16 });
    for (const output of graph.graph.output) output.shape = ['batch', 16];
    writeExport(folder, { graph });
    await expect(describeExport(folder)).rejects.toThrow(/token_embeddings/);
  });

  test('a file that is no graph is refused', async () => {
    writeExport(folder, { graph: { dimension: 16 }, extra: { 'model.onnx': 'not a graph at all' } });
    await expect(describeExport(folder)).rejects.toMatchObject({ code: 'model-invalid' });
    expect(readFileSync(join(folder, 'model.onnx'), 'utf8')).toBe('not a graph at all');
  });
});
