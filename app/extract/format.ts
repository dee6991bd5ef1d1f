import type { ExtractedDocument, FileProblem } from '../contract/document.ts';

export type Family = ExtractedDocument['family'];

/** What an extractor is given. */
export interface ExtractInput {
  /** The file's bytes, known to be within the size limit. The extractor may take their buffer over. */
  readonly bytes: Uint8Array;
  /** File name without folder, for choosing a dialect and for messages; never part of the text. */
  readonly name: string;
  /** Lower-case extension without dot, "" if none. */
  readonly extension: string;
  /** Format and family of the registry entry that was chosen, e.g. "python" and "code". */
  readonly format: string;
  readonly family: Family;
  readonly limits: { readonly textChars: number };
  /**
   * Says when most of the file's time or memory is used up. An extractor that reads part by part asks between two
   * parts and gives what it has, with a warning; one that does not ask is killed at the limit.
   */
  readonly exhausted: () => 'time' | 'memory' | null;
}

/** Thrown by extractors for files that can't give text; becomes a typed outcome. */
export class ExtractProblem extends Error {
  readonly problem: FileProblem;

  constructor(problem: FileProblem, detail: string) {
    super(detail);
    this.name = 'ExtractProblem';
    this.problem = problem;
  }
}

/** One format, or a group that one library reads. Loaded lazily by the registry. */
export interface FormatExtractor {
  extract(input: ExtractInput): Promise<ExtractedDocument> | ExtractedDocument;
}

/** One row of the registry: how a format is recognised and which module reads it. */
export interface FormatEntry {
  /** Short name as shown and as `type:` finds it, e.g. "pdf", "markdown", "python". */
  readonly format: string;
  readonly family: Family;
  /** Lower-case, without dot; may hold dots ("d.ts"), the longest that fits wins. */
  readonly extensions: readonly string[];
  /** Whole file names in lower case, e.g. "makefile". */
  readonly names?: readonly string[];
  /** Names of interpreters in a `#!` line, e.g. "python3" or "python" (digits and dots at the end are ignored). */
  readonly interpreters?: readonly string[];
  /**
   * True when the file's first bytes (up to {@link HEAD_BYTES}) can only be of this format. Asked for files
   * whose name says nothing or whose name is contradicted by `accepts`.
   */
  readonly sniff?: (head: Uint8Array) => boolean;
  /**
   * False when the first bytes rule this format out although the name says it; then other formats are asked.
   * When none takes the file, the named format gets it all the same and says that it is corrupt.
   */
  readonly accepts?: (head: Uint8Array) => boolean;
  /** The extractor reads from the start and stops at the limit of text: more bytes than that need not be held. */
  readonly readsStart?: true;
  /** Loads the module that reads the format; called in the worker, when the first such file comes. */
  readonly load: () => Promise<{ readonly extractor: FormatExtractor }>;
}

/** How many bytes from the start of a file recognition is given at most. */
export const HEAD_BYTES = 4096;
