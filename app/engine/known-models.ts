/** A model that is known to work well, and where its files are. */
export interface KnownModel {
  readonly name: string;
  /** Name on the hub, and the files that make up the export. */
  readonly source: string;
  readonly files: readonly string[];
  readonly license: string;
  readonly languages: string;
  /** Millions of parameters. */
  readonly parameters: number;
  readonly dimension: number;
  /** nDCG@10 as published by its makers, over BEIR and on SciFact alone; null where they give none. */
  readonly published: { readonly beir: number | null; readonly scifact: number | null };
  readonly note: string;
}

const PYLATE_EXPORT = ['model_int8.onnx', 'tokenizer.json', 'onnx_config.json'] as const;

/** Figures are the makers' own, on their own set-ups; measure on your files with `passim eval`. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    name: 'answerai-colbert-small-v1',
    source: 'lightonai/answerai-colbert-small-v1-onnx',
    files: PYLATE_EXPORT,
    license: 'Apache-2.0',
    languages: 'English',
    parameters: 33,
    dimension: 96,
    published: { beir: 0.538, scifact: 0.748 },
    note: 'the strongest of its size; about the speed of the one that ships, halved',
  },
  {
    name: 'mxbai-edge-colbert-v0-17m',
    source: 'ryandono/mxbai-edge-colbert-v0-17m-onnx-int8',
    files: ['onnx/model_quantized.onnx', 'tokenizer.json', 'config.json'],
    license: 'Apache-2.0',
    languages: 'English',
    parameters: 17,
    dimension: 48,
    published: { beir: 0.49, scifact: null },
    note: 'half the index, long passages',
  },
  {
    name: 'mxbai-edge-colbert-v0-32m',
    source: 'lightonai/mxbai-edge-colbert-v0-32m-onnx',
    files: PYLATE_EXPORT,
    license: 'Apache-2.0',
    languages: 'English',
    parameters: 32,
    dimension: 64,
    published: { beir: 0.521, scifact: null },
    note: 'two thirds of the index, long passages',
  },
  {
    name: 'GTE-ModernColBERT-v1',
    source: 'lightonai/GTE-ModernColBERT-v1',
    files: PYLATE_EXPORT,
    license: 'Apache-2.0',
    languages: 'English',
    parameters: 149,
    dimension: 128,
    published: { beir: 0.548, scifact: 0.763 },
    note: 'for machines with a GPU, or patience',
  },
  {
    name: 'jina-colbert-v2',
    source: 'thlurte/jina-colbert-v2-onnx',
    files: ['model.onnx', 'tokenizer.json', 'config.json'],
    license: 'CC-BY-NC-4.0',
    languages: '89 languages',
    parameters: 559,
    dimension: 128,
    published: { beir: 0.519, scifact: 0.678 },
    note: 'multilingual; not for commercial use; needs a GPU',
  },
];
