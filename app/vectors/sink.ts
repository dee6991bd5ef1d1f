import type { VectorPassage } from './passages.ts';

/** Where exported passages go. */
export interface VectorSink {
  write(passages: readonly VectorPassage[]): Promise<void>;
  /** Completes the files. */
  close(): Promise<void>;
}

/** What an export is of. */
export interface VectorExport {
  /** Folder the files go to; it exists and is empty. */
  readonly directory: string;
  readonly dimension: number;
  readonly modelId: string;
}

/** Opens a format's files in a folder. */
export type SinkFactory = (target: VectorExport) => Promise<VectorSink>;

/** What is told of a passage beside its vectors. */
export function payloadOf(passage: VectorPassage): Record<string, string | number> {
  const { id, path, title, headings, place, text, start, end } = passage;
  return { passage: id, path, title, headings, place, text, start, end };
}
