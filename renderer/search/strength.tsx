import type { MatchStrength } from './match-strength.ts';

const STEPS = [1, 2, 3, 4, 5];

/** Five dots for how good a match a file is. The number is in the tooltip; the file's group is named with it. */
export function Strength({ strength: { value, label } }: { strength: MatchStrength }) {
  const filled = Math.round(value * 5);
  return (
    <span className="strength" aria-hidden title={label}>
      {STEPS.map((step) => (
        <i key={step} className={step <= filled ? 'dot on' : 'dot'} />
      ))}
    </span>
  );
}
