import { SearchX } from 'lucide-react';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { hasFilters, NO_FILTERS, setRequired, wordsOf } from './query.ts';
import { change, session } from './session.ts';

/** The query with no single word required any more; phrases stay. */
function withoutRequired(text: string): string {
  return wordsOf(text).reduce(
    (query, word, index) =>
      word.required && word.phrase === null ? setRequired(query, index, false) : query,
    text,
  );
}

/** Nothing found: why that may be and what to do next. */
export function NoResults({ query }: { query: string }) {
  const text = useStore(session, (now) => now.text);
  const filters = useStore(session, (now) => now.filters);
  const filtered = hasFilters(filters) || /\b(path|ext|type|modified|size):/i.test(query);
  const required = wordsOf(text).filter((word) => word.required);
  const { search } = strings;
  return (
    <div className="empty">
      <SearchX size={28} strokeWidth={1.5} aria-hidden />
      <p className="empty-title">{search.none(text.trim())}</p>
      {required.length > 0 && <p>{search.noneRequired(required.map((word) => word.text))}</p>}
      {filtered && <p>{search.noneFiltered}</p>}
      {!filtered && required.length === 0 && <p>{search.noneAdvice}</p>}
      {required.some((word) => word.phrase === null) && (
        <button type="button" className="button" onClick={() => change({ text: withoutRequired(text) })}>
          {search.clearRequired}
        </button>
      )}
      {hasFilters(filters) && (
        <button type="button" className="button" onClick={() => change({ filters: NO_FILTERS })}>
          {search.clearFilters}
        </button>
      )}
    </div>
  );
}
