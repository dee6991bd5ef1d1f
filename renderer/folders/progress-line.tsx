import type { Progress } from '../../app/contract/engine.ts';
import { baseName, formatDuration } from '../state/format.ts';
import { strings } from '../strings.ts';

/** How far a round of indexing is; nothing when there is none. */
export function ProgressLine({ progress }: { progress: Progress }) {
  if (progress.state !== 'indexing' && progress.state !== 'scanning') return null;
  const { done, total, current, etaSeconds, gentle } = progress;
  return (
    <div className="progress">
      <progress max={Math.max(1, total)} value={done} aria-label={strings.folders.states[progress.state]} />
      <p>
        <span>
          {strings.folders.states[progress.state]} {total > 0 && strings.folders.progress(done, total)}
          {gentle !== undefined && `, ${strings.folders.gentle[gentle]}`}
        </span>
        <span className="progress-file">{current === null ? '' : baseName(current)}</span>
        <span>{etaSeconds === null ? '' : strings.folders.eta(formatDuration(etaSeconds))}</span>
      </p>
    </div>
  );
}
