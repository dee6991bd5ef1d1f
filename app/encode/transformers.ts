import { basename, dirname } from 'node:path';

/** The part of @huggingface/transformers' configuration that a model package is described from. */
export interface NetworkConfig {
  readonly modelType: string;
  /** Longest input in tokens; null when the network sets no limit. */
  readonly maxPositions: number | null;
}

/**
 * @huggingface/transformers, loaded only when it is asked for, with every way to the network closed: it may read the
 * one folder that is named and nothing else, and keeps no cache of its own.
 * @param modelsFolder folder that holds model folders
 */
export async function offlineTransformers(modelsFolder: string) {
  const transformers = await import('@huggingface/transformers');
  transformers.env.allowRemoteModels = false;
  transformers.env.allowLocalModels = true;
  transformers.env.localModelPath = modelsFolder;
  transformers.env.useFSCache = false;
  transformers.env.useBrowserCache = false;
  return transformers;
}

/** Reads `config.json` of a model folder through @huggingface/transformers. */
export async function readNetworkConfig(folder: string): Promise<NetworkConfig> {
  const { AutoConfig } = await offlineTransformers(dirname(folder));
  const config: object = await AutoConfig.from_pretrained(basename(folder), { local_files_only: true });
  const field = (name: string): unknown => Reflect.get(config, name);
  const positions = field('max_position_embeddings') ?? field('max_sequence_length');
  return {
    modelType: String(field('model_type') ?? ''),
    maxPositions: typeof positions === 'number' ? positions : null,
  };
}
