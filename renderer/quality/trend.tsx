import type { Measurement } from '../../app/contract/quality.ts';
import { linePoints } from './figures.ts';
import { texts } from './texts.ts';

const WIDTH = 600;
const HEIGHT = 120;

/** MRR and recall of what is shown, measurement by measurement. */
export function Trend({ measurements }: { measurements: readonly Measurement[] }) {
  const last = measurements.at(-1);
  if (last === undefined) return null;
  const lines = [
    { name: 'mrr', label: texts.mrr, help: texts.mrrHelp, measure: 'mrr@10' },
    { name: 'recall', label: texts.recall, help: texts.recallHelp, measure: 'recall@10' },
  ] as const;
  return (
    <section className="group" aria-labelledby="quality-trend">
      <h2 id="quality-trend">{texts.trend}</h2>
      <dl className="facts">
        {lines.map(({ name, label, help, measure }) => (
          <div key={name} className={`trend-${name}`}>
            <dt>
              <i className="trend-key" aria-hidden /> {label}
            </dt>
            <dd>
              <b>{last.rankers.fused[measure].toFixed(3)}</b> <span className="muted">{help}</span>
            </dd>
          </div>
        ))}
      </dl>
      {measurements.length > 1 && (
        <svg
          className="trend"
          viewBox={`-4 -4 ${WIDTH + 8} ${HEIGHT + 8}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={texts.trendLabel(measurements.length)}
        >
          {lines.map(({ name, measure }) => (
            <polyline
              key={name}
              className={`trend-${name}`}
              points={linePoints(
                measurements.map((entry) => entry.rankers.fused[measure]),
                WIDTH,
                HEIGHT,
              )}
            />
          ))}
        </svg>
      )}
    </section>
  );
}
