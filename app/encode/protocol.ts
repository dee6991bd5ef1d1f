import type { ErrorEnvelope, ModelManifest } from '../contract/index.ts';
import type { ProviderName } from './providers.ts';
import type { TokenVectors } from './session.ts';
import type { TokenizedPassage } from './tokenizer.ts';

/** What a worker is started with. */
export interface WorkerSetup {
  /** "front" tokenises and encodes queries; "lane" encodes passages. */
  readonly role: 'front' | 'lane';
  readonly manifest: ModelManifest;
  readonly modelId: string;
  readonly modelFile: string;
  readonly tokenizerFile: string;
  readonly provider: ProviderName;
  readonly threads: number;
  /** Folder for graphs made for GPUs; null when there is none. */
  readonly cacheFolder: string | null;
  /** Added to the thread's niceness where threads have one (Linux), 0 … 19. */
  readonly niceness: number;
}

/** A passage as it travels to a lane. */
export interface LaneRow {
  readonly ids: Int32Array;
  readonly keep: Uint8Array;
}

export interface QueryVectors extends TokenVectors {
  readonly tokens: readonly {
    piece: string;
    start: number;
    end: number;
    kind: 'word' | 'special' | 'expansion';
  }[];
}

/** Calls that a worker answers: request and answer. Buffers are transferred, not copied. */
export interface WorkerCalls {
  query: { request: { text: string }; response: QueryVectors };
  tokenize: { request: { texts: readonly string[] }; response: TokenizedPassage[] };
  offsets: { request: { text: string }; response: Uint32Array };
  lengths: { request: { texts: readonly string[] }; response: Uint32Array };
  /** Rows in one batch when `together`, else one by one; an answer a row. */
  encode: {
    request: { rows: readonly LaneRow[]; together: boolean };
    response: (TokenVectors | { error: ErrorEnvelope })[];
  };
}
export type WorkerCall = keyof WorkerCalls;

export type ToWorker =
  | { readonly id: number; readonly call: WorkerCall; readonly request: unknown }
  | { readonly close: true };

export type FromWorker =
  | { readonly ready: true }
  | { readonly failed: ErrorEnvelope }
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: ErrorEnvelope };
