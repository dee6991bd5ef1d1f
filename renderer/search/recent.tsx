import { History, X } from 'lucide-react';
import { forget, preferences } from '../state/preferences.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { change } from './session.ts';

const SHOWN = 6;

/** Recent searches under the empty field. */
export function Recent() {
  const recent = useStore(preferences).history.slice(0, SHOWN);
  if (recent.length === 0) return null;
  return (
    <section className="recent" aria-label={strings.search.recent}>
      <h2 className="section-title">{strings.search.recent}</h2>
      <ul>
        {recent.map((query) => (
          <li key={query}>
            <button type="button" className="recent-query" onClick={() => change({ text: query })}>
              <History size={14} aria-hidden />
              <span>{query}</span>
            </button>
            <button
              type="button"
              className="icon-button"
              aria-label={strings.search.forget(query)}
              onClick={() => forget(query)}
            >
              <X size={13} aria-hidden />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
