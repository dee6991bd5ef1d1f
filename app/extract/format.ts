import type { ExtractedDocument } from '../contract/document.ts';

/** What an extractor is given: the file's bytes, already known to be within the size limit. */
export interface ExtractInput {
  readonly bytes: Uint8Array;
  /** File name without folder, for choosing a dialect and for messages; never part of the text. */
  readonly name: string;
  /** Lower-case extension without dot, "" if none. */
  readonly extension: string;
  readonly limits: { readonly textChars: number };
}

/** Thrown by extractors for files that can't give text; becomes a typed outcome. */
export class ExtractProblem extends Error {
  readonly problem: import('../contract/document.ts').FileProblem;

  constructor(problem: import('../contract/document.ts').FileProblem, detail: string) {
    super(detail);
    this.name = 'ExtractProblem';
    this.problem = problem;
  }
}

/** One format, or a group that one library reads. Loaded lazily by the registry. */
export interface FormatExtractor {
  extract(input: ExtractInput): Promise<ExtractedDocument> | ExtractedDocument;
}
