import { LoaderCircle } from 'lucide-react';
import type { SearchResponse } from '../../app/contract/search.ts';
import { status } from '../state/status.ts';
import { useStore } from '../state/use-store.ts';
import { strings } from '../strings.ts';
import { Notice } from '../ui/notice.tsx';
import type { SearchState } from './controller.ts';
import { weakness } from './match-strength.ts';
import { refresh } from './session.ts';

export interface NoticesProps {
  readonly response: SearchResponse | null;
  readonly error: SearchState['error'];
  readonly similar: boolean;
}

/** What has to be said above the results. */
export function Notices({ response, error, similar }: NoticesProps) {
  const lines: React.ReactNode[] = [];
  if (error !== null) {
    const syntax = error.code === 'query-syntax';
    lines.push(
      <Notice
        key="error"
        kind={syntax ? 'info' : 'error'}
        title={syntax ? strings.errors.querySyntax : strings.errors.title}
      >
        {error.message}{' '}
        {!syntax && (
          <button type="button" className="link-button" onClick={refresh}>
            {strings.errors.retry}
          </button>
        )}
      </Notice>,
    );
  }
  const weak = similar || response === null ? null : weakness(response);
  if (weak !== null) {
    lines.push(
      <Notice key="weak" kind="warn" title={strings.search.weak}>
        {weak}
      </Notice>,
    );
  }
  return lines.length === 0 ? null : <div className="notices">{lines}</div>;
}

/** Files that may still be to read before it is worth telling: one that was just saved is not. */
const FEW_FILES = 3;

/** While files are being read: how far that is. It stands below the results, which it must not move. */
export function Coverage() {
  const progress = useStore(status, (now) => now?.progress);
  if (progress === undefined || (progress.state !== 'indexing' && progress.state !== 'scanning')) return null;
  if (progress.total - progress.done <= FEW_FILES) return null;
  return (
    <p className="coverage" role="status">
      <LoaderCircle size={13} aria-hidden /> {strings.search.partial(progress.done, progress.total)}
    </p>
  );
}
