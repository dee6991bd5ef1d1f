import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 in lower-case hex');

/**
 * `manifest.json` of a model package: a folder with an ONNX file, a tokenizer, this manifest and a codebook.
 * Any ColBERT-style export can be described by it.
 */
export const modelManifestSchema = z.object({
  format: z.literal(1),
  name: z.string().min(1),
  version: z.string().min(1),
  description: z.string().default(''),
  license: z.string().min(1),
  baseModel: z.string().optional(),
  /** File names relative to the package folder. */
  model: z.string(),
  tokenizer: z.string(),
  config: z.string().optional(),
  codebook: z.string().optional(),
  /** Width of a token vector. */
  dimension: z.number().int().min(8).max(1024),
  /** Longest input in tokens, special tokens and prefix counted. */
  maxPassageTokens: z.number().int().min(16),
  maxQueryTokens: z.number().int().min(8),
  /** Text or token put before the input, e.g. "[Q] " or "[unused0]"; inserted after the first special token as tokens. */
  queryPrefix: z.string().nullable().default(null),
  passagePrefix: z.string().nullable().default(null),
  /** Query augmentation with mask tokens (ColBERT): pads to `length` tokens; `attend` says whether others attend to them. */
  queryExpansion: z
    .object({ token: z.string(), length: z.number().int().min(1), attend: z.boolean() })
    .nullable()
    .default(null),
  /** Tokens whose vectors are not kept on the passage side (punctuation, as a rule). */
  skipTokens: z.array(z.string()).default([]),
  /** Whether vectors of special tokens and prefixes are kept. */
  keepSpecialTokens: z.boolean().default(true),
  /** Names of the graph's inputs and output where they differ from the usual ones. */
  inputs: z
    .object({ ids: z.string(), mask: z.string(), types: z.string().optional() })
    .default({ ids: 'input_ids', mask: 'attention_mask' }),
  output: z.string().default('token_embeddings'),
  /** Whether the graph's output is of length 1 already. */
  normalized: z.boolean().default(true),
  files: z.record(z.string(), z.object({ sha256, bytes: z.number().int().min(1) })),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;
