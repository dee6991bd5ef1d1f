import { strings } from '../strings.ts';

const STEPS = [1, 2, 3, 4, 5];

/** Five dots: how much of the query the file speaks of. The number is in the tooltip; the file's group is named with it. */
export function Strength({ strength }: { strength: number }) {
  const filled = Math.round(strength * 5);
  const label = strings.search.strength(strength);
  return (
    <span className="strength" aria-hidden title={label}>
      {STEPS.map((step) => (
        <i key={step} className={step <= filled ? 'dot on' : 'dot'} />
      ))}
    </span>
  );
}
