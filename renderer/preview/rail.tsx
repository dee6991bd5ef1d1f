import { heatStep } from '../search/heat.ts';
import { strings } from '../strings.ts';
import type { StopPositions } from './preview.tsx';
import type { Stop } from './stops.ts';

/** Ticks at the right edge, like an editor's overview ruler: where the matches are, as dark as they are strong. */
export function Rail(props: {
  stops: readonly Stop[];
  positions: StopPositions;
  at: number;
  onGo: (stop: number) => void;
}) {
  return (
    <nav className="match-rail" aria-label={strings.preview.rail}>
      {props.stops.map((stop) => {
        const position = props.positions[stop.index];
        if (position === undefined) return null;
        return (
          <button
            key={stop.index}
            type="button"
            tabIndex={-1}
            className="tick"
            data-step={heatStep(stop.heat)}
            aria-current={stop.index === props.at || undefined}
            aria-label={strings.preview.matchOf(stop.index + 1, props.stops.length)}
            style={{ top: `${Math.min(99, position * 100)}%` }}
            onClick={() => props.onGo(stop.index)}
          />
        );
      })}
    </nav>
  );
}
