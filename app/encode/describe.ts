import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { type ModelManifest, modelManifestSchema, PassimError } from '../contract/index.ts';
import { hashFile } from './files.ts';
import { decodeModel, type OnnxModel } from './onnx-proto.ts';
import { readNetworkConfig } from './transformers.ts';

/**
 * Describes a late-interaction model that was exported without a Passim manifest, from the configuration files that
 * its makers put beside it:
 *   - PyLate: `config_sentence_transformers.json` with query_prefix, document_prefix, query_length, …; the same keys
 *     in `onnx_config.json`, as PyLate's ONNX exporters write them;
 *   - sentence-transformers' MultiVectorEncoder: prompts in `config_sentence_transformers.json`, lengths in
 *     `sentence_bert_config.json`, skipped words in the configuration of the MultiVectorMask module;
 *   - ColBERT (Khattab et al. 2020) and answerai-colbert-small: `artifact.metadata`.
 */

const text = z.string().nullish();
const size = z.number().int().min(1).nullish();

const settingsSchema = z.object({
  model_name: text,
  query_prefix: text,
  document_prefix: text,
  prompts: z.record(z.string(), z.string().nullable()).nullish(),
  query_length: size,
  document_length: size,
  max_seq_length: size,
  do_query_expansion: z.boolean().nullish(),
  query_expansion: z.unknown().optional(),
  attend_to_expansion_tokens: z.boolean().nullish(),
  skiplist_words: z.array(z.string()).nullish(),
  embedding_dim: size,
  mask_token_id: z.number().int().nullish(),
});
type Settings = z.infer<typeof settingsSchema>;

/** ColBERT's own configuration. */
const artifactSchema = z.object({
  query_token_id: text,
  doc_token_id: text,
  query_maxlen: size,
  doc_maxlen: size,
  dim: size,
  mask_punctuation: z.boolean().nullish(),
  attend_to_mask_tokens: z.boolean().nullish(),
});

const tokenizerSchema = z.object({
  added_tokens: z.array(z.object({ id: z.number(), content: z.string() })).default([]),
  model: z.object({ vocab: z.unknown() }),
});

const PUNCTUATION = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'];
/** ColBERT's lengths, used where a model names none. */
const DEFAULT_QUERY_TOKENS = 32;
const DEFAULT_PASSAGE_TOKENS = 180;

async function readJson<T>(folder: string, name: string, schema: z.ZodType<T>): Promise<T | null> {
  const file = join(folder, name);
  if (!existsSync(file)) return null;
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw new PassimError('model-invalid', `${file} can't be understood: ${String(error)}`, {
      subject: name,
      cause: error,
    });
  }
}

/**
 * A manifest for the export in `folder`, with the hashes of the files as they are now.
 * @param name the model's name, where its files tell none
 * @throws PassimError 'model-missing' without a graph or tokenizer, 'model-invalid' when they don't go together
 */
export async function describeExport(folder: string, name = basename(folder)): Promise<ModelManifest> {
  const model = await findGraph(folder);
  if (!existsSync(join(folder, 'tokenizer.json')))
    throw new PassimError('model-missing', `${folder} has no manifest.json and no tokenizer.json`, {
      subject: 'tokenizer.json',
    });
  const settings = await readSettings(folder);
  const artifact = await readJson(folder, 'artifact.metadata', artifactSchema);
  const graph = decodeModel(await readFile(join(folder, model)));
  const output = tokenOutput(graph, model);
  const names = graph.graph.input.map((input) => input.name);
  const config = existsSync(join(folder, 'config.json')) ? await readNetworkConfig(folder) : null;

  const longest = config?.maxPositions ?? Number.POSITIVE_INFINITY;
  const queryTokens = settings.query_length ?? artifact?.query_maxlen ?? DEFAULT_QUERY_TOKENS;
  const passageTokens =
    settings.document_length ?? artifact?.doc_maxlen ?? settings.max_seq_length ?? DEFAULT_PASSAGE_TOKENS;
  // PyLate and ColBERT expand unless they are told not to; sentence-transformers does so only when told.
  const expandsUnasked =
    artifact !== null || settings.query_prefix != null || settings.attend_to_expansion_tokens != null;
  const expands =
    settings.do_query_expansion ??
    (settings.query_expansion === undefined ? expandsUnasked : Boolean(settings.query_expansion));
  const mask = expands ? await maskToken(folder, settings) : null;

  const dimension = output.dimension ?? settings.embedding_dim ?? artifact?.dim;
  const candidate = {
    format: 1,
    name: settings.model_name?.split('/').at(-1) || name,
    version: '0',
    license: 'unknown',
    model,
    tokenizer: 'tokenizer.json',
    ...(existsSync(join(folder, 'config.json')) ? { config: 'config.json' } : {}),
    ...(existsSync(join(folder, 'codebook.safetensors')) ? { codebook: 'codebook.safetensors' } : {}),
    dimension,
    maxPassageTokens: Math.min(passageTokens, longest),
    maxQueryTokens: Math.min(queryTokens, longest),
    queryPrefix: settings.query_prefix ?? settings.prompts?.query ?? artifact?.query_token_id ?? null,
    passagePrefix:
      settings.document_prefix ??
      settings.prompts?.document ??
      settings.prompts?.passage ??
      artifact?.doc_token_id ??
      null,
    queryExpansion:
      mask === null
        ? null
        : {
            token: mask,
            length: Math.min(queryTokens, longest),
            attend: settings.attend_to_expansion_tokens ?? artifact?.attend_to_mask_tokens ?? false,
          },
    skipTokens: settings.skiplist_words ?? (artifact?.mask_punctuation === false ? [] : PUNCTUATION),
    inputs: {
      ids: pick(names, ['input_ids', 'input', 'ids'], model),
      mask: pick(names, ['attention_mask', 'mask'], model),
      ...(names.includes('token_type_ids') ? { types: 'token_type_ids' } : {}),
    },
    output: output.name,
    normalized: false,
    files: await hashAll(folder, model),
  };
  const parsed = modelManifestSchema.safeParse(candidate);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new PassimError('model-invalid', `${folder}: "${issue?.path.join('.')}" ${issue?.message}`, {
    subject: issue?.path.join('.') ?? folder,
  });
}

/** Settings of all configuration files; what stands nearer to the graph wins. */
async function readSettings(folder: string): Promise<Settings> {
  const found: Settings[] = [];
  const names = ['onnx_config.json', 'config_sentence_transformers.json', 'sentence_bert_config.json'];
  for (const entry of existsSync(folder) ? await readdir(folder) : []) {
    if (/^\d+_MultiVectorMask$/.test(entry)) names.push(`${entry}/config.json`);
  }
  for (const name of names) {
    const settings = await readJson(folder, name, settingsSchema);
    if (settings !== null) found.push(settings);
  }
  const given = found
    .reverse()
    .map((settings) => Object.fromEntries(Object.entries(settings).filter(([, value]) => value != null)));
  return settingsSchema.parse(Object.assign({}, ...given));
}

/** int8 graphs first: on a processor they are the faster ones. */
async function findGraph(folder: string): Promise<string> {
  const graphs: string[] = [];
  for (const under of ['', 'onnx']) {
    const path = join(folder, under);
    if (!existsSync(path)) continue;
    for (const name of await readdir(path))
      if (name.endsWith('.onnx')) graphs.push(under === '' ? name : `${under}/${name}`);
  }
  const rank = (name: string) => (/int8|quantized/.test(name) ? 0 : /(^|\/)model\.onnx$/.test(name) ? 1 : 2);
  const best = graphs.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))[0];
  if (best === undefined)
    throw new PassimError('model-missing', `${folder} has no manifest.json and no .onnx file`, {
      subject: 'model.onnx',
    });
  return best;
}

function tokenOutput(model: OnnxModel, file: string): { name: string; dimension: number | null } {
  const outputs = model.graph.output.filter((value) => value.shape.length === 3 || value.shape.length === 0);
  const usual = ['token_embeddings', 'contextual', 'output', 'last_hidden_state', 'embeddings'];
  const found =
    usual.map((name) => outputs.find((value) => value.name === name)).find((value) => value !== undefined) ??
    (outputs.length === 1 ? outputs[0] : undefined);
  if (found === undefined)
    throw new PassimError(
      'model-invalid',
      `${file} has no output of token vectors; its outputs are ${model.graph.output.map((value) => value.name).join(', ')}`,
      { subject: 'output' },
    );
  const width = found.shape[2];
  return { name: found.name, dimension: typeof width === 'number' && width > 0 ? width : null };
}

function pick(names: readonly string[], wanted: readonly string[], file: string): string {
  const found = wanted.find((name) => names.includes(name));
  if (found === undefined)
    throw new PassimError('model-invalid', `${file} has no input ${wanted[0]}; it has ${names.join(', ')}`, {
      subject: 'inputs',
    });
  return found;
}

/** The token that pads queries: by its id, by tokenizer_config.json, or [MASK]; null when the vocabulary has none. */
async function maskToken(folder: string, settings: Settings): Promise<string | null> {
  const tokenizer = await readJson(folder, 'tokenizer.json', tokenizerSchema);
  const added = new Map(tokenizer?.added_tokens.map((token) => [token.id, token.content]));
  const byId = settings.mask_token_id == null ? undefined : added.get(settings.mask_token_id);
  if (byId !== undefined) return byId;
  const named = await readJson(
    folder,
    'tokenizer_config.json',
    z.object({ mask_token: z.union([z.string(), z.object({ content: z.string() })]).nullish() }),
  );
  const token = named?.mask_token;
  if (token != null) return typeof token === 'string' ? token : token.content;
  const usual = ['[MASK]', '<mask>'];
  return usual.find((name) => [...added.values()].includes(name)) ?? null;
}

async function hashAll(folder: string, model: string): Promise<ModelManifest['files']> {
  const names = [
    model,
    'tokenizer.json',
    'config.json',
    'codebook.safetensors',
    `${model}_data`,
    `${model}.data`,
  ];
  const files: ModelManifest['files'] = {};
  for (const name of names) {
    const file = join(folder, name);
    if (!existsSync(file)) continue;
    files[name] = { sha256: await hashFile(file), bytes: (await stat(file)).size };
  }
  return files;
}
