import { History, X } from 'lucide-react';
import { measureUnderField } from '../state/extent.ts';
import { forget, preferences } from '../state/preferences.ts';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { change } from './session.ts';

const SHOWN = 6;

/** Recent searches under the empty field, or what can be typed. */
export function Recent() {
  const recent = useStore(preferences).history.slice(0, SHOWN);
  return (
    <div className="under-field" ref={measureUnderField}>
      {recent.length === 0 ? <Hints /> : <Searches recent={recent} />}
    </div>
  );
}

function Searches({ recent }: { recent: readonly string[] }) {
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

/** What can be typed, for who has not searched yet. */
function Hints() {
  const now = useStore(status);
  return (
    <section className="bar-hints" aria-label={strings.search.hintsLabel}>
      <p>{strings.search.hint}</p>
      <ul>
        {strings.search.operators.map(([operator, what]) => (
          <li key={operator}>
            <code>{operator}</code> {what}
          </li>
        ))}
      </ul>
      {now !== null && now.searchable > 0 && (
        <p>{strings.folders.searchable(now.searchable, now.searchable)}</p>
      )}
    </section>
  );
}
