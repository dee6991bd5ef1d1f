import type { EngineCall, EngineEvent } from '../contract/engine.ts';
import type { Envelope, ErrorEnvelope } from '../contract/errors.ts';

/** How the engine is opened; crosses the port as it is. */
export interface HostStart {
  readonly home: string;
  readonly mode: 'write' | 'read';
  /** Watch the folders for changes; otherwise they are looked at only when asked. */
  readonly watch: boolean;
  /** Files that were being worked on when the engine died before: each gets a strike. */
  readonly suspects: readonly string[];
  /** Model package in place of the settings' one; null is the one that ships. */
  readonly model?: string | null;
  /** Whether the machine runs on battery, where whoever starts the engine tells; else the engine finds out itself. */
  readonly battery?: boolean;
}

export type ToEngine =
  | { readonly type: 'start'; readonly start: HostStart }
  | { readonly type: 'call'; readonly id: number; readonly name: EngineCall; readonly input: unknown }
  | { readonly type: 'power'; readonly battery: boolean }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'stop' };

export type FromEngine =
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: ErrorEnvelope }
  | { readonly type: 'answer'; readonly id: number; readonly envelope: Envelope<unknown> }
  | { readonly type: 'event'; readonly event: EngineEvent }
  /** The files in the encoder now; whoever restarts the engine passes them back as suspects. */
  | { readonly type: 'working'; readonly paths: readonly string[] };
