/** What programs import from Passim. */
export { type ErrorCode, PassimError } from './contract/errors.ts';
export type { TokenMatch } from './contract/search.ts';
export { Files, type FilesOptions, type FilesSearchOptions } from './retriever/files.ts';
export { Retriever } from './retriever/retriever.ts';
export type {
  AddOptions,
  Documents,
  Encoding,
  KeptDocument,
  Metadata,
  PassageEncoding,
  QueryResults,
  RetrieverDocument,
  RetrieverOptions,
  RetrieverResult,
  RetrieverSearchOptions,
} from './retriever/types.ts';
