import { Fragment, memo } from 'react';
import type { Highlight } from '../../app/contract/search.ts';
import { heatRuns } from './heat.ts';

export interface HeatTextProps {
  readonly text: string;
  readonly highlights: readonly Pick<Highlight, 'start' | 'end' | 'heat' | 'words' | 'exact'>[];
  /** Range of `text` that is shown; all of it when not given. */
  readonly start?: number;
  readonly end?: number;
}

/** A text with its matched words shaded by their part in the score. */
export const HeatText = memo(function HeatText({
  text,
  highlights,
  start = 0,
  end = text.length,
}: HeatTextProps) {
  return heatRuns(highlights, start, end).map((run) => {
    const piece = text.slice(run.start, run.end);
    if (run.step === 0 && !run.exact) return <Fragment key={run.start}>{piece}</Fragment>;
    return (
      <mark
        key={run.start}
        className={run.exact ? 'heat exact' : 'heat'}
        data-step={run.step}
        data-w={run.words.join(' ')}
      >
        {piece}
      </mark>
    );
  });
});
