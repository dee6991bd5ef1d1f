import { SearchX } from 'lucide-react';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { hasFilters, NO_FILTERS } from './query.ts';
import { change, session } from './session.ts';

/** Nothing found: why that may be and what to do next. */
export function NoResults({ query }: { query: string }) {
  const { text, filters } = useStore(session);
  const filtered = hasFilters(filters) || /\b(path|ext|type|modified|size):/i.test(query);
  return (
    <div className="empty">
      <SearchX size={28} strokeWidth={1.5} aria-hidden />
      <p className="empty-title">{strings.search.none(text.trim())}</p>
      <p>{filtered ? strings.search.noneFiltered : strings.search.noneAdvice}</p>
      {hasFilters(filters) && (
        <button type="button" className="button" onClick={() => change({ filters: NO_FILTERS })}>
          {strings.search.clearFilters}
        </button>
      )}
    </div>
  );
}
