import { Check } from 'lucide-react';
import { memo } from 'react';
import type { PassageResult } from '../../app/contract/search.ts';
import { strings } from '../strings.ts';
import { inPart, letterWidth, snippetRange } from './heat.ts';
import { HeatText } from './heat-text.tsx';
import { isFileHit } from './rows.ts';

/** Characters that two lines of a narrow list hold; the heat has to be within them. */
const SNIPPET_CHARS = 110;
/** Characters that are put in, for wider lists; what two lines do not hold is cut off. */
const FILLED_CHARS = 280;

export interface PassageRowProps {
  readonly passage: PassageResult;
  readonly active: boolean;
  readonly selected: boolean;
  readonly position: number;
  readonly setSize: number;
}

/** One passage in the list: its place, and two lines around its strongest words. */
export const PassageRow = memo(function PassageRow(props: PassageRowProps) {
  const { passage, active, selected } = props;
  const highlights = inPart(passage, 'text');
  const { start } = snippetRange(passage.text, highlights, SNIPPET_CHARS / letterWidth(passage.text));
  const end = Math.min(passage.text.length, start + FILLED_CHARS);
  const byName = isFileHit(passage);
  return (
    <div
      id={optionId(passage.id)}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      aria-setsize={props.setSize}
      aria-posinset={props.position}
      className="passage"
      data-passage={passage.id}
      data-active={active || undefined}
      data-in-tray={selected || undefined}
    >
      {!byName && (
        <span
          className="passage-check"
          data-check
          title={selected ? strings.preview.removeFromTray : strings.preview.addToTray}
        >
          {selected && <Check size={12} strokeWidth={3} aria-label={strings.search.inTray} />}
        </span>
      )}
      {byName ? (
        <p className="passage-text muted">{strings.search.byName}</p>
      ) : (
        <p className="passage-text">
          {start > 0 && '… '}
          <HeatText text={passage.text} highlights={highlights} start={start} end={end} />
          {end < passage.text.length && ' …'}
        </p>
      )}
      <span className="passage-meta">
        {passage.placeLabel}
        {passage.duplicates.length > 0 && (
          <span className="passage-also" title={passage.duplicates.map((other) => other.path).join('\n')}>
            {strings.search.also(passage.duplicates.length)}
          </span>
        )}
      </span>
    </div>
  );
});

/** Id of a passage's row, for aria-activedescendant. Ids of passages may hold any character. */
export const optionId = (id: string): string =>
  `p-${id.replace(/[^A-Za-z0-9_-]/g, (mark) => `_${mark.codePointAt(0)}_`)}`;
