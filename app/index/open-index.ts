import { PassimError } from '../contract/errors.ts';
import { type Logger, silentLogger } from '../contract/ports.ts';
import type { MultivectorIndex } from '../contract/vectors.ts';
import { type LoadedAddon, loadAddon } from './addon.ts';
import type { Bits, Codebook } from './codebook.ts';
import { type Codec, TypeScriptCodec } from './codec.ts';
import { NativeCodec } from './native-codec.ts';
import { NativeIndex, type NativeIndexOptions } from './native-index.ts';
import { TypeScriptIndex } from './typescript-index.ts';

export interface IndexOptions extends NativeIndexOptions {
  readonly codebook: Codebook;
  readonly bits: Bits;
  readonly logger?: Logger;
  /** The addon to use; loaded from its usual place when absent. */
  readonly addon?: LoadedAddon;
}

export interface OpenedIndex {
  readonly index: MultivectorIndex;
  readonly kind: 'native' | 'typescript';
  /** Why this kind, in a line for people. */
  readonly reason: string;
}

/** An empty index: the native one where the addon loads, else the one in TypeScript. */
export function createIndex(options: IndexOptions): OpenedIndex {
  const { codebook, bits, logger = silentLogger } = options;
  const loaded = options.addon ?? loadAddon();
  let reason: string;
  if (loaded.addon !== null) {
    try {
      const index = new NativeIndex(loaded.addon, codebook, bits, options);
      reason = `native index with the ${index.stats().kernel} kernel`;
      logger.log('info', 'index.created', { kind: 'native', reason, addon: loaded.path });
      return { index, kind: 'native', reason };
    } catch (error) {
      if (!(error instanceof PassimError)) throw error;
      reason = error.message;
    }
  } else {
    reason = loaded.reason;
  }
  reason = `search runs in TypeScript and is slower: ${reason}`;
  logger.log('warn', 'index.created', { kind: 'typescript', reason });
  return { index: new TypeScriptIndex(codebook, bits), kind: 'typescript', reason };
}

/** The codec that goes with {@link createIndex}; both kinds give the same bytes. */
export function createCodec(options: Pick<IndexOptions, 'codebook' | 'bits' | 'addon'>): Codec {
  const loaded = options.addon ?? loadAddon();
  return loaded.addon === null
    ? new TypeScriptCodec(options.codebook, options.bits)
    : new NativeCodec(loaded.addon, options.codebook, options.bits);
}
