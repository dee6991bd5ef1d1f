import type { Measurement, Quality } from '../../app/contract/quality.ts';
import { change } from '../search/session.ts';
import { go } from '../state/route.ts';
import { texts } from './texts.ts';

const RANKERS = ['fused', 'maxsim', 'bm25', 'dense'] as const;
const DAYS = 30;

/** The last measurement of each ranking side by side. */
export function RankerTable({ measurement }: { measurement: Measurement }) {
  return (
    <section className="group" aria-labelledby="quality-rankers">
      <h2 id="quality-rankers">{texts.rankers}</h2>
      <table className="figures">
        <thead>
          <tr>
            <th scope="col">{texts.head.ranker}</th>
            <th scope="col">nDCG@10</th>
            <th scope="col">{texts.mrr}</th>
            <th scope="col">{texts.recall}</th>
            <th scope="col">Recall@100</th>
            <th scope="col">{texts.head.p50}</th>
            <th scope="col">{texts.head.p95}</th>
          </tr>
        </thead>
        <tbody>
          {RANKERS.map((ranker) => {
            const figures = measurement.rankers[ranker];
            return (
              <tr key={ranker}>
                <th scope="row">{texts.ranker[ranker]}</th>
                <td>{figures['ndcg@10'].toFixed(3)}</td>
                <td>{figures['mrr@10'].toFixed(3)}</td>
                <td>{figures['recall@10'].toFixed(3)}</td>
                <td>{figures['recall@100'].toFixed(3)}</td>
                <td>{texts.ms(figures.p50ms)}</td>
                <td>{texts.ms(figures.p95ms)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

/** Queries whose answer stands low; each leads to its search. */
export function WorstQueries({ worst }: { worst: Measurement['worst'] }) {
  return (
    <section className="group" aria-labelledby="quality-worst">
      <h2 id="quality-worst">{texts.worst}</h2>
      {worst.length === 0 && <p className="muted">{texts.worstNone}</p>}
      <ul className="worst">
        {worst.map(({ query, rank, expected }) => (
          <li key={query}>
            <button
              type="button"
              className="link-button"
              onClick={() => {
                change({ text: query });
                go('search');
              }}
            >
              {query}
            </button>{' '}
            <span className="muted">{texts.worstRow(expected, rank)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** How long searches took, and where what was used stood, newest day first. */
export function Days({ days }: { days: Quality['days'] }) {
  if (days.length === 0) return null;
  const { daysHead } = texts;
  const slowest = Math.max(1, ...days.map((day) => day.p95ms ?? 0));
  return (
    <section className="group" aria-labelledby="quality-days">
      <h2 id="quality-days">{texts.days}</h2>
      <table className="figures">
        <thead>
          <tr>
            {Object.values(daysHead).map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days
            .slice(-DAYS)
            .reverse()
            .map((day) => (
              <tr key={day.day}>
                <th scope="row">{day.day}</th>
                <td>{day.searches.toLocaleString()}</td>
                <td>{day.p50ms === null ? '' : texts.ms(day.p50ms)}</td>
                <td>
                  {day.p95ms === null ? '' : texts.ms(day.p95ms)}
                  <meter className="took" min={0} max={slowest} value={day.p95ms ?? 0} aria-hidden />
                </td>
                <td>{day.uses.toLocaleString()}</td>
                <td>{day.mrr === null ? '' : day.mrr.toFixed(2)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
