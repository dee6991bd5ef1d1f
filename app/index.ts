/** What programs import from Passim. */
export { type ErrorCode, PassimError } from './contract/errors.ts';
export type { TokenMatch } from './contract/search.ts';
export { Retriever } from './retriever/retriever.ts';
export type {
  Metadata,
  RetrieverDocument,
  RetrieverOptions,
  RetrieverResult,
  RetrieverSearchOptions,
} from './retriever/types.ts';
