import { useState } from 'react';
import type { FileResult } from '../../app/contract/search.ts';
import { api } from '../api/api.ts';
import { showError } from '../state/toasts.ts';
import { texts } from './texts.ts';

const RANKERS = ['fused', 'maxsim', 'bm25', 'dense'] as const;
const SHOWN = 8;
type Compared = Readonly<Record<(typeof RANKERS)[number], readonly FileResult[]>>;

/** One query by all four rankings, side by side. */
export function Compare({ initial }: { initial: string }) {
  const [query, setQuery] = useState(initial);
  const [compared, setCompared] = useState<Compared | null>(null);
  const compare = async () => {
    if (query.trim() === '') return;
    const found = await Promise.all(
      RANKERS.map((ranker) => api.call('search', { query, ranker, k: SHOWN, passagesPerFile: 1 })),
    );
    const [fused, maxsim, bm25, dense] = found.map((response) => response.results);
    setCompared({ fused: fused ?? [], maxsim: maxsim ?? [], bm25: bm25 ?? [], dense: dense ?? [] });
  };
  return (
    <section className="group" aria-labelledby="quality-compare">
      <h2 id="quality-compare">{texts.compare}</h2>
      <form
        className="compare-form"
        onSubmit={(event) => {
          event.preventDefault();
          compare().catch(showError);
        }}
      >
        <input
          type="text"
          className="input"
          aria-label={texts.compareLabel}
          placeholder={texts.compareLabel}
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <button type="submit" className="button">
          {texts.compareButton}
        </button>
      </form>
      {compared !== null && (
        <div className="compare">
          {RANKERS.map((ranker) => (
            <section key={ranker} aria-labelledby={`compare-${ranker}`}>
              <h3 id={`compare-${ranker}`}>{texts.ranker[ranker]}</h3>
              {compared[ranker].length === 0 && <p className="muted">{texts.compareNone}</p>}
              <ol>
                {compared[ranker].map((file) => (
                  <li key={file.path} title={file.path}>
                    {file.name} <span className="muted">{file.passages[0]?.placeLabel ?? ''}</span>
                  </li>
                ))}
              </ol>
            </section>
          ))}
        </div>
      )}
    </section>
  );
}
