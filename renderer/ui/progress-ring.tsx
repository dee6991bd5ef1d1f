import type { Progress } from '../../app/contract/engine.ts';
import { formatDuration } from '../state/format.ts';
import { strings } from '../strings.ts';

const RADIUS = 8;
const LENGTH = 2 * Math.PI * RADIUS;

/** A quiet ring that shows how far a round of indexing is; nothing when there is none. */
export function ProgressRing({ progress }: { progress: Progress }) {
  if (progress.state !== 'indexing' && progress.state !== 'scanning') return null;
  const part = progress.total > 0 ? progress.done / progress.total : 0;
  const eta =
    progress.etaSeconds === null ? '' : `, ${strings.folders.eta(formatDuration(progress.etaSeconds))}`;
  const label = `${strings.folders.states[progress.state]} ${strings.folders.progress(progress.done, progress.total)}${eta}`;
  return (
    <a className="progress-ring" href="#/folders" title={label}>
      <span className="visually-hidden">{label}</span>
      <svg width="22" height="22" viewBox="0 0 22 22" aria-hidden="true">
        <circle cx="11" cy="11" r={RADIUS} className="ring-track" />
        <circle
          cx="11"
          cy="11"
          r={RADIUS}
          className="ring-part"
          strokeDasharray={`${Math.max(0.04, part) * LENGTH} ${LENGTH}`}
          transform="rotate(-90 11 11)"
        />
      </svg>
    </a>
  );
}
