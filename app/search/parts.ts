import type { Scheduler } from '../contract/ports.ts';
import type { EncodedQuery, MultivectorIndex } from '../contract/vectors.ts';
import type { StoreReader } from '../store/types.ts';

/** Everything a search is made of; handed in by the engine. */
export interface SearchParts {
  readonly scheduler: Scheduler;
  readonly encodeQuery: (text: string) => Promise<EncodedQuery>;
  readonly index: MultivectorIndex;
  readonly store: Pick<
    StoreReader,
    'scoreWords' | 'holdsWord' | 'denseSearch' | 'containing' | 'getPassages' | 'getSpans' | 'ledger'
  >;
}
